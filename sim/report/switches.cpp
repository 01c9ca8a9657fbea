#include "sim/report/switches.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "sim/report/text.hpp"

namespace interlock::report {

namespace {

constexpr std::size_t switches_max = 10'000;
constexpr std::size_t columns_max = 32;
constexpr std::size_t name_width = 26;

std::int64_t microseconds(kernel::Duration duration) { return duration.count() / 1000; }

/// 1234567 us as seconds: "1.234567".
std::string time_text(kernel::Time time) {
    const auto us = microseconds(time.time_since_epoch());
    return fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
}

/// As milliseconds: "1234.567".
std::string span_text(kernel::Duration duration) {
    const auto us = microseconds(duration);
    return fmt::format("{}.{:03}", us / 1000, us % 1000);
}

std::string label(std::uint32_t thread, const std::vector<std::string>& names) {
    const auto number = fmt::format("[{}]", thread);
    const auto name = thread < names.size() ? names[thread] : "thread";
    return shortened(name, name_width - number.size()) + number;
}

/// In the order in which they first run: two letters each, as perf gives them: A0, B0, … Z0, A1, …;
/// after Zz A10, B10 and so on.
class ShortNames {
public:
    struct Name {
        std::string text;
        bool fresh = false;  ///< said for the first time
    };

    Name of(std::uint32_t thread) {
        if (thread >= names_.size()) names_.resize(thread + 1);
        auto& name = names_[thread];
        const bool fresh = name.empty();
        if (fresh) name = next();
        return {name, fresh};
    }

    /// Of the name given last, which is no shorter than others.
    std::size_t width() const { return width_; }

private:
    std::string next() {
        constexpr std::string_view first = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        constexpr std::string_view others = "0123456789abcdefghijklmnopqrstuvwxyz";
        const auto number = given_++;
        std::string name;
        auto rest = number / first.size();
        do {
            name.insert(name.begin(), others[rest % others.size()]);
            rest /= others.size();
        } while (rest > 0);
        name.insert(name.begin(), first[number % first.size()]);
        width_ = name.size();
        return name;
    }

