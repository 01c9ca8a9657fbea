#include "sim/kernel/fingerprint.hpp"

#include <set>
#include <vector>

#include "tests/support/catch.hpp"

namespace interlock::kernel {
namespace {

std::uint64_t fingerprint(const std::vector<Record>& records) {
    Fingerprint fingerprint;
    fingerprint.take(records);
    return fingerprint.value();
}

constexpr Record record(std::int64_t at, std::uint64_t detail, std::uint32_t subject,
                        std::uint16_t place, std::uint16_t kind) {
    return {Time{Duration{at}}, detail, subject, place, kind};
}

}  // namespace

TEST_CASE("fingerprint: every field of every record counts, and their order", "[kernel]") {
    constexpr auto zero = record(0, 0, 0, 0, 0);
    constexpr auto one = record(1, 0, 0, 0, 0);
    const std::set<std::uint64_t> values{
        fingerprint({}),
        fingerprint({zero}),
        fingerprint({zero, zero}),
        fingerprint({one}),
        fingerprint({record(0, 1, 0, 0, 0)}),
        fingerprint({record(0, 0, 1, 0, 0)}),
        fingerprint({record(0, 0, 0, 1, 0)}),
        fingerprint({record(0, 0, 0, 0, 1)}),
        fingerprint({zero, one}),
        fingerprint({one, zero}),
    };
    CHECK(values.size() == 10);
}

TEST_CASE("fingerprint: it does not matter how the records are cut into batches", "[kernel]") {
    std::vector<Record> records;
    for (std::uint32_t i = 0; i < 1200; ++i) records.push_back(record(i, i * 7, i % 5, 1, 2));
    Fingerprint batched;
    Trace trace;
    trace.attach(batched);
    for (const auto& each : records) trace.write(each);
    trace.flush();
    CHECK(batched.value() == fingerprint(records));
}

TEST_CASE("trace: every reader gets every record, in order", "[kernel]") {
    struct Reader final : TraceSink {
        void take(std::span<const Record> records) override {
            for (const auto& each : records) subjects.push_back(each.subject);
        }
        std::vector<std::uint32_t> subjects;
    };
    Reader first;
    Reader second;
    Trace trace;
    trace.write(record(0, 0, 99, 0, 0));  // nobody reads yet: lost, and not kept
    trace.attach(first);
    trace.attach(second);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < 1500; ++i) {
        expected.push_back(i);
        trace.write(record(i, 0, i, 0, 0));
    }
    trace.flush();
    CHECK(first.subjects == expected);
    CHECK(second.subjects == expected);
}

}  // namespace interlock::kernel
