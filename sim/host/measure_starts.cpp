// What threads, processes and memory cost.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "sim/host/clocks.hpp"
#include "sim/host/fail.hpp"
#include "sim/host/measure_parts.hpp"

namespace interlock::host {

namespace {

constexpr std::size_t page = 4096;
constexpr double mib = 1024.0 * 1024;

/// Memory of small pages, so that what a page costs is one page's.
class Mapping {
public:
    explicit Mapping(std::size_t bytes)
        : bytes_(bytes), start_(static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
        if (start_ == MAP_FAILED) fail("mmap");
        madvise(start_, bytes_, MADV_NOHUGEPAGE);
    }
    ~Mapping() { munmap(start_, bytes_); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    /// ns a page, of CPU time.
    double touch() const {
        const auto begin = thread_cpu_ns();
        for (std::size_t at = 0; at < bytes_; at += page) start_[at] = 1;
        return (thread_cpu_ns() - begin) / (static_cast<double>(bytes_) / page);
    }
    const char* data() const { return start_; }

private:
    std::size_t bytes_;
    char* start_;
};

/// Memory of our own: a fork does not copy the tables of what lies in files.
double resident_mib() {
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;)
        if (double kib = 0; word == "RssAnon:" && file >> kib) return kib / 1024;
    return 0;
}

struct Forked {
    double call;   ///< ns, of fork() in the parent
    double child;  ///< ns of CPU time, of the child
};

/// A child that does `work` and is waited for.
template <typename Work>
Forked fork_and_wait(Work work) {
    const auto begin = wall_ns();
    const auto child = fork();
    if (child == 0) {
        work();
        _exit(0);
    }
    const auto called = wall_ns() - begin;
    if (child < 0) fail("fork");
    int status = 0;
    rusage used{};
    while (wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
    };
    return {.call = called, .child = seconds(used.ru_utime) + seconds(used.ru_stime)};
}

void threads(Measurements& it) {
    constexpr int count = 150;
    std::vector<double> calls;
    std::vector<double> wholes;
    for (int i = 0; i < count; ++i) {
        const auto before = process_cpu_ns();
        const auto begin = wall_ns();
        std::jthread thread([] {});
        calls.push_back(wall_ns() - begin);
        thread.join();
        wholes.push_back(process_cpu_ns() - before);
    }
    const auto start = figure("thread_start", "ns", calls, "the call that makes a thread");
    const auto whole = figure("thread_life", "ns", wholes,
                              "CPU time to make, run and join a thread that does nothing");
    it.add(start);
    it.add(whole);
    it.add(derived("thread_exit", "ns",
                   whole.value - start.value - it.value("futex_wait") - it.value("context_switch"),
                   whole, "thread_life without thread_start, futex_wait and context_switch"));
}

void processes(Measurements& it) {
    constexpr int count = 25;
    std::vector<std::pair<double, double>> forks;
    std::vector<std::pair<double, double>> exits;
    Figure smallest;
    for (const auto size : {1.0, 32.0, 128.0}) {
        const Mapping memory(static_cast<std::size_t>(size * mib));
        memory.touch();
        it.rest();
        std::vector<double> calls;
        std::vector<double> children;
        for (int i = 0; i < count; ++i) {
            const auto forked = fork_and_wait([] {});
            calls.push_back(forked.call);
            children.push_back(forked.child);
        }
        const auto call = figure("", "ns", calls, "");
        if (forks.empty()) smallest = call;
        forks.emplace_back(resident_mib(), call.value);
        exits.emplace_back(resident_mib(), figure("", "ns", children, "").value);
    }
    const auto [start, start_slope] = linear_fit(forks);
    const auto [exit, exit_slope] = linear_fit(exits);
    it.add(derived("process_start", "ns", start, smallest,
                   "the fork call, of no resident memory: the line through three sizes"));
    it.add(derived("fork_per_mib", "ns", start_slope, smallest, "the slope of that line"));
    it.add(derived("process_exit", "ns", exit, smallest,
                   "CPU time of a forked child that ends at once, likewise"));
    it.add(derived("exit_per_mib", "ns", exit_slope, smallest, "the slope of that line"));
}

/// Each time after a rest: a virtual machine gives memory that was free for 2 s back to
/// its host, and the first touch then fetches it (page reporting; 2.1 us became 2.5).
void pages(Measurements& it) {
    constexpr std::size_t count = 8'000;
    constexpr auto rest = std::chrono::milliseconds(2'500);
    std::vector<double> touched;
    std::vector<double> copied;
    for (int i = 0; i < 5; ++i) {
        it.rest(rest);
        const Mapping memory(count * page);
        touched.push_back(memory.touch());
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
        fork_and_wait([&] {
            const auto each = memory.touch();
            [[maybe_unused]] const auto written = write(ends[1], &each, sizeof each);
        });
        double each = 0;
        if (read(ends[0], &each, sizeof each) == sizeof each) copied.push_back(each);
        close(ends[0]);
        close(ends[1]);
    }
    it.add(figure("page_touch", "ns", touched, "the first touch of a page, after 2.5 s of rest"));
    it.add(figure("page_copy", "ns", copied, "a forked child's first write to a page, likewise"));
}

void pipes(Measurements& it) {
    constexpr std::size_t block = 65'536;
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
    std::vector<char> bytes(block, 'x');
    std::vector<double> rates;
    for (int i = 0; i < 300; ++i) {
        const auto begin = thread_cpu_ns();
        const auto put = write(ends[1], bytes.data(), block);
        const auto got = read(ends[0], bytes.data(), block);
        const auto took = thread_cpu_ns() - begin - 2 * it.value("syscall");
        if (put == got && put > 0 && took > 0)
            rates.push_back(2 * static_cast<double>(put) / took * 1e9);
    }
    close(ends[0]);
    close(ends[1]);
    it.add(figure("pipe", "B/s", rates, "64 KiB into a pipe and out of it, a system call apart"));
}

void bandwidth(Measurements& it) {
    constexpr std::size_t bytes = std::size_t{64} << 20U;
    for (std::size_t threads = 1; threads <= std::min<std::size_t>(it.cpus.size(), 4); ++threads) {
        std::vector<double> seconds(threads, 0);
        {
            std::vector<std::jthread> all;
            for (std::size_t i = 0; i < threads; ++i)
                all.emplace_back([&, i] {
                    const Pinned pinned(it.cpus[i]);
                    const Mapping memory(bytes);
                    memory.touch();
                    const auto begin = wall_ns();
                    std::uint64_t sum = 0;
                    for (std::size_t at = 0; at < bytes; at += 64)
                        sum += static_cast<unsigned char>(memory.data()[at]);
                    seconds[i] = (wall_ns() - begin) / 1e9 + (sum == 1 ? 1e-12 : 0);
                });
        }
        double rate = 0;
        for (const auto one : seconds) rate += static_cast<double>(bytes) / one;
        it.add({.name = "memory_bandwidth_" + std::to_string(threads),
                .value = rate,
                .unit = "B/s",
                .samples = 1,
                .how = "reading 64 MiB by so many threads"});
    }
}

}  // namespace

void measure_starts(Measurements& it) {
    threads(it);
    processes(it);
    pages(it);
    pipes(it);
    bandwidth(it);
}

}  // namespace interlock::host
