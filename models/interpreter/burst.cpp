// How long a thread computes until it next blocks, as the program declares it: what the shortest
// job first and the shortest remaining time go by.
//
// The script is walked from where the thread is, with the draws that its steps will make, until a
// step that may block. What takes a thread off its CPU only for others to run (yield, the
// interpreter's lock) does not end a burst. A loop that draws nothing is walked once and counted
// as often as it goes round. Left out: what is more than `walked_max` instructions ahead, and the
// costs of the interpreter and of the operating system.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "models/interpreter/engine.hpp"
#include "models/workload/uses.hpp"

namespace interlock::interpreter {

using kernel::Duration;
using os::ThreadId;

namespace {

constexpr std::size_t walked_max = 10'000;

/// More than any burst that ends.
constexpr os::Work endless = os::Work::of(Duration::max());

/// A step that is neither CPU work nor control flow.
bool may_block(Act act, bool start_waits) {
    switch (act) {
    case Act::spawn: return start_waits;
    case Act::release:
    case Act::notify:
    case Act::yield:
    case Act::signal:
    case Act::read:
    case Act::write:
    case Act::update:
    case Act::allocate:
    case Act::touch:
    case Act::free:
    case Act::mark: return false;
    default: return true;
    }
}

/// One pass over a script.
class Walk {
public:
    /// `start_waits`: who starts a thread sleeps until it has begun.
    Walk(const Scripts& scripts, const Script& script, bool start_waits)
        : scripts_(scripts), script_(script), start_waits_(start_waits) {}

    /// From there on, in the middle of these loops and after these visits of the steps.
    void begin_at(const ScriptPosition& at, const std::vector<std::uint32_t>& loops,
                  const std::vector<std::uint32_t>& visits) {
        next_ = at.next;
        returns_ = at.phase > 0;
        for (const auto left : loops) loops_.push_back({.left = left, .before = {}, .draws = 0});
        visits_ = visits;
    }

    /// `work_of`: that of a CPU step, by its instruction and what it draws. `key`: of the draws of
    /// a step, by its place and the visit.
    template <typename WorkOf, typename Key>
    os::Work go(const WorkOf& work_of, const Key& key) {
        for (std::size_t walked = 0; walked < walked_max; ++walked) {
            const auto& it = script_[next_];
            const bool returns = std::exchange(returns_, false);
            switch (it.act) {
            case Act::compute:
            case Act::native:
            case Act::nogil:
                if (!returns) add(work_of(it, draw(it, key)));
                ++next_;
                break;
            case Act::repeat_begin:
                loops_.push_back({.left = it.count, .before = sum_, .draws = draws_});
                ++next_;
                break;
            case Act::repeat_end:
                if (loops_.empty()) return sum_;  // a job that is given up lets go of its locks
                go_round(it);
                break;
            case Act::choose: {
                const auto& choice = scripts_.choices[it.object];
                ++draws_;
                const auto share = workload::draw_uniform(key(it.place, visit(it)));
                next_ = choice.target[workload::chosen(choice.upper, share)];
                break;
            }
            case Act::jump: next_ = it.target; break;
            case Act::go_round:  // of other load, which may have no step that blocks
                if (std::exchange(again_, true)) return endless;
                next_ = 0;
                break;
            default:
                if (!returns && may_block(it.act, start_waits_)) return sum_;
                ++next_;
            }
        }
        return sum_;
    }

private:
    struct Loop {
        std::uint32_t left;
        std::optional<os::Work> before;  ///< the sum when this round began; none: it had
        std::uint64_t draws;             ///< likewise
    };

    void go_round(const Instruction& end) {
        auto& loop = loops_.back();
        if (--loop.left > 0 && loop.before && loop.draws == draws_) {
            const auto round = sum_.value - loop.before->value;
            add(round > endless.value / loop.left ? endless : os::Work{round * loop.left});
            loop.left = 0;
        }
        if (loop.left == 0) {
            loops_.pop_back();
            ++next_;
            return;
        }
        loop.before = sum_;
        loop.draws = draws_;
        next_ = end.target;
    }

    void add(os::Work work) { sum_ = std::min(os::Work{sum_.value + work.value}, endless); }

    std::uint32_t visit(const Instruction& it) {
        if (visits_.size() <= it.place) visits_.resize(it.place + 1, 0);
        return visits_[it.place]++;
    }

    template <typename Key>
    std::int64_t draw(const Instruction& it, const Key& key) {
        if (it.amount->shape == workload::Shape::constant) return it.amount->values.front();
        ++draws_;
        return workload::draw(*it.amount, key(it.place, visit(it)));
    }

    const Scripts& scripts_;
    const Script& script_;
    bool start_waits_;
    std::size_t next_ = 0;
    bool returns_ = false;  // from the step, which has begun
    bool again_ = false;    // other load has gone round
    std::vector<Loop> loops_;
    std::vector<std::uint32_t> visits_;
    std::uint64_t draws_ = 0;
    os::Work sum_;
};

}  // namespace

/// Its task's program, or that which it was spawned for, from where it is or from the beginning.
os::Work Engine::burst(ThreadId id) {
    const auto& me = agent(id);
    const auto programs = workload_.programs.size();
    auto script = static_cast<std::size_t>(me.at.script);
    auto instance = me.instance.value_or(me.draws_as);
    const bool inside = me.other || script < programs;
    if (!inside && me.spawned_as > 0) script -= programs;
    if (!inside && me.spawned_as == 0) {
        const auto unit = unit_of(me);
        if (!unit) return {};
        instance = me.instance.value_or(board_.unit(*unit).first);
        script = static_cast<std::size_t>(
            workload_.tasks[static_cast<std::size_t>(board_.instances()[instance].task)].program);
    }
    Walk walk(scripts_, scripts_.scripts[script], runtime_.start_waits);
    if (inside) walk.begin_at(me.at, me.loops, me.visits);
    auto burst = walk.go(
        [this](const Instruction& it, std::int64_t time) {
            return it.act == Act::compute ? bytecode_work(time) : os::Work::of(Duration{time});
        },
        [&](std::uint32_t place, std::uint32_t visit) {
            return workload::DrawKey{.seed = setup_.seed,
                                     .replication = setup_.replication,
                                     .instance = instance,
                                     .place = place,
                                     .visit = workload::visit_of(me.spawned_as, visit)};
        });
    burst.value += me.rest.value + me.left.value;
    if (me.pending && me.pending->operation.verb == os::Verb::run)
        burst.value += me.pending->operation.work.value;
    return burst;
}

}  // namespace interlock::interpreter
