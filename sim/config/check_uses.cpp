#include <algorithm>
#include <limits>

#include "sim/config/checks.hpp"
#include "sim/config/cycle.hpp"
#include "sim/config/walk.hpp"

namespace interlock::config {

namespace {

using namespace workload;

/// The most threads that all tasks together may ever spawn.
constexpr double spawned_max = 1'000'000;

template <typename Id>
std::size_t index(Id id) {
    return static_cast<std::size_t>(id);
}

/// Which names some step fills: queues by putting, blocks by allocating.
struct Filled {
    std::vector<bool> queues;
    std::vector<bool> blocks;
};

Filled filled_by(const Workload& work) {
    Filled filled{std::vector<bool>(work.queues.size()), std::vector<bool>(work.blocks.size())};
    for (const auto& data : work.data) filled.blocks[index(data.block)] = true;
    for_each_step(work, [&](const Step& step) {
        if (const auto* put = std::get_if<Put>(&step.kind)) filled.queues[index(put->queue)] = true;
        if (const auto* allocate = std::get_if<Allocate>(&step.kind))
            filled.blocks[index(allocate->block)] = true;
    });
    return filled;
}

/// Threads spawned by a run of these steps, those that they spawn included.
double spawned_by(const std::vector<Step>& steps, const std::vector<double>& of_programs) {
    double sum = 0;
    for (const auto& step : steps) {
        if (const auto* spawn = std::get_if<Spawn>(&step.kind))
            sum += spawn->count * (1 + of_programs[index(spawn->program)]);
        if (const auto* repeat = std::get_if<Repeat>(&step.kind))
            sum += repeat->count * spawned_by(repeat->steps, of_programs);
        if (const auto* each = std::get_if<Each>(&step.kind))
            sum += spawned_by(each->steps, of_programs);
        if (const auto* choose = std::get_if<Choose>(&step.kind)) {
            double most = 0;
            for (const auto& branch : choose->branches)
                most = std::max(most, spawned_by(branch.steps, of_programs));
            sum += most;
        }
    }
    return sum;
}

struct SpawnEdge {
    Edge edge;
    std::uint32_t place;
};

std::vector<SpawnEdge> spawn_edges(const Workload& work) {
    std::vector<SpawnEdge> edges;
    for (std::size_t i = 0; i < work.programs.size(); ++i)
        for_each_step(work.programs[i].steps, [&](const Step& step) {
            if (const auto* spawn = std::get_if<Spawn>(&step.kind))
                edges.push_back({{i, index(spawn->program)}, step.place});
        });
    return edges;
}

/// Programs, those that are spawned before those that spawn them. The graph
/// has no cycle, so that peeling off programs that spawn nothing left ends.
std::vector<std::size_t> spawned_first(std::size_t programs, const std::vector<SpawnEdge>& edges) {
    std::vector<std::size_t> waits(programs);
    std::vector<std::vector<std::size_t>> spawners(programs);
    for (const auto& [edge, place] : edges) {
        ++waits[edge.first];
        spawners[edge.second].push_back(edge.first);
    }
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < programs; ++i)
        if (waits[i] == 0) order.push_back(i);
    for (std::size_t next = 0; next < order.size(); ++next)
        for (const auto spawner : spawners[order[next]])
            if (--waits[spawner] == 0) order.push_back(spawner);
    return order;
}

}  // namespace

void check_uses(const Workload& work, const std::vector<Place>& places) {
    const auto filled = filled_by(work);
    for_each_step(work, [&](const Step& step) {
        const auto need_queue = [&](QueueId queue, const char* what) {
            if (!filled.queues[index(queue)])
                refuse(places[step.place], std::string(what) + ": nobody puts into the queue '" +
                                               work.queues[index(queue)].name + "'");
        };
        const auto need_block = [&](BlockId block, const char* what) {
            if (!filled.blocks[index(block)])
                refuse(places[step.place], std::string(what) + ": nobody allocates '" +
                                               work.blocks[index(block)] + "'");
        };
        if (const auto* get = std::get_if<Get>(&step.kind)) need_queue(get->queue, "get");
        if (const auto* each = std::get_if<Each>(&step.kind)) need_queue(each->queue, "each");
        if (const auto* touch = std::get_if<Touch>(&step.kind)) need_block(touch->block, "touch");
        if (const auto* free = std::get_if<Free>(&step.kind)) need_block(free->block, "free");
    });
}

void check_spawns(const Workload& work, const std::vector<Place>& places) {
    const auto edges = spawn_edges(work);
    std::vector<Edge> plain;
    plain.reserve(edges.size());
    for (const auto& edge : edges) plain.push_back(edge.edge);
    const auto cycle = find_cycle(work.programs.size(), plain);
    if (!cycle.empty()) {
        std::string text;
        for (const auto program : cycle) text += work.programs[program].name + " spawns ";
        const Edge first{cycle.front(), cycle[1 % cycle.size()]};
        const auto at = std::find_if(edges.begin(), edges.end(),
                                     [&](const SpawnEdge& edge) { return edge.edge == first; });
        refuse(places[at->place],
               "spawn: without end: " + text + work.programs[cycle.front()].name);
    }
    std::vector<double> of_programs(work.programs.size());
    for (const auto program : spawned_first(work.programs.size(), edges))
        of_programs[program] = spawned_by(work.programs[program].steps, of_programs);
    double sum = 0;
    for (const auto& task : work.tasks)
        sum += task.count.value_or(1) * of_programs[index(task.program)];
    if (sum > spawned_max && !edges.empty())
        refuse(places[edges.front().place],
               "spawn: expected at most 1000000 threads of all tasks together");
}

void check_workload(const Workload& work, const std::vector<Place>& places) {
    check_uses(work, places);
    check_spawns(work, places);
    check_locks(work, places);
}

}  // namespace interlock::config
