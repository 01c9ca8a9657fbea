#pragma once

// Threads in the order of (deadline, number), so that the first of those that are eligible is
// found in O(log n), as in the kernel's tree: each node knows the least virtual runtime at it
// and below it.
//
//                   [ 32 entries in order ]          a block, a node of the tree
//   all before these /                   \ all after
//
// A node holds up to 32 threads, for what takes time is to go from one to the next; a short
// queue is one array. One that is full gives its upper half to a new node. The tree is a
// treap: a heap by priorities that are hashed from the blocks' numbers, which keeps it about
// as shallow as random ones would, and the same in every run. To enter, to leave and to find
// cost O(log n). One object keeps the trees of all runqueues.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "models/os/ids.hpp"
#include "sim/kernel/check.hpp"
#include "sim/kernel/maybe.hpp"

namespace interlock::os {

class DeadlineTree {
public:
    struct Entry {
        std::int64_t deadline = 0;
        std::int64_t vruntime = 0;
        ThreadId thread{};
        bool runnable = true;  ///< counts for at()

        friend bool operator<(const Entry& a, const Entry& b) {
            return a.deadline != b.deadline ? a.deadline < b.deadline : a.thread < b.thread;
        }
    };
    /// A tree; by itself an empty one.
    struct Root {
        std::uint32_t node = none;
    };

    void insert(Root& root, const Entry& entry) {
        if (root.node == none) root.node = take_block();
        auto here = root.node;
        for (;;) {
            auto& node = blocks_[here];
            node.all.add(entry);
            if (node.left != none && entry < node.front())
                here = node.left;
            else if (node.right != none && node.back() < entry)
                here = node.right;
            else
                break;
        }
        blocks_[here].insert(entry);
        if (blocks_[here].size() == block_size) divide(root, here);
    }

    /// That of this deadline and thread.
    void erase(Root& root, const Entry& entry) {
        kernel::check(root.node != none, "a queued thread is found in its queue");
        if (!is_only(root)) return erase_below(root.node, entry);
        blocks_[root.node].erase(entry);  // it is kept though it may be empty now
    }

    /// The first of which `eligible(vruntime)` holds, as it does of any that is less.
    template <typename Eligible>
    kernel::Maybe<ThreadId> first(const Root& root, const Eligible& eligible) const {
        const auto found = find(root, eligible);
        if (found.node == none) return std::nullopt;
        return blocks_[found.node].entries[found.place].thread;
    }

    /// The same, and it leaves.
    template <typename Eligible>
    kernel::Maybe<ThreadId> take_first(Root& root, const Eligible& eligible) {
        const auto found = find(root, eligible);
        if (found.node == none) return std::nullopt;
        auto& node = blocks_[found.node];
        const auto thread = node.entries[found.place].thread;
        if (is_only(root))
            node.erase(found.place);
        else
            erase_below(root.node, Entry(node.entries[found.place]));
        return thread;
    }

    /// Of all, sleepers too; the greatest number if there are none.
    std::int64_t least_vruntime(const Root& root) const {
        return root.node == none ? Sum{}.vruntime : blocks_[root.node].all.vruntime;
    }

    /// The i-th of those that are runnable.
    ThreadId at(const Root& root, std::size_t i) const {
        for (auto here = root.node; here != none;) {
            const auto& node = blocks_[here];
            const auto before = node.left == none ? 0 : blocks_[node.left].all.runnable;
            if (i < before) {
                here = node.left;
                continue;
            }
            i -= before;
            if (i >= node.own.runnable) {
                i -= node.own.runnable;
                here = node.right;
                continue;
            }
            for (auto k = node.begin; k < node.end; ++k)
                if (node.entries[k].runnable && i-- == 0) return node.entries[k].thread;
        }
        kernel::broken("a thread that is asked for by its place is queued");
    }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    static constexpr std::uint32_t block_size = 32;

    /// Of some threads: the least virtual runtime, and how many are runnable.
    struct Sum {
        std::int64_t vruntime = std::numeric_limits<std::int64_t>::max();
        std::uint32_t runnable = 0;

        void add(const Entry& entry) { add(Sum{entry.vruntime, entry.runnable ? 1U : 0U}); }
        void add(const Sum& other) {
            vruntime = std::min(vruntime, other.vruntime);
            runnable += other.runnable;
        }
    };

    struct Block {
        Sum all;  // of the subtree
        Sum own;
        std::uint32_t begin = 0;  // of its entries; who is next leaves often
        std::uint32_t end = 0;
        std::uint32_t priority = 0;
        std::uint32_t left = none;
        std::uint32_t right = none;
        std::array<Entry, block_size> entries;

        std::uint32_t size() const { return end - begin; }
        const Entry& front() const { return entries[begin]; }
        const Entry& back() const { return entries[end - 1]; }

