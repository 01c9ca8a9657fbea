#include "sim/host/builtin/shared.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime() is POSIX's
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>

#include "sim/host/fail.hpp"

namespace interlock::host::builtin {

namespace {

class MemoryQueue final : public Transport {
public:
    explicit MemoryQueue(std::optional<std::uint32_t> capacity) : capacity_(capacity) {}

    bool try_put(std::int64_t item) override {
        const std::lock_guard guard(mutex_);
        if (full() && item != end) return false;
        push(item);
        return true;
    }
    std::optional<std::int64_t> try_get() override {
        const std::lock_guard guard(mutex_);
        if (items_.empty()) return std::nullopt;
        return pop();
    }
    bool put(std::int64_t item, std::optional<std::int64_t> timeout_ns) override {
        std::unique_lock guard(mutex_);
        if (!until(guard, changed_room_, timeout_ns, [this] { return !full(); })) return false;
        push(item);
        return true;
    }
    std::optional<std::int64_t> get(std::optional<std::int64_t> timeout_ns) override {
        std::unique_lock guard(mutex_);
        if (!until(guard, changed_items_, timeout_ns, [this] { return !items_.empty(); }))
            return std::nullopt;
        return pop();
    }

private:
    template <typename Ready>
    static bool until(std::unique_lock<std::mutex>& guard, std::condition_variable& changed,
                      std::optional<std::int64_t> timeout_ns, Ready ready) {
        if (timeout_ns)
            return changed.wait_for(guard, std::chrono::nanoseconds(*timeout_ns), ready);
        changed.wait(guard, ready);
        return true;
    }
    bool full() const { return capacity_ && items_.size() >= *capacity_; }
    void push(std::int64_t item) {
        items_.push_back(item);
        changed_items_.notify_one();
    }
    std::int64_t pop() {
        const auto item = items_.front();
        items_.pop_front();
        changed_room_.notify_one();
        return item;
    }

    std::optional<std::uint32_t> capacity_;
    std::mutex mutex_;
    std::condition_variable changed_items_;
    std::condition_variable changed_room_;
    std::deque<std::int64_t> items_;
};

/// Between processes: a size, and so many bytes behind it. A writer at a time,
/// a reader at a time.
class PipeQueue final : public Transport {
public:
    explicit PipeQueue(std::optional<std::uint32_t> capacity)
        : memory_(sizeof(State)), shared_(new (memory_.data()) State),
          bounded_(capacity.has_value()) {
        if (pipe2(ends_.data(), O_CLOEXEC) != 0) fail("pipe");
        // As far as it goes: the queue has no bound of its own.
        fcntl(ends_[1], F_SETPIPE_SZ, pipe_bytes);
        shared_->room.open(capacity.value_or(0));
        shared_->writing.open(1);
        shared_->reading.open(1);
    }
    ~PipeQueue() override {
        close(ends_[0]);
        close(ends_[1]);
    }
    PipeQueue(const PipeQueue&) = delete;
    PipeQueue& operator=(const PipeQueue&) = delete;

    // A call of the kernel is made without the interpreter lock.
    bool try_put(std::int64_t /*item*/) override { return false; }
    std::optional<std::int64_t> try_get() override { return std::nullopt; }

    bool put(std::int64_t item, std::optional<std::int64_t> timeout_ns) override {
        if (timeout_ns) throw Unable("put: a queue between processes has no timeout here");
        if (bounded_ && item != end) shared_->room.wait();
        shared_->writing.wait();
        write_all(&item, sizeof item);
        std::vector<char> bytes(static_cast<std::size_t>(std::clamp<std::int64_t>(item, 0, block)),
                                'x');
        for (auto left = item; left > 0; left -= block)
            write_all(bytes.data(), static_cast<std::size_t>(std::min(left, block)));
        shared_->writing.post();
        return true;
    }
    std::optional<std::int64_t> get(std::optional<std::int64_t> timeout_ns) override {
        if (timeout_ns) throw Unable("get: a queue between processes has no timeout here");
        shared_->reading.wait();
        std::int64_t item = end;
        read_all(&item, sizeof item);
        std::vector<char> bytes(static_cast<std::size_t>(std::clamp<std::int64_t>(item, 0, block)));
        for (auto left = item; left > 0; left -= block)
            read_all(bytes.data(), static_cast<std::size_t>(std::min(left, block)));
        shared_->reading.post();
        if (bounded_ && item != end) shared_->room.post();
        return item;
    }

private:
    static constexpr std::int64_t block = 65'536;
    static constexpr int pipe_bytes = 1 << 20;
    struct State {
        Semaphore room;
        Semaphore writing;
        Semaphore reading;
    };

    void write_all(const void* from, std::size_t bytes) const {
        const auto* at = static_cast<const char*>(from);
        while (bytes > 0) {
            const auto count = write(ends_[1], at, bytes);
            if (count < 0 && errno != EINTR) fail("write to a pipe");
            if (count < 0) continue;
            at += count;
            bytes -= static_cast<std::size_t>(count);
        }
    }
    void read_all(void* into, std::size_t bytes) const {
        auto* at = static_cast<char*>(into);
        while (bytes > 0) {
            const auto count = read(ends_[0], at, bytes);
            if (count == 0) throw std::runtime_error("a pipe has ended");
            if (count < 0 && errno != EINTR) fail("read from a pipe");
            if (count < 0) continue;
            at += count;
            bytes -= static_cast<std::size_t>(count);
        }
    }

    SharedMemory memory_;
    State* shared_;
    bool bounded_;
    std::array<int, 2> ends_{};
};

/// One send an item, one recv; the end is an empty one. At most 64 KiB.
class SocketQueue final : public Transport {
public:
    SocketQueue() {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_.data()) != 0)
            fail("socketpair");
    }
    ~SocketQueue() override {
        close(ends_[0]);
        close(ends_[1]);
    }
    SocketQueue(const SocketQueue&) = delete;
    SocketQueue& operator=(const SocketQueue&) = delete;

