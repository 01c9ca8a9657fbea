// Programs as trees of steps become flat scripts.

#include <algorithm>
#include <variant>

#include "models/interpreter/script.hpp"
#include "models/workload/uses.hpp"
#include "sim/kernel/wide.hpp"

namespace interlock::interpreter {

namespace {

using namespace workload;

template <typename Id>
std::uint32_t number(Id id) {
    return static_cast<std::uint32_t>(id);
}

class Compiler {
public:
    Compiler(Scripts& scripts, hardware::Speed reference, hardware::Speed speed)
        : scripts_(scripts), reference_(reference), speed_(speed) {}

    Script program(const Program& program) {
        steps(program.steps);
        emit({.act = Act::finish, .timeout = {}});
        return std::move(script_);
    }

private:
    void steps(const std::vector<Step>& steps) {
        for (const auto& step : steps) {
            place_ = step.place;
            std::visit([this](const auto& kind) { compile(kind); }, step.kind);
        }
    }

    std::uint32_t here() const { return static_cast<std::uint32_t>(script_.size()); }

    std::uint32_t emit(Instruction instruction) {
        instruction.place = place_;
        script_.push_back(instruction);
        return here() - 1;
    }
    void amount(Act act, const Amount& amount, std::uint32_t object = 0, std::uint32_t count = 0) {
        emit({.act = act, .object = object, .count = count, .amount = &amount, .timeout = {}});
    }
    void simple(Act act, std::uint32_t object = 0, std::uint32_t count = 0) {
        emit({.act = act, .object = object, .count = count, .timeout = {}});
    }

    void work(Act act, const Amount& time, const Footprint& footprint) {
        auto& known = scripts_.footprints;
        auto at = std::find(known.begin(), known.end(), footprint);
        if (at == known.end()) at = known.insert(at, footprint);
        emit({.act = act,
              .footprint = static_cast<std::uint32_t>(at - known.begin()),
              .amount = &time,
              .timeout = {}});
    }

    void compile(const Compute& step) {
        auto footprint = step.footprint;
        const auto moved = kernel::Wide{footprint.bandwidth} * speed_.ppm / reference_.ppm;
        footprint.bandwidth = static_cast<std::uint64_t>(std::min(moved, kernel::Wide{1} << 62U));
        work(Act::compute, step.time, footprint);
    }
    void compile(const Native& step) { work(Act::native, step.time, step.footprint); }
    void compile(const Nogil& step) { work(Act::nogil, step.time, step.footprint); }
    void compile(const Sleep& step) {
        amount(Act::sleep, step.time, static_cast<std::uint32_t>(step.since));
    }
    void compile(const Io& step) {
        if (!step.device) return amount(Act::io, step.time, 0, step.calls);
        emit({.act = Act::device,
              .count = step.calls,
              .amount = &step.device->bytes,
              .use = &*step.device,
              .timeout = {}});
    }
    void compile(const Acquire& step) { simple(Act::acquire, number(step.lock)); }
    void compile(const Release& step) { simple(Act::release, number(step.lock)); }
    void compile(const Put& step) {
        emit({.act = Act::put,
              .object = number(step.queue),
              .amount = &step.bytes,
              .timeout = step.timeout});
    }
    void compile(const Get& step) {
        emit({.act = Act::get, .object = number(step.queue), .timeout = step.timeout});
    }
    void compile(const Each& step) {
        const auto head = emit({.act = Act::each, .object = number(step.queue), .timeout = {}});
        steps(step.steps);
        emit({.act = Act::jump, .target = head, .timeout = {}});
        script_[head].target = here();
    }
    void compile(const Barrier& step) { simple(Act::barrier, number(step.barrier)); }
    void compile(const Wait& step) {
        emit({.act = Act::wait, .object = number(step.condition), .timeout = step.timeout});
    }
    void compile(const Notify& step) {
        simple(Act::notify, number(step.condition), step.count.value_or(0));
    }
    void compile(const Spawn& step) { simple(Act::spawn, number(step.program), step.count); }
    void compile(const Join& /*step*/) { simple(Act::join_spawned); }
    void compile(const Yield& /*step*/) { simple(Act::yield); }
    void compile(const Signal& step) { amount(Act::signal, step.time); }
    void compile(const Read& step) { simple(Act::read, number(step.object)); }
    void compile(const Write& step) { simple(Act::write, number(step.object)); }
    void compile(const Update& step) { simple(Act::update, number(step.object)); }
    void compile(const Allocate& step) { amount(Act::allocate, step.bytes, number(step.block)); }
    void compile(const Touch& step) {
        emit({.act = Act::touch,
              .object = number(step.block),
              .count = step.write ? 1U : 0U,
              .amount = step.bytes ? &*step.bytes : nullptr,
              .timeout = {}});
    }
    void compile(const Free& step) { simple(Act::free, number(step.block)); }
    void compile(const Mark& step) { simple(Act::mark, number(step.mark)); }
    void compile(const Repeat& step) {
        simple(Act::repeat_begin, 0, step.count);
        const auto body = here();
        steps(step.steps);
        emit({.act = Act::repeat_end, .target = body, .timeout = {}});
    }

    void compile(const Choose& step) {
        const auto choice = scripts_.choices.size();
        scripts_.choices.emplace_back();
        simple(Act::choose, static_cast<std::uint32_t>(choice));
        scripts_.choices[choice].upper = workload::upper_shares(step.branches);
        std::vector<std::uint32_t> ends;
        for (const auto& branch : step.branches) {
            scripts_.choices[choice].target.push_back(here());
            steps(branch.steps);
            ends.push_back(emit({.act = Act::jump, .timeout = {}}));
        }
        for (const auto end : ends) script_[end].target = here();
    }

    Scripts& scripts_;
    hardware::Speed reference_;
    hardware::Speed speed_;
    Script script_;
    std::uint32_t place_ = 0;
};

}  // namespace

Scripts compile(const workload::Workload& workload, hardware::Speed reference,
                hardware::Speed speed) {
    Scripts scripts;
    for (const auto& program : workload.programs) {
        auto script = Compiler(scripts, reference, speed).program(program);
        scripts.scripts.push_back(std::move(script));
    }
    for (std::uint32_t i = 0; i < workload.programs.size(); ++i)
        scripts.add({{.act = Act::begun, .timeout = {}},
                     {.act = Act::call, .object = i, .timeout = {}},
                     {.act = Act::finish, .timeout = {}}});
    return scripts;
}

}  // namespace interlock::interpreter
