#pragma once

// Something for each thread, by its number.

#include <vector>

#include "models/os/ids.hpp"

namespace interlock::os {

template <typename T>
class ByThread {
public:
    /// Made if it is not there yet; that moves those that are.
    T& make(ThreadId thread) {
        if (index(thread) >= all_.size()) all_.resize(index(thread) + 1);
        return all_[index(thread)];
    }
    bool has(ThreadId thread) const { return index(thread) < all_.size(); }
    T& operator[](ThreadId thread) { return all_[index(thread)]; }
    const T& operator[](ThreadId thread) const { return all_[index(thread)]; }

private:
    std::vector<T> all_;
};

}  // namespace interlock::os