    std::vector<std::string> names_;
    std::size_t given_ = 0;
    std::size_t width_ = 0;
};

}  // namespace

void Switches::take(std::span<const kernel::Record> records) {
    for (const auto& record : records) apply(record);
}

void Switches::apply(const kernel::Record& record) {
    const auto kind = static_cast<record::Kind>(record.kind);
    if (kind == record::Kind::thread_exited) return leave(record.at, record.subject);
    if (kind != record::Kind::thread_state) return;
    if (record.subject >= threads_.size()) threads_.resize(record.subject + 1);
    auto& thread = threads_[record.subject];
    const auto before = std::exchange(thread.state, record::state_of(record.detail));
    if (thread.state == record::State::running)
        return begin(record.at, record.subject, record.place);
    leave(record.at, record.subject);
    const bool was_away = before == record::State::io || before == record::State::blocked;
    if (was_away && thread.state == record::State::cpu_wait) thread.woken = record.at;
}

void Switches::begin(kernel::Time at, std::uint32_t id, std::uint32_t on) {
    if (on >= cpus_.size()) cpus_.resize(on + 1);
    auto& thread = threads_[id];
    thread.cpu = on;
    thread.since = at;
    thread.waited = thread.left ? at - *thread.left : kernel::Duration::zero();
    thread.delayed = thread.woken ? at - *thread.woken : kernel::Duration::zero();
    thread.woken.reset();

    auto& cpu = cpus_[on];
    if (cpu.used && cpu.left == at) {  // it was not idle in between
        if (cpu.open) switches_[*cpu.open].to = id;
        return;
    }
    keep({.at = at,
          .cpu = on,
          .from = {},
          .to = id,
          .waited = cpu.left - cpu.busy_since,
          .delayed = {},
          .ran = at - cpu.left});
    cpu.used = true;
    cpu.busy_since = at;
}

void Switches::leave(kernel::Time at, std::uint32_t id) {
    if (id >= threads_.size()) return;
    auto& thread = threads_[id];
    if (!thread.cpu) return;
    auto& cpu = cpus_[*thread.cpu];
    cpu.left = at;
    cpu.open = keep({.at = at,
                     .cpu = *thread.cpu,
                     .from = id,
                     .to = {},
                     .waited = thread.waited,
                     .delayed = thread.delayed,
                     .ran = at - thread.since});
    thread.left = at;
    thread.cpu.reset();
}

kernel::Maybe<std::size_t> Switches::keep(const Switch& one) {
    if (switches_.size() == switches_max) {
        ++left_out_;
        return std::nullopt;
    }
    switches_.push_back(one);
    return switches_.size() - 1;
}

std::string Switches::rest() const {
    return left_out_ == 0 ? "" : fmt::format("and {} more switches\n", left_out_);
}

std::string Switches::timehist(const std::vector<std::string>& names) const {
    std::string text;
    const auto line = [&](std::string_view time, std::string_view cpu, std::string_view task,
                          std::string_view wait, std::string_view delay, std::string_view run) {
        text += fmt::format("{:>15} {:>6}  {} {:>10} {:>10} {:>10}\n", time, cpu,
                            padded_right(task, name_width), wait, delay, run);
    };
    line("time", "cpu", "task name", "wait time", "sch delay", "run time");
    line("", "", "[tid]", "(msec)", "(msec)", "(msec)");
    line(std::string(15, '-'), "------", std::string(name_width, '-'), "---------", "---------",
         "---------");
    for (const auto& one : switches_) {
        const bool from_start = !one.from && one.ran == kernel::Duration::zero();
        if (from_start) continue;
        line(time_text(one.at), fmt::format("[{:04}]", one.cpu),
             one.from ? label(*one.from, names) : "<idle>", span_text(one.waited),
             span_text(one.delayed), span_text(one.ran));
    }
    return text + rest();
}

std::vector<std::uint32_t> Switches::columns(std::size_t cpus) const {
    std::vector<std::uint32_t> all(cpus);
    std::iota(all.begin(), all.end(), 0U);
    if (cpus <= columns_max) return all;
    const auto idle = [this](std::uint32_t cpu) { return cpu >= cpus_.size() || !cpus_[cpu].used; };
    all.erase(std::remove_if(all.begin(), all.end(), idle), all.end());
    return all;
}

std::string Switches::map(const std::vector<std::string>& names, std::size_t cpus) const {
    cpus = std::max(cpus, cpus_.size());  // a policy may run on more than the machine has
    auto shown = columns(cpus);
    const auto too_many = shown.size() > columns_max ? shown.size() - columns_max : 0;
    shown.resize(shown.size() - too_many);
    ShortNames short_names;
    std::vector<ShortNames::Name> takers;  // of each switch; nobody: of no text
    takers.reserve(switches_.size());
    for (const auto& one : switches_)
        takers.push_back(one.to ? short_names.of(*one.to) : ShortNames::Name{});
    const auto width = std::max({std::size_t{2}, short_names.width(),
                                 shown.empty() ? 0 : std::to_string(shown.back()).size()});

    std::string text = " ";
    for (const auto cpu : shown) text += "  " + padded_right(std::to_string(cpu), width);
    text += "    cpu\n";
    std::vector<std::string> there(cpus, ".");
    for (std::size_t i = 0; i < switches_.size(); ++i) {
        const auto& one = switches_[i];
        const auto& taker = takers[i];
        std::string legend;
        there[one.cpu] = one.to ? taker.text : ".";
        if (taker.fresh) legend = fmt::format(" {} => {}", taker.text, label(*one.to, names));
        text += " ";
        for (const auto cpu : shown)
            text += (cpu == one.cpu ? " *" : "  ") + padded_right(there[cpu], width);
        text += fmt::format("  {:>14} secs{}\n", time_text(one.at), legend);
    }
    text += rest();
    if (too_many > 0) text += fmt::format("and {} more CPUs\n", too_many);
    return text + "* the CPU that changed   . idle\n";
}

}  // namespace interlock::report
