#include "models/os/page_cache.hpp"

#include "tests/support/catch.hpp"

namespace interlock::os {
namespace {

constexpr std::uint64_t mib = 1'048'576;
using Clients = PageCache::Clients;

PageCache cache_of(std::uint64_t limit) { return PageCache(hardware::Cache{.dirty = limit}); }

/// The bytes of the next piece, if there is one.
std::uint64_t piece(PageCache& cache) {
    const auto it = cache.take_piece();
    return it ? it->bytes : 0;
}

TEST_CASE("page cache: the kernel begins to write at half of the limit", "[os]") {
    auto cache = cache_of(20 * mib);
    CHECK(cache.write(1, 10 * mib));
    CHECK_FALSE(cache.take_piece());
    CHECK(cache.write(1, 1));
    const auto first = cache.take_piece();
    REQUIRE(first);
    CHECK(first->bytes == 4 * mib);
    CHECK_FALSE(cache.take_piece());  // a piece after the other
    CHECK(cache.written(first->number).empty());
    CHECK_FALSE(cache.take_piece());  // 6 MiB are left
}

TEST_CASE("page cache: who writes beyond the limit waits until no more is dirty", "[os]") {
    auto cache = cache_of(8 * mib);
    CHECK(cache.write(1, 8 * mib));
    CHECK_FALSE(cache.write(2, mib));
    CHECK_FALSE(cache.write(3, 3 * mib));
    // 12 MiB are dirty: one piece brings them down to the limit.
    CHECK(cache.written(cache.take_piece()->number) == Clients{2, 3});
}

TEST_CASE("page cache: a write larger than the limit goes on when the rest is written", "[os]") {
    auto cache = cache_of(mib);
    CHECK_FALSE(cache.write(1, 6 * mib));
    CHECK(cache.written(cache.take_piece()->number).empty());
    const auto second = cache.take_piece();
    REQUIRE(second);
    CHECK(second->bytes == 2 * mib);
    CHECK(cache.written(second->number) == Clients{1});
}

TEST_CASE("page cache: an fsync takes all that is not on its way", "[os]") {
    auto cache = cache_of(8 * mib);
    CHECK(cache.write(1, 6 * mib));
    CHECK(piece(cache) == 4 * mib);
    CHECK(cache.sync(7).bytes == 2 * mib);
    CHECK(cache.sync(8).bytes == 0);
    CHECK(cache.write(1, mib));
    CHECK(cache.sync(9).bytes == mib);
}

TEST_CASE("page cache: an fsync waits for what was on its way before it", "[os]") {
    auto cache = cache_of(8 * mib);
    CHECK(cache.write(1, 6 * mib));
    const auto before = cache.take_piece()->number;
    const auto own = cache.sync(7).number;
    const auto later = cache.sync(8).number;
    // A device that does several at a time may be done with its own first.
    CHECK(cache.written(own).empty());
    CHECK(cache.written(before) == Clients{7});
    CHECK(cache.written(later) == Clients{8});
}

}  // namespace
}  // namespace interlock::os
