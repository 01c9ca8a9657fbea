#include "sim/host/plan.hpp"

#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/workload/uses.hpp"
#include "sim/host/visits.hpp"

namespace interlock::host {

namespace {

using nlohmann::json;
using namespace workload;

template <typename Id>
std::uint32_t number(Id id) {
    return static_cast<std::uint32_t>(id);
}

std::int64_t ns(kernel::Duration time) { return time.count(); }

json timeout_of(const std::optional<kernel::Duration>& timeout) {
    return timeout ? json(ns(*timeout)) : json(nullptr);
}

std::int64_t scaled_by(double scale, std::int64_t value) {
    return std::llround(static_cast<double>(value) * scale);
}

/// Steps as JSON. `scale`: by how much this interpreter's bytecode is slower
/// than the one that `compute` is told for.
class Writer {
public:
    explicit Writer(double scale) : scale_(scale) {}

    json steps(const std::vector<Step>& all) {
        auto list = json::array();
        for (const auto& one : all) {
            place_ = one.place;
            list.push_back(
                std::visit([this](const auto& kind) { return this->step(kind); }, one.kind));
        }
        return list;
    }

private:
    json named(const char* what) const { return {{"do", what}, {"place", place_}}; }

    json timed(const char* what, const Amount& time, double scale = 1) const {
        auto it = named(what);
        if (time.shape == Shape::constant) it["ns"] = scaled_by(scale, time.values.front());
        return it;
    }
    template <typename Id>
    json about(const char* what, Id id) const {
        auto it = named(what);
        it["object"] = number(id);
        return it;
    }
    static void sized(json& it, const Amount& bytes) {
        if (bytes.shape == Shape::constant) it["bytes"] = bytes.values.front();
    }

    json step(const Compute& it) const { return timed("compute", it.time, scale_); }
    json step(const Nogil& it) const { return timed("nogil", it.time); }
    json step(const Native& it) const { return timed("native", it.time); }
    json step(const Sleep& it) const { return timed("sleep", it.time); }
    json step(const Io& it) const {
        auto text = timed("io", it.time);
        text["calls"] = it.calls;
        return text;
    }
    json step(const Acquire& it) const { return about("acquire", it.lock); }
    json step(const Release& it) const { return about("release", it.lock); }
    json step(const Put& it) const {
        auto text = about("put", it.queue);
        sized(text, it.bytes);
        text["timeout_ns"] = timeout_of(it.timeout);
        return text;
    }
    json step(const Get& it) const {
        auto text = about("get", it.queue);
        text["timeout_ns"] = timeout_of(it.timeout);
        return text;
    }
    json step(const Each& it) {
        auto text = about("each", it.queue);
        text["steps"] = steps(it.steps);
        return text;
    }
    json step(const Barrier& it) const { return about("barrier", it.barrier); }
    json step(const Wait& it) const {
        auto text = about("wait", it.condition);
        text["timeout_ns"] = timeout_of(it.timeout);
        return text;
    }
    json step(const Notify& it) const {
        auto text = about("notify", it.condition);
        text["count"] = it.count ? json(*it.count) : json(nullptr);
        return text;
    }
    json step(const Spawn& it) const {
        auto text = named("spawn");
        text["program"] = number(it.program);
        text["count"] = it.count;
        return text;
    }
    json step(const Join& /*it*/) const { return named("join"); }
    json step(const Yield& /*it*/) const { return named("yield"); }
    json step(const Signal& /*it*/) const { return named("signal"); }
    json step(const Read& it) const { return about("read", it.object); }
    json step(const Write& it) const { return about("write", it.object); }
    json step(const Update& it) const { return about("update", it.object); }
    json step(const Allocate& it) const {
        auto text = about("allocate", it.block);
        sized(text, it.bytes);
        return text;
    }
    json step(const Touch& it) const {
        auto text = about("touch", it.block);
        text["write"] = it.write;
        text["all"] = !it.bytes.has_value();
        if (it.bytes) sized(text, *it.bytes);
        return text;
    }
    json step(const Free& it) const { return about("free", it.block); }
    json step(const Repeat& it) {
        auto text = named("repeat");
        text["count"] = it.count;
        text["steps"] = steps(it.steps);
        return text;
    }
    json step(const Choose& it) {
        auto text = named("choose");
        auto branches = json::array();
        for (const auto& branch : it.branches) branches.push_back(steps(branch.steps));
        text["branches"] = std::move(branches);
        return text;
    }
    json step(const Mark& it) const { return about("mark", it.mark); }

