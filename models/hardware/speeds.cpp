#include "models/hardware/speeds.hpp"

#include <utility>

namespace interlock::hardware {

namespace {

constexpr std::uint64_t one = 1'000'000;

}  // namespace

Speeds::Speeds(const Machine& machine, std::vector<workload::Footprint> footprints)
    : threads_per_core_(machine.threads_per_core), cores_per_socket_(machine.cores_per_socket()),
      cores_per_node_(machine.cores_per_node()), siblings_(machine), memory_(machine),
      turbo_(machine.turbo), footprints_(std::move(footprints)), busy_(machine.cores, 0),
      active_(machine.sockets, 0) {
    for (const auto& footprint : footprints_) {
        shares_ = shares_ || (footprint.bandwidth > 0 && machine.memory_bandwidth);
        minds_caches_ = minds_caches_ || (footprint.working_set > 0 && machine.cache);
        minds_nodes_ = minds_nodes_ || (footprint.uses_memory() && machine.nodes() > 1);
    }
    const bool by_class = threads_per_core_ > 1 && siblings_.by_class();
    minds_work_ = by_class || shares_ || minds_caches_ || minds_nodes_;
    fixed_ = threads_per_core_ == 1 && turbo_.empty() && !minds_work_;
    plain_ = turbo_.empty() && !minds_work_;
    if (shares_) granted_.resize(machine.cpus());
    homes_.resize(machine.cpus(), 0);
    if (minds_work_) running_.resize(machine.cores);
    if (minds_work_) work_.resize(machine.cpus());
    if (minds_caches_) {
        cold_.resize(machine.cpus());
        cold_speed_ = machine.cache->cold_speed;
    }
    for (std::uint32_t cpu = 0; cpu < machine.cpus(); ++cpu)
        core_of_.push_back(machine.core_of(cpu));
    for (std::uint32_t core = 0; core < machine.cores; ++core) {
        cores_.push_back(machine.speed_of_core(core));
        for (std::uint32_t k = 0; k <= threads_per_core_ && !by_class; ++k) {
            auto ratio = siblings_.factor({}, {static_cast<std::uint8_t>(k)});
            ratio.value *= cores_.back().ppm;
            by_place_.push_back(rounded(ratio));
        }
    }
    fastest_ = *std::max_element(cores_.begin(), cores_.end());
    slowest_ = *std::min_element(cores_.begin(), cores_.end());
}

Speeds::Reach Speeds::started(std::uint32_t cpu) {
    const auto core = core_of(cpu);
    if (minds_work_) begin(cpu, 0);
    if (turbo_.empty() || busy_[core] > 1) return Reach::core;
    const auto active = active_[socket_of_core(core)]++;
    return turbo(active) != turbo(active + 1) ? Reach::socket : Reach::core;
}

Speeds::Reach Speeds::stopped(std::uint32_t cpu) {
    const auto core = core_of(cpu);
    if (minds_work_) end(cpu);
    if (turbo_.empty() || busy_[core] > 0) return Reach::core;
    const auto active = --active_[socket_of_core(core)];
    return turbo(active) != turbo(active + 1) ? Reach::socket : Reach::core;
}

Speed Speeds::rounded(const Ratio& ratio) {
    const auto ppm = (ratio.value + ratio.divisor / 2) / ratio.divisor;
    return {static_cast<std::uint32_t>(std::max<kernel::Wide>(ppm, 1))};
}

Ratio Speeds::of_place(std::uint32_t cpu) const {
    const auto core = core_of(cpu);
    Siblings::Counts running{static_cast<std::uint8_t>(busy_[core])};
    auto own = workload::WorkClass::compute;
    if (minds_work_ && busy_[core] > 0) {
        running = running_[core];
        own = footprints_[work_[cpu]].work_class;
    }
    // A CPU that does not run is told its core's speed.
    const bool runs = running[static_cast<std::size_t>(own)] > 0;
    auto ratio = runs ? siblings_.factor(own, running) : Ratio{};
    ratio.value *= cores_[core].ppm;
    return ratio;
}

/// What it works on is of class memory, and not in its cache.
bool Speeds::waits_for_memory(std::uint32_t cpu) const {
    const auto& work = footprints_[work_[cpu]];
    const bool cached = minds_caches_ && work.working_set > 0 && !cold_[cpu];
    return work.work_class == workload::WorkClass::memory && !cached;
}

Speed Speeds::before_sharing(std::uint32_t cpu) const {
    auto ratio = of_place(cpu);
    if (!turbo_.empty())
        ratio *= {.value = turbo(active_[socket_of_core(core_of(cpu))]).ppm, .divisor = one};
    if (minds_caches_ && cold_[cpu]) ratio *= {.value = cold_speed_.ppm, .divisor = one};
    if (minds_nodes_ && waits_for_memory(cpu)) ratio *= memory_.factor(homes_[cpu], node_of(cpu));
    return rounded(ratio);
}

Speed Speeds::combined(std::uint32_t cpu) const {
    const auto speed = before_sharing(cpu);
    const auto bandwidth = shares_ ? footprints_[work_[cpu]].bandwidth : 0;
    if (bandwidth == 0) return speed;
    const auto most = granted_[cpu] / bandwidth;
    if (speed.ppm <= most) return speed;
    return {static_cast<std::uint32_t>(std::max<kernel::Wide>(most, 1))};
}

void Speeds::begin(std::uint32_t cpu, std::uint32_t footprint) {
    work_[cpu] = footprint;
    const auto& it = footprints_[footprint];
    ++running_[core_of(cpu)][static_cast<std::size_t>(it.work_class)];
    if (it.bandwidth > 0) streams_.push_back(cpu);
}

void Speeds::end(std::uint32_t cpu) {
    const auto& it = footprints_[work_[cpu]];
    --running_[core_of(cpu)][static_cast<std::size_t>(it.work_class)];
    if (it.bandwidth > 0) streams_.erase(std::find(streams_.begin(), streams_.end(), cpu));
    work_[cpu] = 0;
}

void Speeds::share_bandwidth() {
    flows_.clear();
    for (const auto cpu : streams_)
        flows_.push_back(
            {.demand = kernel::Wide{footprints_[work_[cpu]].bandwidth} * before_sharing(cpu).ppm,
             .home = homes_[cpu],
             .node = node_of(cpu)});
    const auto& shares = memory_.share(flows_);
    for (std::size_t i = 0; i < streams_.size(); ++i) granted_[streams_[i]] = shares[i];
}

}  // namespace interlock::hardware
