#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "models/os/deadline_tree.hpp"
#include "sim/kernel/random.hpp"
#include "tests/support/catch.hpp"

namespace interlock::os {
namespace {

using Entry = DeadlineTree::Entry;

/// The same by sorting.
class Sorted {
public:
    void insert(const Entry& entry) { all_.push_back(entry); }
    void erase(ThreadId thread) {
        std::erase_if(all_, [&](const Entry& one) { return one.thread == thread; });
    }
    std::vector<ThreadId> runnable() const {
        std::vector<ThreadId> list;
        for (const auto& one : in_order())
            if (one.runnable) list.push_back(one.thread);
        return list;
    }
    kernel::Maybe<ThreadId> first(std::int64_t eligible) const {
        for (const auto& one : in_order())
            if (one.vruntime <= eligible) return one.thread;
        return std::nullopt;
    }
    const Entry* find(ThreadId thread) const {
        const auto found = std::find_if(all_.begin(), all_.end(),
                                        [&](const Entry& one) { return one.thread == thread; });
        return found == all_.end() ? nullptr : &*found;
    }

private:
    std::vector<Entry> in_order() const {
        auto list = all_;
        std::sort(list.begin(), list.end(), [](const Entry& a, const Entry& b) {
            return std::tie(a.deadline, a.thread) < std::tie(b.deadline, b.thread);
        });
        return list;
    }
    std::vector<Entry> all_;
};

TEST_CASE("deadline tree: it answers what sorting would, in two trees at a time", "[os]") {
    // Up to the middle more come than leave, so that trees of many blocks grow and shrink; of
    // the deadlines many are equal.
    constexpr int steps = 6000;
    constexpr std::uint64_t threads = 600;
    constexpr std::uint64_t range = 200;
    kernel::Random random(GENERATE(1U, 2U, 3U), 0);
    const auto upto = [&](std::uint64_t limit) {
        return static_cast<std::int64_t>(random.next() % limit);
    };
    DeadlineTree tree;
    std::array<DeadlineTree::Root, 2> roots;
    std::array<Sorted, 2> sorted;
    for (int step = 0; step < steps; ++step) {
        const ThreadId thread{static_cast<std::uint32_t>(upto(threads))};
        const std::size_t side = index(thread) % 2;
        auto& root = roots.at(side);
        auto& reference = sorted.at(side);
        if (const auto* queued = reference.find(thread)) {
            if (step < steps / 2 && upto(2) == 0) continue;
            tree.erase(root, *queued);
            reference.erase(thread);
        } else {
            if (step >= steps / 2 && upto(2) == 0) continue;
            const Entry entry{.deadline = upto(range),
                              .vruntime = upto(range),
                              .thread = thread,
                              .runnable = upto(4) != 0};
            tree.insert(root, entry);
            reference.insert(entry);
        }
        const auto limit = upto(range) / 8;  // seldom the first one
        const auto eligible = [&](std::int64_t vruntime) { return vruntime <= limit; };
        const auto first = reference.first(limit);
        REQUIRE(tree.first(root, eligible) == first);
        if (upto(8) == 0) {
            REQUIRE(tree.take_first(root, eligible) == first);
            if (first) reference.erase(*first);
        }
        const auto runnable = reference.runnable();
        if (runnable.empty()) continue;
        const auto i = static_cast<std::size_t>(upto(runnable.size()));
        REQUIRE(tree.at(root, i) == runnable[i]);
        REQUIRE(tree.at(root, runnable.size() - 1) == runnable.back());
    }
}

TEST_CASE("deadline tree: who is not in it cannot be taken out", "[os]") {
    DeadlineTree tree;
    DeadlineTree::Root root;
    const Entry one{.deadline = 5, .vruntime = 0, .thread = ThreadId{1}};
    const Entry other{.deadline = 5, .vruntime = 0, .thread = ThreadId{2}};
    CHECK_THROWS_AS(tree.erase(root, one), kernel::BrokenInvariant);
    tree.insert(root, one);
    tree.insert(root, other);
    tree.erase(root, other);
    CHECK_THROWS_AS(tree.erase(root, other), kernel::BrokenInvariant);
    CHECK_THROWS_AS(tree.at(root, 1), kernel::BrokenInvariant);
}

}  // namespace
}  // namespace interlock::os