    double scale_;
    std::uint32_t place_ = 0;
};

class Planner {
public:
    Planner(const models::Case& question, std::uint64_t seed, std::uint32_t replication)
        : question_(question), work_(question.workload), seed_(seed), replication_(replication),
          instances_(workload::instances(work_, seed, replication)), visits_(work_, instances_) {
        for (const auto& program : work_.programs) index(program.steps);
    }

    json plan() {
        const auto& runtime = question_.runtime;
        return {{"plan", 1},
                {"strategy", strategy()},
                {"switch_interval_ns",
                 runtime.has_lock() ? json(ns(runtime.switch_interval)) : json(nullptr)},
                {"programs", programs()},
                {"tasks", tasks()},
                {"instances", all_instances()},
                {"locks", work_.locks.size()},
                {"conditions", work_.conditions.size()},
                {"objects", work_.objects.size()},
                {"blocks", work_.blocks.size()},
                {"marks", work_.marks.size()},
                {"queues", queues()},
                {"barriers", parties(work_, instances_)},
                {"data", data()}};
    }

private:
    void index(const std::vector<Step>& steps) {
        for (const auto& step : steps) {
            steps_[step.place] = &step;
            if (const auto* it = std::get_if<Repeat>(&step.kind)) index(it->steps);
            if (const auto* it = std::get_if<Each>(&step.kind)) index(it->steps);
            if (const auto* it = std::get_if<Choose>(&step.kind))
                for (const auto& branch : it->branches) index(branch.steps);
        }
    }

    json strategy() const {
        static constexpr std::array kinds{"serial",  "threads", "processes", "interpreters",
                                          "asyncio", "servers", "direct"};
        static constexpr std::array starts{"fork", "spawn", "forkserver"};
        const auto& it = question_.strategy;
        return {{"kind", kinds.at(static_cast<std::size_t>(it.kind))},
                {"workers", it.workers},
                {"in_each", it.in_each},
                {"event_loops", it.event_loops},
                {"pool", it.pool},
                {"mn_threads", it.mn_threads},
                {"ready", it.ready},
                {"chunksize", it.chunksize ? json(*it.chunksize) : json(nullptr)},
                {"start",
                 starts.at(static_cast<std::size_t>(it.start.value_or(question_.runtime.start)))}};
    }

    double scale() const {
        return static_cast<double>(question_.reference.ppm) / question_.runtime.speed.ppm;
    }

    json programs() const {
        Writer writer(scale());
        auto list = json::array();
        for (const auto& program : work_.programs) list.push_back(writer.steps(program.steps));
        return list;
    }

    json tasks() const {
        auto list = json::array();
        for (const auto& task : work_.tasks) {
            auto after = json::array();
            for (const auto& one : task.after)
                after.push_back({{"task", number(one.task)}, {"each", one.each}});
            list.push_back({{"name", task.name},
                            {"program", number(task.program)},
                            {"process", task.process ? json(*task.process) : json(nullptr)},
                            {"background", task.background},
                            {"nice", task.nice},
                            {"affinity", task.affinity},
                            {"singly", task.arrive_singly()},
                            {"after", std::move(after)}});
        }
        return list;
    }

