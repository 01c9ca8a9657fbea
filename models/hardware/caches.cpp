#include "models/hardware/caches.hpp"

#include <algorithm>

#include "sim/kernel/check.hpp"

namespace interlock::hardware {

using kernel::Time;

namespace {

std::uint32_t width_of(const Machine& machine) {
    switch (machine.cache->shared_by) {
    case SharedBy::cpu: return 1;
    case SharedBy::core: return machine.threads_per_core;
    case SharedBy::socket: break;
    }
    return machine.cores_per_socket() * machine.threads_per_core;
}

}  // namespace

Caches::Caches(const Machine& machine)
    : cache_(*machine.cache), width_(width_of(machine)), domains_(machine.cpus() / width_),
      cpus_(machine.cpus()) {}

const Caches::Changed& Caches::runs(std::uint32_t cpu, std::uint32_t thread,
                                    std::uint64_t working_set, Time now) {
    changed_.clear();
    const auto& here = cpus_[cpu];
    if (here.thread == thread && here.set == working_set) return changed_;
    end(cpu, now);
    if (working_set > 0) begin(cpu, thread, working_set, now);
    return changed_;
}

const Caches::Changed& Caches::stops(std::uint32_t cpu, Time now) {
    changed_.clear();
    end(cpu, now);
    return changed_;
}

const Caches::Changed& Caches::warms(std::uint32_t cpu, Time now) {
    changed_.clear();
    kernel::check(warm_at(cpu) == now, "a thread is warm when it has run for long enough");
    count(cpu, now);
    return changed_;
}

void Caches::exits(std::uint32_t thread) {
    for (auto& domain : domains_) forget(domain, thread);
}

std::optional<Time> Caches::warm_at(std::uint32_t cpu) const {
    const auto& here = cpus_[cpu];
    if (!here.cold) return std::nullopt;
    const auto& visit = domains_[cpu / width_].visits.at(*here.thread);
    return here.since + (cache_.warmup - visit.ran);
}

void Caches::begin(std::uint32_t cpu, std::uint32_t thread, std::uint64_t set, Time now) {
    auto& domain = domain_of(cpu);
    if (domain.visits[thread].set != set) {
        forget(domain, thread);
        domain.visits[thread].set = set;
    }
    const bool cold = !domain.visits[thread].warm;
    cpus_[cpu] = {.thread = thread, .set = set, .cold = cold, .since = now};
    if (cold) changed_.push_back(cpu);
}

void Caches::end(std::uint32_t cpu, Time now) {
    if (!cpus_[cpu].thread) return;
    if (cpus_[cpu].cold) changed_.push_back(cpu);
    count(cpu, now);
    cpus_[cpu] = {};
}

/// Its time up to now.
void Caches::count(std::uint32_t cpu, Time now) {
    auto& here = cpus_[cpu];
    if (!here.cold) return;
    auto& visit = domain_of(cpu).visits.at(*here.thread);
    visit.ran += now - here.since;
    here.since = now;
    if (visit.ran >= cache_.warmup) come_in(cpu, now);
}

void Caches::come_in(std::uint32_t cpu, Time now) {
    auto& domain = domain_of(cpu);
    auto& here = cpus_[cpu];
    domain.visits.at(*here.thread).warm = true;
    domain.warm.push_back(*here.thread);
    domain.used += here.set;
    here.cold = false;
    changed_.push_back(cpu);
    while (domain.used > cache_.size) throw_out_first(cpu / width_, now);
}

void Caches::throw_out_first(std::uint32_t domain, Time now) {
    auto& it = domains_[domain];
    const auto thread = it.warm.front();
    const auto set = it.visits.at(thread).set;
    forget(it, thread);
    it.visits[thread].set = set;
    for (auto cpu = domain * width_; cpu < (domain + 1) * width_; ++cpu) {
        if (cpus_[cpu].thread != thread) continue;
        cpus_[cpu].cold = true;
        cpus_[cpu].since = now;
        changed_.push_back(cpu);
    }
}

void Caches::forget(Domain& domain, std::uint32_t thread) {
    const auto visit = domain.visits.find(thread);
    if (visit == domain.visits.end()) return;
    if (visit->second.warm) {
        domain.used -= visit->second.set;
        domain.warm.erase(std::find(domain.warm.begin(), domain.warm.end(), thread));
    }
    domain.visits.erase(visit);
}

}  // namespace interlock::hardware