        void insert(const Entry& entry) {
            if (end == block_size) {
                std::copy(entries.begin() + begin, entries.end(), entries.begin());
                end -= std::exchange(begin, 0);
            }
            auto i = end++;
            for (; i > begin && entry < entries[i - 1]; --i) entries[i] = entries[i - 1];
            entries[i] = entry;
            own.add(entry);
        }
        void erase(const Entry& entry) {
            auto i = begin;
            while (i < end && entries[i] < entry) ++i;
            kernel::check(i < end && !(entry < entries[i]),
                          "a queued thread is found in its queue");
            erase(i);
        }
        /// As if it had no children.
        void erase(std::uint32_t place) {
            for (; place > begin; --place) entries[place] = entries[place - 1];
            ++begin;
            count();
            all = own;
        }
        void count() {
            own = {};
            for (auto i = begin; i < end; ++i) own.add(entries[i]);
        }
    };

    /// Whether the tree is one block.
    bool is_only(const Root& root) const {
        const auto& node = blocks_[root.node];
        return node.left == none && node.right == none;
    }

    struct Found {
        std::uint32_t node = none;
        std::uint32_t place = 0;
    };
    template <typename Eligible>
    Found find(const Root& root, const Eligible& eligible) const {
        for (auto here = root.node; here != none;) {
            const auto& node = blocks_[here];
            if (node.left != none && eligible(blocks_[node.left].all.vruntime)) {
                here = node.left;
                continue;
            }
            for (auto i = node.begin; i < node.end; ++i)
                if (eligible(node.entries[i].vruntime)) return {.node = here, .place = i};
            here = node.right;
        }
        return {};
    }

    /// Of MurmurHash3: neighbours become strangers.
    static std::uint32_t hash(std::uint32_t number) {
        number = (number ^ (number >> 16U)) * 0x85ebca6bU;
        number = (number ^ (number >> 13U)) * 0xc2b2ae35U;
        return number ^ (number >> 16U);
    }

    std::uint32_t take_block() {
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(blocks_.size()));
            blocks_.emplace_back();
        }
        const auto block = free_.back();
        free_.pop_back();
        auto& it = blocks_[block];
        it.all = it.own = {};
        it.begin = it.end = 0;
        it.priority = hash(block);
        it.left = it.right = none;
        return block;
    }

    void sum_up(Block& node) const {
        node.all = node.own;
        for (const auto child : {node.left, node.right})
            if (child != none) node.all.add(blocks_[child].all);
    }

    /// The upper half of a block goes to a new one, which takes its place in the tree.
    void divide(Root& root, std::uint32_t full) {
        const auto block = take_block();
        auto& upper = blocks_[block];
        auto& lower = blocks_[full];
        lower.end = block_size / 2;
        upper.end = block_size - lower.end;
        std::copy(lower.entries.begin() + lower.end, lower.entries.end(), upper.entries.begin());
        lower.count();
        upper.count();
        sum_up_path(root.node, full);
        auto* link = &root.node;
        while (*link != none && blocks_[*link].priority >= upper.priority) {
            auto& node = blocks_[*link];
            node.all.add(upper.own);
            link = upper.front() < node.front() ? &node.left : &node.right;
        }
        split(*link, upper.front(), upper.left, upper.right);
        *link = block;
        sum_up(upper);
    }

    /// From a block up to the root.
    void sum_up_path(std::uint32_t here, std::uint32_t block) {
        auto& node = blocks_[here];
        if (here != block)
            sum_up_path(blocks_[block].front() < node.front() ? node.left : node.right, block);
        sum_up(node);
    }

    /// Of the tree at `here`, the blocks before an entry and those after it.
    void split(std::uint32_t here, const Entry& entry, std::uint32_t& before,
               std::uint32_t& after) {
        if (here == none) {
            before = after = none;
            return;
        }
        auto& node = blocks_[here];
        if (node.front() < entry) {
            split(node.right, entry, node.right, after);
            before = here;
        } else {
            split(node.left, entry, before, node.left);
            after = here;
        }
        sum_up(node);
    }

    /// All of `before` are before all of `after`.
    std::uint32_t merged(std::uint32_t before, std::uint32_t after) {
        if (before == none) return after;
        if (after == none) return before;
        const bool first = blocks_[before].priority >= blocks_[after].priority;
        auto& top = blocks_[first ? before : after];
        if (first)
            top.right = merged(top.right, after);
        else
            top.left = merged(before, top.left);
        sum_up(top);
        return first ? before : after;
    }

    void erase_below(std::uint32_t& link, const Entry& entry) {
        kernel::check(link != none, "a queued thread is found in its queue");
        auto& node = blocks_[link];
        if (entry < node.front()) {
            erase_below(node.left, entry);
        } else if (node.back() < entry) {
            erase_below(node.right, entry);
        } else {
            node.erase(entry);
            if (node.size() == 0) {
                free_.push_back(link);
                link = merged(node.left, node.right);
                return;
            }
        }
        sum_up(node);
    }

    std::vector<Block> blocks_;
    std::vector<std::uint32_t> free_;
};

}  // namespace interlock::os
