#include <chrono>
#include <vector>

#include "models/record/ledger.hpp"
#include "sim/kernel/check.hpp"
#include "tests/support/catch.hpp"

namespace interlock::record {
namespace {

using namespace std::chrono_literals;
using kernel::BrokenInvariant;
using kernel::Duration;
using kernel::Time;

constexpr std::uint32_t a = 0;
constexpr std::uint32_t b = 1;
constexpr std::uint32_t lock = 0;

/// Writes records one by one, at a time that only moves forward by itself.
struct Book {
    explicit Book(Duration from = {})
        : ledger({.cpus = 2, .instances = 2, .queues = 1, .objects = 1, .marks = 2, .devices = 1},
                 Time{from}) {}

    void at(Duration time) { now = Time{time}; }
    void write(Kind kind, std::uint32_t subject, std::uint32_t place = 0,
               std::uint64_t detail = 0) {
        const auto record = make(now, kind, subject, place, detail);
        ledger.take({&record, 1});
    }
    void create(std::uint32_t thread, std::uint32_t process = 0) {
        write(Kind::thread_created, thread, process);
        state(thread, State::cpu_wait);
    }
    void state(std::uint32_t thread, State what, std::uint32_t cpu = 0) {
        write(Kind::thread_state, thread, cpu, static_cast<std::uint64_t>(what));
    }
    void request(std::uint32_t thread, bool held) {
        write(Kind::lock_request, thread, lock, held ? 1 : 0);
    }
    void grant(std::uint32_t thread, bool switched = false) {
        write(Kind::lock_grant, thread, lock, switched ? 1 : 0);
    }
    void release(std::uint32_t thread, bool forced = false) {
        write(Kind::lock_release, thread, lock, forced ? 1 : 0);
    }
    Books close(Duration end) { return ledger.close(Time{end}); }

