#include "models/record/ledger.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/check.hpp"

namespace interlock::record {

using kernel::check;
using kernel::Duration;
using kernel::Record;
using kernel::Time;

namespace {

constexpr std::uint64_t full_speed = 1'000'000;

constexpr std::size_t place_of(State state) { return static_cast<std::size_t>(state); }

Duration sum(const ThreadBooks& books) {
    return books.running + books.lock_wait + books.cpu_wait + books.io + books.blocked;
}

}  // namespace

Ledger::Ledger(const Sizes& sizes, Time from)
    : from_(from), cpus_(sizes.cpus), instances_(sizes.instances), devices_(sizes.devices),
      marks_(sizes.marks), latencies_(sizes.marks * sizes.marks) {
    books_.cpus.resize(sizes.cpus);
    books_.instances.resize(sizes.instances);
    books_.queues.resize(sizes.queues);
    books_.objects.resize(sizes.objects);
    books_.devices.resize(sizes.devices);
}

void Ledger::take(std::span<const Record> records) {
    for (const auto& record : records) one(record);
}

void Ledger::one(const Record& record) {
    check(record.at >= now_, "time never goes back");
    now_ = record.at;
    const auto kind = static_cast<Kind>(record.kind);
    if (throttled_ > 0) [[unlikely]]
        stand_still();
    if (kind == Kind::thread_state) [[likely]]  // no jump through a table
        return state(record);
    switch (kind) {
    case Kind::thread_state:
    case Kind::thread_created:
    case Kind::thread_rate:
    case Kind::thread_exited: return thread_record(record);
    case Kind::lock_request:
    case Kind::lock_grant:
    case Kind::lock_release:
    case Kind::drop_request: return lock_record(record);
    case Kind::task_arrived:
    case Kind::task_started:
    case Kind::task_finished:
    case Kind::task_aborted:
    case Kind::task_paused:
    case Kind::task_resumed: return task_record(record);
    case Kind::mark: return mark(record);
    case Kind::queue_put:
    case Kind::queue_get: {
        auto& longest = books_.queues[record.place].length_max;
        if (counts()) longest = std::max(longest, static_cast<std::uint32_t>(record.detail));
        return;
    }
    case Kind::queue_wait: {
        auto& queue = books_.queues[record.place];
        const Duration all{static_cast<Duration::rep>(record.detail / 2)};
        const auto waited = std::min(all, now_ - from_);
        if (counts()) (record.detail % 2 == 1 ? queue.put_wait : queue.get_wait) += waited;
        return;
    }
    case Kind::object_write: {
        auto& object = books_.objects[record.detail / 2];
        if (counts()) ++object.writes;
        if (counts()) object.lost += record.detail % 2;
        return;
    }
    case Kind::cpu_throttled: return throttle(record);
    case Kind::device_came:
    case Kind::device_begun:
    case Kind::device_done: return device(record);
    case Kind::memory: books_.memory_peak = std::max(books_.memory_peak, record.detail); return;
    }
    kernel::broken("every kind of record is known");
}

void Ledger::throttle(const Record& record) {
    auto& cpu = cpus_[record.place];
    const bool stands = record.detail == 1;
    check(cpu.throttled != stands, "a CPU is throttled once, then goes on");
    check(!stands || !cpu.thread, "a throttled CPU runs nobody");
    cpu.throttled = stands;
    if (throttled_ == 0) stood_until_ = now_;
    throttled_ += stands ? 1 : -1;
}

/// Some CPUs were throttled until now.
void Ledger::stand_still() {
    const auto time = counted(now_) - counted(stood_until_);
    stood_until_ = now_;
    books_.throttled += time * throttled_;
    const bool holder = std::any_of(locks_.begin(), locks_.end(), [this](const Lock& lock) {
        if (!lock.holder) return false;
        const auto& thread = threads_[*lock.holder];
        return thread.state == State::cpu_wait && cpus_[thread.queued_on].throttled;
    });
    if (holder) books_.holder_throttled += time;
}

/// What the device did until now. Who came and was served at once did not wait.
void Ledger::book_device(std::size_t id, Time now) {
    auto& device = devices_[id];
    auto& books = books_.devices[id];
    const auto time = counted(now) - counted(device.since);
    books.busy += time * device.serving;
    if (time > Duration::zero()) books.queue_max = std::max(books.queue_max, device.waiting);
    device.since = now;
}

void Ledger::device(const Record& record) {
    check(record.place < devices_.size(), "the devices are known before the run");
    book_device(record.place, record.at);
    auto& device = devices_[record.place];
    auto& books = books_.devices[record.place];
    if (record.subject >= device.came.size()) device.came.resize(record.subject + 1);
    auto& came = device.came[record.subject];
    const auto since_it_came = (record.at - came).count();
    switch (static_cast<Kind>(record.kind)) {
    case Kind::device_came:
        came = record.at;
        ++device.waiting;
        return;
    case Kind::device_begun:
        check(device.waiting > 0, "an operation comes before it is served");
        --device.waiting;
        ++device.serving;
        if (came >= from_) books.waits.add(since_it_came);
        return;
    default:
        check(device.serving > 0, "an operation is served before it is done");
        --device.serving;
        if (!counts()) return;
        ++books.served;
        books.bytes += record.detail;
        if (came >= from_) books.responses.add(since_it_came);
        return;
    }
}

/// What the thread did until now.
void Ledger::book(Thread& thread, Time now) {
    const bool runs = thread.state == State::running;
    const auto time = counted(now) - counted(thread.since);
    thread.spent[!runs && thread.asks ? lock_wait : place_of(thread.state)] += time;
    if (runs) {
        const auto cpu = *thread.cpu;
        thread.ran += now - thread.since;
        books_.cpus[cpu].busy += time;
        if (cpus_[cpu].slower != 0)
            thread.lost += static_cast<kernel::Wide>(time.count()) * cpus_[cpu].slower;
    }
    thread.since = now;
}

Ledger::Thread& Ledger::thread_of(std::uint32_t id) {
    check(id < threads_.size(), "a thread is created before it does anything");
    check(!threads_[id].exited, "a thread that has exited does nothing");
    return threads_[id];
}

void Ledger::free_cpu(std::uint32_t id, const Thread& thread) {
    if (thread.state != State::running) return;
    auto& cpu = cpus_[*thread.cpu];
    check(cpu.thread == id, "a thread leaves the CPU it runs on");
    cpu.thread.reset();
}

void Ledger::state(const Record& record) {
    const auto id = record.subject;
    const auto state = state_of(record.detail);
    auto& thread = thread_of(id);
    check(thread.state != State::running || state != State::running, "a thread runs on one CPU");
    book(thread, record.at);
    free_cpu(id, thread);
    thread.state = state;
    if (thread.asks) [[unlikely]]
        wake_up(thread, record.detail >= woken_by_thread, state);
    thread.queued_on = record.place;
    if (state != State::running) return;
    auto& cpu = cpus_[record.place];
    check(!cpu.thread, "a CPU runs one thread at a time");
    cpu.thread = id;
    if (counts()) {
        if (cpu.last != id) ++books_.cpus[record.place].switches;
        if (thread.cpu && *thread.cpu != record.place) ++books_.migrations;
    }
    cpu.last = id;
    thread.cpu = record.place;
}

/// A thread that asks for a lock is woken, or sleeps (again).
void Ledger::wake_up(Thread& thread, bool by_thread, State state) {
    if (by_thread) thread.woken = true;
    if (state != State::blocked) return;
    if (std::exchange(thread.woken, false) && counts())
        ++books_.locks[thread.asks_for].counts.failed_wakeups;
}

void Ledger::thread_record(const Record& record) {
    const auto id = record.subject;
    switch (static_cast<Kind>(record.kind)) {
    case Kind::thread_created:
        check(id == threads_.size(), "threads are numbered as they are created");
        threads_.emplace_back().since = record.at;
        books_.threads.emplace_back();
        books_.threads.back().created = record.at;
        books_.threads.back().process = record.place;
        return;
    case Kind::thread_rate: {
        auto& cpu = cpus_[record.place];
        if (cpu.thread) book(threads_[*cpu.thread], record.at);
        cpu.slower = full_speed - std::min(record.detail, full_speed);
        return;
    }
    default: {
        auto& thread = thread_of(id);
        book(thread, record.at);
        free_cpu(id, thread);
        thread.exited = true;
        thread.state = State::blocked;
        books_.threads[id].exited = record.at;
        return;
    }
    }
}

LockBooks& Ledger::lock_of(std::uint32_t place) {
    if (place >= locks_.size()) {
        locks_.resize(place + 1);
        books_.locks.resize(place + 1);
    }
    return books_.locks[place];
}

void Ledger::lock_record(const Record& record) {
    const auto id = record.subject;
    auto& books = lock_of(record.place);
    auto& lock = locks_[record.place];
    switch (static_cast<Kind>(record.kind)) {
    case Kind::lock_request: return request(record);
    case Kind::lock_grant: return grant(record);
    case Kind::lock_release:
        check(lock.holder == id, "only the holder of a lock releases it");
        books.held += counted(record.at) - counted(lock.since);
        lock.holder.reset();
        if (std::exchange(lock.drop_requested, false) && record.detail == 0 && counts())
            ++books.counts.wasted_drop_requests;
        if (counts()) books.counts.forced_switches += record.detail;
        return;
    default:
        lock.drop_requested = lock.holder.has_value();
        if (counts()) ++books.counts.drop_requests;
        if (counts()) ++books_.threads[id].drop_requests;
        return;
    }
}

void Ledger::request(const Record& record) {
    const auto id = record.subject;
    auto& thread = thread_of(id);
    const auto& lock = locks_[record.place];
    check(!thread.asks, "a thread asks for one lock at a time");
    check(lock.holder != id, "who holds a lock does not ask for it");
    book(thread, record.at);
    thread.asks = true;
    thread.asks_for = record.place;
    thread.woken = false;
    thread.asked = record.at;
    thread.contended = record.detail == 1;
    thread.seen = lock.grants;
    if (!counts()) return;
    ++books_.locks[record.place].counts.requests;
    ++books_.threads[id].lock_requests;
}

void Ledger::grant(const Record& record) {
    const auto id = record.subject;
    auto& thread = thread_of(id);
    auto& lock = locks_[record.place];
    check(!lock.holder, "a lock has at most one holder");
    check(thread.asks, "a lock is granted to one who asked");
    book(thread, record.at);
    thread.asks = false;
    lock.holder = id;
    lock.since = record.at;
    const bool overtaken = lock.grants != thread.seen;
    ++lock.grants;
    auto& books = books_.locks[record.place];
    if (counts()) books.counts.switches += record.detail;
    if (thread.asked < from_ || (!thread.contended && !overtaken)) return;
    const auto waited = (record.at - thread.asked).count();
    ++books.counts.contended;
    books.waits.add(waited);
    books_.threads[id].lock_waits.add(waited);
}

/// What the thread does from now on is done for that task.
void Ledger::begin(Instance& instance, Time now) {
    auto& thread = threads_[instance.thread];
    book(thread, now);
    instance.ran_before = thread.ran;
    instance.io_before = thread.spent[place_of(State::io)];
}

void Ledger::task_record(const Record& record) {
    const auto id = record.subject;
    check(id < instances_.size(), "the instances of tasks are known before the run");
    auto& books = books_.instances[id];
    auto& instance = instances_[id];
    switch (static_cast<Kind>(record.kind)) {
    case Kind::task_arrived: books.arrived = record.at; return;
    case Kind::task_started:
        check(books.arrived.has_value(), "a task starts after it has arrived");
        instance.thread = static_cast<std::uint32_t>(record.detail);
        begin(instance, record.at);
        books.started = record.at;
        return;
    case Kind::task_resumed:
        if (record.place == thread_follows) {
            instance.thread = static_cast<std::uint32_t>(record.detail);
            return begin(instance, record.at);
        }
        begin(instance, record.at);
        books.io += Duration{static_cast<Duration::rep>(record.detail)};
        return;
    case Kind::task_aborted:
        books.finished = record.at;
        if (!books.started) return;
        [[fallthrough]];
    default: {
        check(books.started.has_value(), "a task finishes after it has started");
        auto& thread = threads_[instance.thread];
        book(thread, record.at);
        books.cpu += thread.ran - instance.ran_before;
        books.io += thread.spent[place_of(State::io)] - instance.io_before;
        if (static_cast<Kind>(record.kind) == Kind::task_finished) books.finished = record.at;
        return;
    }
    }
}

void Ledger::mark(const Record& record) {
    auto& instance = instances_[record.subject];
    const auto to = static_cast<std::uint32_t>(record.detail);
    if (instance.mark && counts())
        latencies_[*instance.mark * marks_ + to].add((record.at - instance.marked).count());
    instance.mark = to;
    instance.marked = record.at;
}

Books Ledger::close(Time end) {
    Duration running{};
    for (std::uint32_t id = 0; id < threads_.size(); ++id) {
        auto& thread = threads_[id];
        auto& books = books_.threads[id];
        if (!thread.exited) book(thread, end);
        books.running = thread.spent[place_of(State::running)];
        books.cpu_wait = thread.spent[place_of(State::cpu_wait)];
        books.io = thread.spent[place_of(State::io)];
        books.blocked = thread.spent[place_of(State::blocked)];
        books.lock_wait = thread.spent[lock_wait];
        books.slowed = Duration{static_cast<Duration::rep>(thread.lost / full_speed)};
        const auto life = counted(books.exited.value_or(end)) - counted(books.created);
        check(sum(books) == std::max(life, Duration::zero()),
              "the books of a thread add up to its life");
        running += books.running;
    }
    now_ = end;
    if (throttled_ > 0) stand_still();
    Duration busy{};
    for (const auto& cpu : books_.cpus) busy += cpu.busy;
    check(busy == running, "the CPUs were busy as long as threads ran");
    for (std::size_t i = 0; i < devices_.size(); ++i) book_device(i, end);
    for (std::size_t i = 0; i < locks_.size(); ++i)
        if (locks_[i].holder) books_.locks[i].held += counted(end) - counted(locks_[i].since);
    for (std::uint32_t from = 0; from < marks_; ++from)
        for (std::uint32_t to = 0; to < marks_; ++to)
            if (auto& latency = latencies_[from * marks_ + to]; latency.count() > 0)
                books_.marks.push_back({.from = from, .to = to, .latency = std::move(latency)});
    return std::move(books_);
}

}  // namespace interlock::record
