#include "models/os/c_library.hpp"

#include "models/os/mutex.hpp"
#include "sim/kernel/check.hpp"

namespace interlock::os {

CLibraryState::CLibraryState(CLibrary version, kernel::Duration user_operation)
    : version_(version), words_(user_operation) {}

MutexId CLibraryState::add_mutex() {
    mutexes_.push_back(words_.add());
    return static_cast<MutexId>(mutexes_.size() - 1);
}

ConditionId CLibraryState::add_condition() {
    if (version_ == CLibrary::fifo) {
        fifo_conditions_.emplace_back(words_);
        return static_cast<ConditionId>(fifo_conditions_.size() - 1);
    }
    conditions_.emplace_back(words_);
    return static_cast<ConditionId>(conditions_.size() - 1);
}

SemaphoreId CLibraryState::add_semaphore(std::uint32_t value) {
    semaphores_.emplace_back(words_.add(value));
    return static_cast<SemaphoreId>(semaphores_.size() - 1);
}

bool CLibraryState::is_call(Verb verb) {
    switch (verb) {
    case Verb::mutex_lock:
    case Verb::mutex_unlock:
    case Verb::condition_wait:
    case Verb::condition_signal:
    case Verb::condition_broadcast:
    case Verb::semaphore_wait:
    case Verb::semaphore_post: return true;
    default: return false;
    }
}

bool CLibraryState::knows(const Operation& operation) const {
    const auto conditions = conditions_.size() + fifo_conditions_.size();
    switch (operation.verb) {
    case Verb::mutex_lock:
    case Verb::mutex_unlock: return operation.object < mutexes_.size();
    case Verb::condition_wait:
        return operation.object < conditions && operation.mutex < mutexes_.size();
    case Verb::condition_signal:
    case Verb::condition_broadcast: return operation.object < conditions;
    case Verb::semaphore_wait:
    case Verb::semaphore_post: return operation.object < semaphores_.size();
    default: return false;
    }
}

LibraryCall CLibraryState::begin(const Operation& operation, kernel::Time now) const {
    kernel::check(knows(operation), "a call of the C library is about an object of this library");
    LibraryCall call;
    call.verb = operation.verb;
    call.waiting = operation.waiting;
    call.sync = operation.sync;
    call.object = operation.object;
    call.mutex = operation.mutex;
    if (operation.timeout) call.deadline = kernel::later(now, *operation.timeout);
    return call;
}

Operation CLibraryState::next(LibraryCall& call, Outcome last, kernel::Time now) {
    for (;;) {
        const Operation operation = step(call, last, now);
        if (operation.verb == Verb::nothing) continue;
        if (operation.verb == Verb::done) call.verb = Verb::done;
        return operation;
    }
}

Operation CLibraryState::step(LibraryCall& call, Outcome last, kernel::Time now) {
    switch (call.verb) {
    case Verb::mutex_lock:
        return step_lock(words_, word_of_mutex(call.object), call.mutex_phase, call.waiting);
    case Verb::mutex_unlock:
        return step_unlock(words_, word_of_mutex(call.object), call.mutex_phase);
    case Verb::semaphore_wait: return semaphores_[call.object].step_wait(words_, call, last, now);
    case Verb::semaphore_post: return semaphores_[call.object].step_post(words_, call);
    case Verb::condition_wait:
    case Verb::condition_signal:
    case Verb::condition_broadcast: return step_condition(call, last, now);
    default: kernel::broken("a call of the C library is in progress when it is continued");
    }
}

Operation CLibraryState::step_condition(LibraryCall& call, Outcome last, kernel::Time now) {
    const bool waits = call.verb == Verb::condition_wait;
    if (version_ == CLibrary::fifo) {
        auto& condition = fifo_conditions_[call.object];
        return waits ? condition.step_wait(words_, word_of_mutex(call.mutex), call, last, now)
                     : condition.step_signal(words_, call);
    }
    auto& condition = conditions_[call.object];
    return waits ? condition.step_wait(words_, word_of_mutex(call.mutex), call, last, now)
                 : condition.step_signal(words_, call);
}

std::uint32_t CLibraryState::value(SemaphoreId semaphore) const {
    return words_[semaphores_[index(semaphore)].word()];
}

bool CLibraryState::try_wait(SemaphoreId semaphore) {
    auto& value = words_[semaphores_[index(semaphore)].word()];
    if (value == 0) return false;
    --value;
    return true;
}

std::optional<FutexId> CLibraryState::post_from_outside(SemaphoreId semaphore) {
    const auto& posted = semaphores_[index(semaphore)];
    ++words_[posted.word()];
    return posted.waiters() > 0 ? std::optional(posted.word()) : std::nullopt;
}

void CLibraryState::append_to(std::vector<std::uint64_t>& key) const {
    for (const auto word : words_.all()) key.push_back(word);
    for (const auto& semaphore : semaphores_) key.push_back(semaphore.waiters());
    for (const auto& condition : conditions_) condition.append_to(key);
    for (const auto& condition : fifo_conditions_) condition.append_to(key);
}

}  // namespace interlock::os
