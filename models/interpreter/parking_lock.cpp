#include "models/interpreter/parking_lock.hpp"

#include "sim/kernel/check.hpp"

namespace interlock::interpreter {
namespace {

enum class Taking : std::uint8_t { pay, look, parked, taken };
enum class Dropping : std::uint8_t { pay, release, dropped };

}  // namespace

ParkingLock::ParkingLock(ParkingLockParameters parameters, os::CLibraryState& /*library*/)
    : parameters_(parameters) {}

void ParkingLock::add_thread(os::ThreadId thread, os::CLibraryState& library) {
    if (sleeps_on_.size() <= os::index(thread)) sleeps_on_.resize(os::index(thread) + 1);
    sleeps_on_[os::index(thread)] = library.add_semaphore(0);
}

LockStep ParkingLock::take(LockCall& call, os::Outcome /*last*/) {
    switch (static_cast<Taking>(call.phase)) {
    case Taking::pay: call.since = call.now; return step(call, paid(), Taking::look);
    case Taking::look: return look(call);
    case Taking::parked:
        if (holder() == call.thread)  // handed over
            return step(call, os::nothing(), Taking::taken, Note::granted);
        return look(call);
    case Taking::taken: return step(call, os::done(), Taking::taken);
    }
    kernel::broken("a thread that takes the lock is in a phase of taking it");
}

os::Operation ParkingLock::paid() const {
    return parameters_.price > kernel::Duration::zero() ? os::run(parameters_.price)
                                                        : os::nothing();
}

LockStep ParkingLock::look(LockCall& call) {
    if (!held()) return step(call, os::nothing(), Taking::taken, grant(call.thread));
    if (parked_.empty() && call.spins < parameters_.spins) {
        ++call.spins;
        return step(call, os::yield(os::spinning), Taking::look);
    }
    parked_.push_back({.thread = call.thread, .patient_until = call.since + parameters_.patience});
    return step(call, os::wait(sleeps_on_.at(os::index(call.thread))), Taking::parked);
}

LockStep ParkingLock::drop(LockCall& call) {
    switch (static_cast<Dropping>(call.phase)) {
    case Dropping::pay: return step(call, paid(), Dropping::release);
    case Dropping::release: {
        release(call.thread);
        if (parked_.empty()) return step(call, os::nothing(), Dropping::dropped, Note::released);
        const auto first = parked_.front();
        parked_.pop_front();
        if (call.now > first.patient_until) grant(first.thread);
        return step(call, os::post(sleeps_on_.at(os::index(first.thread))), Dropping::dropped,
                    Note::released);
    }
    case Dropping::dropped: return step(call, os::done(), Dropping::dropped);
    }
    kernel::broken("a thread that drops the lock is in a phase of dropping it");
}

void ParkingLock::append_to(std::vector<std::uint64_t>& key) const {
    Lock::append_to(key);
    key.push_back(parked_.size());
    for (const auto& parked : parked_)
        key.insert(key.end(),
                   {os::index(parked.thread),
                    static_cast<std::uint64_t>(parked.patient_until.time_since_epoch().count())});
}

}  // namespace interlock::interpreter
