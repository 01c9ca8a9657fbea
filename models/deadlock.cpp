#include "models/deadlock.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <optional>
#include <vector>

namespace interlock::models {

namespace {

using interpreter::Engine;
using What = interpreter::WaitingFor::What;

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Edge = boost::graph_traits<Graph>::edge_descriptor;

/// Remembers the edge that closes the first cycle, and how each vertex was reached.
struct CycleFinder : boost::default_dfs_visitor {
    std::vector<std::size_t>* reached_from;
    std::optional<Edge>* closing;

    void tree_edge(Edge edge, const Graph& graph) const {
        (*reached_from)[target(edge, graph)] = source(edge, graph);
    }
    void back_edge(Edge edge, const Graph& /*graph*/) const {
        if (!*closing) *closing = edge;
    }
};

/// Who may wait: a thread, or a routine of its event loop.
struct Party {
    std::string name;
    interpreter::Waiter who;
    interpreter::WaitingFor waiting_for;
};

std::vector<Party> parties(const Engine& engine, const workload::Workload& workload,
                           const std::vector<workload::Instance>& instances) {
    std::vector<Party> all;
    for (std::uint32_t i = 0; i < engine.agents().size(); ++i) {
        const auto& agent = engine.agents()[i];
        if (agent.exited || agent.other) continue;
        const os::ThreadId thread{i};
        if (!agent.event_loop) {
            all.push_back({agent.name, {thread, agent.number}, agent.waiting_for});
            continue;
        }
        if (engine.loop(*agent.event_loop).thread != thread) continue;  // helps others
        for (const auto* routine : engine.loop(*agent.event_loop).suspended()) {
            const auto name = routine->instance
                                  ? workload::instance_name(workload, instances[*routine->instance])
                                  : "routine " + std::to_string(routine->number);
            all.push_back(
                {agent.name + ", " + name, {thread, routine->number}, routine->waiting_for});
        }
    }
    return all;
}

/// The party that `one` waits for, where it is one.
std::optional<interpreter::Waiter> awaited(const Engine& engine, const Party& one) {
    if (one.waiting_for.what == What::lock) return engine.locks()[one.waiting_for.object].holder;
    if (one.waiting_for.what == What::thread)
        return interpreter::Waiter{os::ThreadId{one.waiting_for.object}};
    return std::nullopt;
}

std::optional<std::size_t> index_of(const std::vector<Party>& all, interpreter::Waiter who) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Party& party) { return party.who == who; });
    if (found == all.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all.begin());
}

std::string tell(const Engine& engine, const workload::Workload& workload,
                 const std::vector<Party>& all, const Party& one) {
    const auto object = one.waiting_for.object;
    const auto who = one.name + " waits for ";
    const auto name_of = [&](interpreter::Waiter waiter) {
        const auto party = index_of(all, waiter);
        return party ? all[*party].name : engine.agents()[os::index(waiter.thread)].name;
    };
    switch (one.waiting_for.what) {
    case What::nothing: return one.name + " waits";
    case What::lock: {
        const auto& holder = engine.locks()[object].holder;
        return who + "lock '" + workload.locks[object] + "'" +
               (holder ? ", held by " + name_of(*holder) : ", which nobody holds");
    }
    case What::queue_item: return who + "an item in queue '" + workload.queues[object].name + "'";
    case What::queue_room: return who + "room in queue '" + workload.queues[object].name + "'";
    case What::barrier:
        return who + "the others at barrier '" + workload.barriers[object].name + "'";
    case What::condition: return who + "a notify of '" + workload.conditions[object] + "'";
    case What::thread: return who + engine.agents()[object].name;
    case What::task: return who + "a task to be ready";
    case What::result: return who + "the results of its pool";
    }
    return who + "something";
}

std::vector<std::size_t> cycle(const Engine& engine, const std::vector<Party>& all) {
    Graph graph(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
        if (const auto other = awaited(engine, all[i]))
            if (const auto there = index_of(all, *other)) add_edge(i, *there, graph);
    std::vector<std::size_t> reached_from(all.size());
    std::optional<Edge> closing;
    CycleFinder finder;
    finder.reached_from = &reached_from;
    finder.closing = &closing;
    depth_first_search(graph, visitor(finder));
    std::vector<std::size_t> found;
    if (!closing) return found;
    const auto first = target(*closing, graph);
    for (auto at = source(*closing, graph);; at = reached_from[at]) {
        found.push_back(at);
        if (at == first) break;
    }
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace

std::string explain_deadlock(const Engine& engine, const workload::Workload& workload) {
    constexpr std::size_t most = 6;
    const auto all = parties(engine, workload, engine.board().instances());
    const auto circle = cycle(engine, all);
    std::string text;
    std::size_t told = 0;
    const auto add = [&](std::size_t i) {
        if (told == most) return;
        text += (told++ == 0 ? "" : "; ") + tell(engine, workload, all, all[i]);
    };
    for (const auto i : circle) add(i);
    for (std::size_t i = 0; i < all.size(); ++i)
        if (std::find(circle.begin(), circle.end(), i) == circle.end()) add(i);
    if (all.size() > told) text += "; and " + std::to_string(all.size() - told) + " more";
    return text;
}

}  // namespace interlock::models