    Ledger ledger;
    Time now{};
};

TEST_CASE("ledger: every nanosecond of a thread's life is booked once", "[record]") {
    //  ms   0    2        7    10     14      20
    //  a    cpu  running  io   cpu    running exits
    Book book;
    book.create(a, 3);
    book.at(2ms);
    book.state(a, State::running);
    book.at(7ms);
    book.state(a, State::io);
    book.at(10ms);
    book.state(a, State::cpu_wait);
    book.at(14ms);
    book.state(a, State::running, 1);
    book.at(20ms);
    book.write(Kind::thread_exited, a);
    const auto books = book.close(30ms);
    const auto& thread = books.threads[a];
    CHECK(thread.process == 3);
    CHECK(thread.exited == Time{20ms});
    CHECK(thread.running == 11ms);
    CHECK(thread.cpu_wait == 6ms);
    CHECK(thread.io == 3ms);
    CHECK(thread.blocked == 0ms);
    CHECK(thread.lock_wait == 0ms);
    CHECK(books.cpus[0].busy == 5ms);
    CHECK(books.cpus[1].busy == 6ms);
    CHECK(books.migrations == 1);
}

TEST_CASE("ledger: what is still open is booked to the end", "[record]") {
    Book book;
    book.create(a);
    book.create(b);
    book.state(a, State::running);
    book.request(a, false);
    book.grant(a);
    book.state(b, State::running, 1);
    book.at(4ms);
    book.state(b, State::blocked, 1);
    const auto books = book.close(10ms);
    CHECK(books.threads[a].running == 10ms);
    CHECK(books.threads[b].blocked == 6ms);
    CHECK(books.locks[lock].held == 10ms);
}

TEST_CASE("ledger: a thread that asks for the lock waits for it whatever else it does",
          "[record]") {
    //  ms   0        1        3      6            8        9
    //  a    running, holds           releases
    //  b    running  asks     sleeps woken (cpu)  running  is granted
    Book book;
    book.create(a);
    book.create(b);
    book.state(a, State::running);
    book.request(a, false);
    book.grant(a, true);
    book.state(b, State::running, 1);
    book.at(1ms);
    book.request(b, true);
    book.at(3ms);
    book.state(b, State::blocked, 1);
    book.at(5ms);
    book.write(Kind::drop_request, b, lock, a);
    book.at(6ms);
    book.release(a, true);
    book.state(b, State::cpu_wait, 1);
    book.at(8ms);
    book.state(b, State::running, 1);
    book.at(9ms);
    book.grant(b, true);
    const auto books = book.close(10ms);
    const auto& waiter = books.threads[b];
    CHECK(waiter.running == 5ms);  // also while it asks
    CHECK(waiter.lock_wait == 5ms);
    CHECK(waiter.blocked == 0ms);
    CHECK(waiter.cpu_wait == 0ms);
    CHECK(waiter.lock_requests == 1);
    CHECK(waiter.drop_requests == 1);
    CHECK(waiter.lock_waits.count() == 1);
    CHECK(waiter.lock_waits.max() == Duration(8ms).count());
    CHECK(books.threads[a].lock_waits.count() == 0);
    const auto& held = books.locks[lock];
    CHECK(held.held == 7ms);
    CHECK(held.counts.requests == 2);
    CHECK(held.counts.contended == 1);
    CHECK(held.counts.switches == 2);
    CHECK(held.counts.forced_switches == 1);
    CHECK(held.counts.drop_requests == 1);
    CHECK(held.waits.max() == Duration(8ms).count());
}

TEST_CASE("ledger: who finds the lock free and is overtaken has waited", "[record]") {
    Book book;
    book.create(a);
    book.create(b);
    book.request(a, false);
    book.request(b, false);
    book.at(1ms);
    book.grant(b);
    book.at(3ms);
    book.release(b);
    book.at(4ms);
    book.grant(a);
    const auto books = book.close(5ms);
    CHECK(books.locks[lock].counts.contended == 1);
    CHECK(books.threads[a].lock_waits.max() == Duration(4ms).count());
    CHECK(books.threads[b].lock_waits.count() == 0);
}

TEST_CASE("ledger: a wake-up has failed if the thread sleeps again without the lock", "[record]") {
    Book book;
    book.create(a);
    book.create(b);
    book.request(a, false);
    book.grant(a);
    book.state(b, State::running);
    book.request(b, true);
    const auto wake_up = [&](bool by_thread) {
        book.state(b, State::blocked);
        book.write(Kind::thread_state, b, 0,
                   static_cast<std::uint64_t>(State::cpu_wait) +
                       (by_thread ? record::woken_by_thread : 0));
        book.state(b, State::running);
    };
    wake_up(true);   // in vain
    wake_up(false);  // by its timer
    wake_up(true);
    book.release(a);
    book.grant(b);
    book.release(b);
    wake_up(true);  // it waits for something else
    book.state(b, State::blocked);
    CHECK(book.close(5ms).locks[lock].counts.failed_wakeups == 1);
}

TEST_CASE("ledger: a drop request is wasted if the holder lets go by itself", "[record]") {
    const bool forced = GENERATE(false, true);
    Book book;
    book.create(a);
    book.create(b);
    book.request(a, false);
    book.grant(a);
    book.request(b, true);
    book.write(Kind::drop_request, b, lock, a);
    book.write(Kind::drop_request, b, lock, a);  // once more is nothing new
    book.release(a, forced);
    book.grant(b);
    book.release(b);
    const auto counts = book.close(5ms).locks[lock].counts;
    CHECK(counts.drop_requests == 2);
    CHECK(counts.wasted_drop_requests == (forced ? 0 : 1));
}

TEST_CASE("ledger: a slow CPU loses a part of what runs on it", "[record]") {
    Book book;
    book.create(a);
    book.state(a, State::running);
    book.at(10ms);
    book.write(Kind::thread_rate, a, 0, 620'000);
    book.at(20ms);
    book.write(Kind::thread_rate, a, 0, 1'000'000);
    book.at(25ms);
    book.write(Kind::thread_rate, a, 1, 500'000);  // of a CPU that it does not run on
    const auto books = book.close(30ms);
    CHECK(books.threads[a].running == 30ms);
    CHECK(books.threads[a].slowed == 3800us);
}

TEST_CASE("ledger: a switch is another thread than the last, whatever lies between", "[record]") {
    Book book;
    book.create(a);
    book.create(b);
    for (const auto thread : {a, a, b, a}) {
        book.state(thread, State::running);
        book.at(book.now.time_since_epoch() + 1ms);
        book.state(thread, State::io);
        book.at(book.now.time_since_epoch() + 1ms);
    }
    CHECK(book.close(10ms).cpus[0].switches == 3);
}

TEST_CASE("ledger: nothing before the end of the warm-up is booked", "[record]") {
    //  ms   0        2       6          10        12       15
    //  a    running  holds                        releases exits
    //  b    exits at 8       asks at 6            granted at 13
    Book book(10ms);
    book.create(a);
    book.create(b);
    book.create(2);
    book.state(a, State::running);
    book.write(Kind::object_write, a, 0, 1);
    book.at(2ms);
    book.request(a, false);
    book.grant(a, true);
    book.at(6ms);
    book.request(b, true);
    book.at(8ms);
    book.write(Kind::thread_exited, 2);
    book.at(12ms);
    book.release(a);
    book.write(Kind::queue_wait, a, 0, Duration(5ms).count() * 2);
    book.at(13ms);
    book.grant(b, true);
    book.at(15ms);
    book.write(Kind::thread_exited, a);
    const auto books = book.close(20ms);
    CHECK(books.threads[a].running == 5ms);
    CHECK(books.threads[b].lock_wait == 3ms);
    CHECK(books.threads[b].cpu_wait == 7ms);
    CHECK(books.threads[2].cpu_wait == 0ms);
    CHECK(books.cpus[0].busy == 5ms);
    CHECK(books.cpus[0].switches == 0);
    CHECK(books.locks[lock].held == 9ms);
    CHECK(books.locks[lock].counts.requests == 0);
    CHECK(books.locks[lock].counts.contended == 0);
    CHECK(books.locks[lock].counts.switches == 1);
    CHECK(books.objects[0].writes == 0);
    CHECK(books.queues[0].get_wait == 2ms);
}

TEST_CASE("ledger: a task's CPU time is that of its thread from its start to its end", "[record]") {
    Book book;
    book.create(a);
    book.write(Kind::task_arrived, 1);
    book.state(a, State::running);
    book.at(3ms);
    book.write(Kind::task_started, 1, 0, a);
    book.at(5ms);
    book.state(a, State::io);
    book.at(9ms);
    book.state(a, State::running);
    book.at(10ms);
    book.write(Kind::task_finished, 1, 0, a);
    const auto books = book.close(12ms);
    CHECK(books.instances[1].arrived == Time{0ms});
    CHECK(books.instances[1].started == Time{3ms});
    CHECK(books.instances[1].finished == Time{10ms});
    CHECK(books.instances[1].cpu == 3ms);
    CHECK(books.instances[1].io == 4ms);
    CHECK_FALSE(books.instances[0].arrived.has_value());
}

TEST_CASE("ledger: marks of one task are paired as they follow one another", "[record]") {
    Book book;
    const auto mark = [&](Duration time, std::uint32_t instance, std::uint64_t which) {
        book.at(time);
        book.write(Kind::mark, instance, 0, which);
    };
    mark(0ms, 0, 0);
    mark(1ms, 1, 0);
    mark(2ms, 0, 1);
    mark(5ms, 1, 1);
    mark(6ms, 0, 0);
    const auto books = book.close(10ms);
    REQUIRE(books.marks.size() == 2);
    CHECK(books.marks[0].from == 0);
    CHECK(books.marks[0].to == 1);
    CHECK(books.marks[0].latency.count() == 2);
    CHECK(books.marks[0].latency.max() == Duration(4ms).count());
    CHECK(books.marks[1].from == 1);
    CHECK(books.marks[1].latency.max() == Duration(4ms).count());
}

TEST_CASE("ledger: queues, objects and memory", "[record]") {
    Book book;
    book.create(a);
    book.at(10ms);
    book.write(Kind::queue_put, a, 0, 4);
    book.write(Kind::queue_get, a, 0, 3);
    book.write(Kind::queue_wait, a, 0, Duration(2ms).count() * 2 + 1);
    book.write(Kind::queue_wait, a, 0, Duration(3ms).count() * 2);
    book.write(Kind::object_write, a, 0, 0);
    book.write(Kind::object_write, a, 0, 1);
    book.write(Kind::memory, 0, 0, 700);
    book.write(Kind::memory, 0, 0, 500);
    const auto books = book.close(10ms);
    CHECK(books.queues[0].length_max == 4);
    CHECK(books.queues[0].put_wait == 2ms);
    CHECK(books.queues[0].get_wait == 3ms);
    CHECK(books.objects[0].writes == 2);
    CHECK(books.objects[0].lost == 1);
    CHECK(books.memory_peak == 700);
}

TEST_CASE("ledger: a run that contradicts itself is found out", "[record]") {
    Book book;
    book.create(a);
    book.create(b);
    book.at(1ms);
    book.state(a, State::running);
    SECTION("time goes back") {
        book.at(0ms);
        CHECK_THROWS_AS(book.state(b, State::io), BrokenInvariant);
    }
    SECTION("a CPU runs two threads") {
        CHECK_THROWS_AS(book.state(b, State::running), BrokenInvariant);
    }
    SECTION("a thread runs on two CPUs") {
        CHECK_THROWS_AS(book.state(a, State::running, 1), BrokenInvariant);
    }
    SECTION("a thread that does not exist does something") {
        CHECK_THROWS_AS(book.state(2, State::running, 1), BrokenInvariant);
        CHECK_THROWS_AS(book.request(2, false), BrokenInvariant);
        CHECK_THROWS_AS(book.write(Kind::thread_exited, 2), BrokenInvariant);
    }
    SECTION("a thread that has exited does something") {
        book.write(Kind::thread_exited, a);
        CHECK_THROWS_AS(book.state(a, State::running), BrokenInvariant);
        CHECK_THROWS_AS(book.write(Kind::thread_exited, a), BrokenInvariant);
    }
    SECTION("threads are created out of order") {
        CHECK_THROWS_AS(book.create(3), BrokenInvariant);
    }
    SECTION("a lock has two holders") {
        book.request(a, false);
        book.request(b, false);
        book.grant(a);
        CHECK_THROWS_AS(book.grant(b), BrokenInvariant);
    }
    SECTION("a lock is granted to nobody who asked") {
        CHECK_THROWS_AS(book.grant(a), BrokenInvariant);
    }
    SECTION("a lock is released by another") {
        book.request(a, false);
        book.grant(a);
        CHECK_THROWS_AS(book.release(b), BrokenInvariant);
    }
    SECTION("the holder asks again") {
        book.request(a, false);
        CHECK_THROWS_AS(book.request(a, false), BrokenInvariant);
        book.grant(a);
        CHECK_THROWS_AS(book.request(a, false), BrokenInvariant);
    }
    SECTION("a task starts that never came") {
        CHECK_THROWS_AS(book.write(Kind::task_started, 0, 0, a), BrokenInvariant);
        CHECK_THROWS_AS(book.write(Kind::task_finished, 0, 0, a), BrokenInvariant);
        CHECK_THROWS_AS(book.write(Kind::task_arrived, 2), BrokenInvariant);
    }
    SECTION("a kind that does not exist") {
        CHECK_THROWS_AS(book.write(static_cast<Kind>(99), 0), BrokenInvariant);
    }
}

TEST_CASE("ledger: a device's operations wait, and keep its servers", "[record]") {
    //  ms  0    4    6    9
    //  0   served    done           one server; the books begin at 2 ms
    //  1        waits served done
    Book book(2ms);
    book.write(Kind::device_came, 0);
    book.write(Kind::device_begun, 0);
    book.at(4ms);
    book.write(Kind::device_came, 1, 0, 500);
    book.at(6ms);
    book.write(Kind::device_done, 0, 0, 700);
    book.write(Kind::device_begun, 1, 0, 500);
    book.at(9ms);
    book.write(Kind::device_done, 1, 0, 500);
    const auto device = book.close(10ms).devices.at(0);
    CHECK(device.served == 2);
    CHECK(device.bytes == 1200);
    CHECK(device.queue_max == 1);
    CHECK(device.busy == 7ms);  // from 2 on
    // The first came before the books began.
    CHECK(device.waits.count() == 1);
    CHECK(device.waits.mean() == 2e6);
    CHECK(device.responses.count() == 1);
    CHECK(device.responses.mean() == 5e6);
}

TEST_CASE("ledger: a device serves what has come", "[record]") {
    Book book;
    CHECK_THROWS_AS(book.write(Kind::device_begun, 0), BrokenInvariant);
    CHECK_THROWS_AS(book.write(Kind::device_done, 0), BrokenInvariant);
}

}  // namespace
}  // namespace interlock::record