    bool try_put(std::int64_t /*item*/) override { return false; }
    std::optional<std::int64_t> try_get() override { return std::nullopt; }

    bool put(std::int64_t item, std::optional<std::int64_t> timeout_ns) override {
        if (timeout_ns) throw Unable("put: a socket has no timeout here");
        const auto size =
            item == end ? 0 : static_cast<std::size_t>(std::clamp<std::int64_t>(item, 1, most));
        while (send(ends_[0], buffer().data(), size, MSG_NOSIGNAL) < 0)
            if (errno != EINTR) fail("send");
        return true;
    }
    std::optional<std::int64_t> get(std::optional<std::int64_t> timeout_ns) override {
        if (timeout_ns) throw Unable("get: a socket has no timeout here");
        for (;;) {
            const auto count = recv(ends_[1], buffer().data(), buffer().size(), 0);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail("recv");
            return count == 0 ? end : count;
        }
    }

private:
    static constexpr std::int64_t most = 65'536;

    /// Where a thread's items are. Not a part of its stack, whose pages would be
    /// touched whenever a thread starts; only what items fill is ever touched.
    static std::array<char, most>& buffer() {
        static thread_local const auto bytes =
            std::make_unique_for_overwrite<std::array<char, most>>();
        return *bytes;
    }

    std::array<int, 2> ends_{};
};

template <typename T>
T* placed(char*& at, std::size_t count) {
    at += (alignof(T) - reinterpret_cast<std::uintptr_t>(at) % alignof(T)) % alignof(T);
    auto* const first = reinterpret_cast<T*>(at);
    for (std::size_t i = 0; i < count; ++i) new (first + i) T;
    at += count * sizeof(T);
    return first;
}

std::size_t bytes_for(const Plan& plan) {
    constexpr std::size_t alignment = 64;
    return plan.locks * sizeof(Semaphore) + plan.conditions * sizeof(Condition) +
           plan.barriers.size() * sizeof(pthread_barrier_t) +
           2 * plan.instances.size() * sizeof(double) +
           plan.queues.size() * sizeof(std::atomic<std::uint32_t>) + 5 * alignment +
           plan.queues.size() * alignment;
}

std::unique_ptr<Transport> queue_of(const Queue& queue, bool between) {
    if (queue.over == "socket") {
        if (queue.capacity) throw Unable("put: a socket has a capacity of its own");
        return std::make_unique<SocketQueue>();
    }
    if (between || queue.over == "pipe") return std::make_unique<PipeQueue>(queue.capacity);
    return std::make_unique<MemoryQueue>(queue.capacity);
}

}  // namespace

SharedMemory::SharedMemory(std::size_t bytes)
    : bytes_(bytes),
      start_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (start_ == MAP_FAILED) fail("mmap");
}

SharedMemory::~SharedMemory() { munmap(start_, bytes_); }

void Semaphore::wait() {
    while (sem_wait(&it_) != 0 && errno == EINTR) {
    }
}

void Condition::open() {
    pthread_mutexattr_t mutex;
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&mutex_, &mutex);
    pthread_condattr_t condition;
    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&changed_, &condition);
}

bool Condition::wait(std::optional<std::int64_t> timeout_ns) {
    constexpr std::int64_t second = 1'000'000'000;
    pthread_mutex_lock(&mutex_);
    int result = 0;
    if (timeout_ns) {
        timespec until{};
        clock_gettime(CLOCK_REALTIME, &until);
        const auto sum = until.tv_nsec + *timeout_ns;
        until.tv_sec += sum / second;
        until.tv_nsec = sum % second;
        result = pthread_cond_timedwait(&changed_, &mutex_, &until);
    } else {
        result = pthread_cond_wait(&changed_, &mutex_);
    }
    pthread_mutex_unlock(&mutex_);
    return result == 0;
}

void Condition::notify(std::uint32_t count) {
    pthread_mutex_lock(&mutex_);
    if (count == 0) pthread_cond_broadcast(&changed_);
    for (; count > 0; --count) pthread_cond_signal(&changed_);
    pthread_mutex_unlock(&mutex_);
}

Shared::Shared(const Plan& plan, bool between) : memory_(bytes_for(plan)) {
    auto* at = static_cast<char*>(memory_.data());
    locks_ = placed<Semaphore>(at, plan.locks);
    for (std::uint32_t i = 0; i < plan.locks; ++i) locks_[i].open(1);
    conditions_ = placed<Condition>(at, plan.conditions);
    for (std::uint32_t i = 0; i < plan.conditions; ++i) conditions_[i].open();
    barriers_ = placed<pthread_barrier_t>(at, plan.barriers.size());
    pthread_barrierattr_t shared;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    for (std::size_t i = 0; i < plan.barriers.size(); ++i)
        pthread_barrier_init(&barriers_[i], &shared, plan.barriers[i]);
    times_ = placed<double>(at, 2 * plan.instances.size());
    producers_ = placed<std::atomic<std::uint32_t>>(at, plan.queues.size());
    for (std::size_t i = 0; i < plan.queues.size(); ++i) {
        producers_[i] = plan.queues[i].producers;
        queues_.push_back(queue_of(plan.queues[i], between));
    }
}

void Shared::rehearse(const Plan& plan) {
    for (const auto& one : plan.queues) {
        if (one.over != "socket") continue;
        SocketQueue like;
        like.put(1, std::nullopt);
        like.get(std::nullopt);
    }
}

}  // namespace interlock::host::builtin