    json queues() const {
        static constexpr std::array transports{"memory", "pipe", "socket"};
        const auto putting = producers(work_, instances_);
        auto list = json::array();
        for (std::size_t q = 0; q < work_.queues.size(); ++q) {
            const auto& queue = work_.queues[q];
            list.push_back(
                {{"capacity", queue.capacity ? json(*queue.capacity) : json(nullptr)},
                 {"over", queue.over ? json(transports.at(static_cast<std::size_t>(*queue.over)))
                                     : json(nullptr)},
                 {"producers", putting[q]}});
        }
        return list;
    }

    json data() const {
        auto list = json::array();
        for (std::size_t i = 0; i < work_.data.size(); ++i)
            list.push_back({{"block", number(work_.data[i].block)},
                            {"bytes", draw(work_.data[i].bytes,
                                           key(static_cast<std::uint32_t>(i), data_place, 0))}});
        return list;
    }

    json all_instances() {
        auto list = json::array();
        for (std::uint32_t i = 0; i < instances_.size(); ++i) {
            const auto& instance = instances_[i];
            const auto index = number(instance.task);
            const auto& task = work_.tasks[index];
            list.push_back({{"task", index},
                            {"number", instance.number},
                            {"arrival_ns", ns(instance.arrival.time_since_epoch())},
                            {"bytes_in", payload(task.bytes_in, i, payload_place(index, false))},
                            {"bytes_out", payload(task.bytes_out, i, payload_place(index, true))},
                            {"draws", draws(i, number(task.program))}});
        }
        return list;
    }

    json payload(const std::optional<Payload>& it, std::uint32_t instance,
                 std::uint32_t place) const {
        static constexpr std::array kinds{"array", "objects", "shared"};
        if (!it) return nullptr;
        return {{"bytes", draw(it->size, key(instance, place, 0))},
                {"as", kinds.at(static_cast<std::size_t>(it->as))}};
    }

    /// Place -> of each thread of the instance, its own first -> by visit.
    json draws(std::uint32_t instance, std::uint32_t program) {
        auto all = json::object();
        const auto& own = visits_.of(program);
        add_draws(all, instance, own, 0);
        for (std::uint32_t i = 0; i < own.spawned.size(); ++i)
            add_draws(all, instance, visits_.of(own.spawned[i]), i + 1);
        return all;
    }

    void add_draws(json& all, std::uint32_t instance, const Visits::Of& thread,
                   std::uint32_t spawned_as) {
        for (const auto& [place, times] : thread.places) {
            auto values = json::array();
            for (std::uint32_t visit = 0; visit < times; ++visit)
                values.push_back(
                    value(*steps_.at(place), key(instance, place, visit_of(spawned_as, visit))));
            auto& by_thread = all[std::to_string(place)];
            while (by_thread.size() < spawned_as) by_thread.push_back(json::array());
            by_thread.push_back(std::move(values));
        }
    }

    std::int64_t value(const Step& step, const DrawKey& at) const {
        if (const auto* amount = amount_of(step.kind)) {
            const bool scaled = std::holds_alternative<Compute>(step.kind);
            return scaled_by(scaled ? scale() : 1, draw(*amount, at));
        }
        const auto& choose = std::get<Choose>(step.kind);
        return static_cast<std::int64_t>(chosen(upper_shares(choose.branches), draw_uniform(at)));
    }

    DrawKey key(std::uint32_t instance, std::uint32_t place, std::uint32_t visit) const {
        return {.seed = seed_,
                .replication = replication_,
                .instance = instance,
                .place = place,
                .visit = visit};
    }

    const models::Case& question_;
    const Workload& work_;
    std::uint64_t seed_;
    std::uint32_t replication_;
    std::vector<Instance> instances_;
    Visits visits_;
    std::map<std::uint32_t, const Step*> steps_;
};

}  // namespace

json plan_of(const models::Case& question, std::uint64_t seed, std::uint32_t replication) {
    return Planner(question, seed, replication).plan();
}

}  // namespace interlock::host
