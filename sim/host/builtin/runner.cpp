#include "sim/host/builtin/runner.hpp"

#include <sys/mman.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): nanosleep() is POSIX's
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "sim/host/clocks.hpp"

namespace interlock::host::builtin {

namespace {

constexpr std::int64_t page = 4096;

void sleep_ns(std::int64_t ns) {
    constexpr std::int64_t second = 1'000'000'000;
    timespec left{.tv_sec = ns / second, .tv_nsec = ns % second};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

}  // namespace

Block::Block(std::int64_t bytes)
    : bytes_(bytes),
      start_(static_cast<char*>(mmap(nullptr, static_cast<std::size_t>(bytes),
                                     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (start_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    madvise(start_, static_cast<std::size_t>(bytes_), MADV_NOHUGEPAGE);
    touch(bytes_, true);
}

Block::~Block() {
    if (start_ != nullptr) munmap(start_, static_cast<std::size_t>(bytes_));
}

Block::Block(Block&& other) noexcept
    : bytes_(std::exchange(other.bytes_, 0)), start_(std::exchange(other.start_, nullptr)) {}

Block& Block::operator=(Block&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(start_, other.start_);
    return *this;
}

void Block::touch(std::int64_t bytes, bool write) {
    const auto end = std::min(bytes, bytes_);
    volatile char* const memory = start_;
    for (std::int64_t at = 0; at < end; at += page) {
        const char seen = memory[at];
        if (write) memory[at] = static_cast<char>(seen + 1);
    }
}

/// One thread of an instance: its own, or one that it has spawned.
class Walker {
public:
    Walker(Runner& runner, std::uint32_t instance, std::uint32_t spawned_as, const void* me)
        : runner_(runner), instance_(instance), spawned_as_(spawned_as), me_(me) {}

    void walk(const std::vector<Step>& steps) {
        for (const auto& step : steps) take(step);
    }

private:
    IntervalLock& lock() { return runner_.lock_; }
    Shared& shared() { return *runner_.setup_.shared; }

    std::int64_t drawn(const Step& step) {
        const auto& values =
            runner_.plan().instances[instance_].draws.at(step.place).at(spawned_as_);
        return values[visits_[step.place]++ % values.size()];
    }
    std::int64_t amount(const Step& step) { return step.amount ? *step.amount : drawn(step); }

    std::uint64_t rounds(const Step& step, const char* kind) {
        const auto all = static_cast<double>(amount(step)) * 1e-9 * runner_.setup_.rates.at(kind);
        return static_cast<std::uint64_t>(std::max(0.0, all));
    }

    void take(const Step& step) {
        switch (step.what) {
        case Do::compute: compute(rounds(step, "compute"), [this] { lock().check(me_); }); return;
        case Do::native:
            native(rounds(step, "native"));
            lock().check(me_);  // as bytecode would, behind the call
            return;
        case Do::nogil: {
            const auto count = rounds(step, "nogil");
            const Released released(lock(), me_);
            nogil(count);
            return;
        }
        case Do::sleep: return sleep(amount(step));
        case Do::io: return io(step);
        case Do::yield: return sleep(0);
        case Do::read: sink_ = runner_.objects_[step.object]; return;
        case Do::write: runner_.objects_[step.object] = 1; return;
        case Do::update: ++runner_.objects_[step.object]; return;
        case Do::allocate: runner_.blocks_[step.object] = Block(amount(step)); return;
        case Do::free: runner_.blocks_[step.object] = Block(); return;
        case Do::touch: {
            auto& block = runner_.blocks_[step.object];
            block.touch(step.all ? block.bytes() : amount(step), step.write);
            return;
        }
        case Do::repeat:
            for (std::uint32_t i = 0; i < step.count; ++i) walk(step.steps);
            return;
        case Do::choose: return walk(step.branches[static_cast<std::size_t>(drawn(step))]);
        case Do::mark: return mark(step);
        default: return wait_for_others(step);
        }
    }

    void wait_for_others(const Step& step) {
        switch (step.what) {
        case Do::acquire: return acquire(shared().lock(step.object));
        case Do::release: return shared().lock(step.object).post();
        case Do::put:
            put(step.object, std::max<std::int64_t>(0, amount(step)), step.timeout_ns);
            return;
        case Do::get: get(step.object, step.timeout_ns); return;
        case Do::each: return each(step);
        case Do::barrier: {
            const Released released(lock(), me_);
            pthread_barrier_wait(&shared().barrier(step.object));
            return;
        }
        case Do::wait: {
            const Released released(lock(), me_);
            shared().condition(step.object).wait(step.timeout_ns);
            return;
        }
        case Do::notify: return shared().condition(step.object).notify(step.count);
        case Do::spawn: return spawn(step);
        case Do::join:
            for (auto& child : children_) join_thread(lock(), me_, child);
            children_.clear();
            return;
        default: throw Unable("this step is not known here");
        }
    }

    void sleep(std::int64_t ns) {
        const Released released(lock(), me_);
        sleep_ns(ns);
    }

    void io(const Step& step) {
        const auto each = amount(step) / step.count;
        for (std::uint32_t i = 0; i < step.count; ++i)
            sleep(each > 0 ? std::max<std::int64_t>(0, each - runner_.setup_.slack_ns) : 0);
    }

    /// As Python's: tried under the interpreter lock, waited for without it.
    void acquire(Semaphore& semaphore) {
        if (semaphore.try_wait()) return;
        const Released released(lock(), me_);
        semaphore.wait();
    }

    void put(std::uint32_t queue, std::int64_t item, std::optional<std::int64_t> timeout_ns) {
        auto& it = shared().queue(queue);
        if (it.try_put(item)) return;
        const Released released(lock(), me_);
        it.put(item, timeout_ns);
    }

    std::optional<std::int64_t> get(std::uint32_t queue, std::optional<std::int64_t> timeout_ns) {
        auto& it = shared().queue(queue);
        if (const auto item = it.try_get()) return item;
        const Released released(lock(), me_);
        return it.get(timeout_ns);
    }

    void each(const Step& step) {
        while (*get(step.object, std::nullopt) != Transport::end) walk(step.steps);
        put(step.object, Transport::end, std::nullopt);
    }

    void spawn(const Step& step) {
        for (std::uint32_t i = 0; i < step.count; ++i) {
            const auto number = ++spawned_;
            children_.push_back(start_thread(lock(), me_, [this, &step, number](const void* child) {
                Walker(runner_, instance_, number, child)
                    .walk(runner_.plan().programs[step.object]);
            }));
        }
    }

    void mark(const Step& step) {
        const auto now = runner_.now();
        const std::lock_guard guard(runner_.marking_);
        runner_.marks_.push_back({.instance = instance_, .mark = step.object, .at = now});
    }

    Runner& runner_;
    std::uint32_t instance_;
    std::uint32_t spawned_as_;
    const void* me_;
    std::map<std::uint32_t, std::size_t> visits_;
    std::vector<std::thread> children_;
    std::uint32_t spawned_ = 0;
    volatile std::int64_t sink_ = 0;
};

Runner::Runner(Setup setup)
    : setup_(std::move(setup)), lock_(setup_.plan->switch_interval_ns),
      objects_(setup_.plan->objects, 0), blocks_(setup_.plan->blocks) {
    for (const auto& [block, bytes] : setup_.plan->data) blocks_[block] = Block(bytes);
}

Runner::Runner(Setup setup, std::vector<Block> blocks, std::vector<std::int64_t> objects)
    : setup_(std::move(setup)), lock_(setup_.plan->switch_interval_ns),
      objects_(std::move(objects)), blocks_(std::move(blocks)) {}

double Runner::now() const { return (wall_ns() - setup_.zero_ns) / 1e9; }

void Runner::instance(std::uint32_t number, const void* me) {
    setup_.shared->time(number, false) = now();
    const auto program = plan().task_of(number).program;
    Walker(*this, number, 0, me).walk(plan().programs[program]);
    for (const auto queue : puts_of(plan(), program))
        if (setup_.shared->producer_ended(queue)) {
            auto& it = setup_.shared->queue(queue);
            if (!it.try_put(Transport::end)) {
                const Released released(lock_, me);
                it.put(Transport::end, std::nullopt);
            }
        }
    setup_.shared->time(number, true) = now();
}

std::unique_ptr<Runner> Runner::of_child() {
    return std::make_unique<Runner>(setup_, std::move(blocks_), objects_);
}

void Runner::leave_marks() {
    if (marks_.empty()) return;
    std::ofstream file(std::filesystem::path(setup_.folder) /
                       ("marks-" + std::to_string(getpid())));
    file.precision(12);
    for (const auto& one : marks_) file << one.instance << ' ' << one.mark << ' ' << one.at << '\n';
    marks_.clear();
}

std::vector<Marked> Runner::all_marks() {
    auto all = marks_;
    for (const auto& entry : std::filesystem::directory_iterator(setup_.folder)) {
        if (entry.path().filename().string().rfind("marks-", 0) != 0) continue;
        std::ifstream file(entry.path());
        for (Marked one; file >> one.instance >> one.mark >> one.at;) all.push_back(one);
    }
    return all;
}

std::thread start_thread(IntervalLock& lock, const void* me,
                         std::function<void(const void*)> work) {
    // Both hold it: the child may still be in post() when its starter goes on.
    const auto begun = std::make_shared<Semaphore>();
    begun->open(0);
    std::thread thread([&lock, begun, work = std::move(work)] {
        const char mine = 0;
        lock.take(&mine);
        begun->post();
        work(&mine);
        lock.drop(&mine);
    });
    const Released released(lock, me);
    begun->wait();
    return thread;
}

void join_thread(IntervalLock& lock, const void* me, std::thread& thread) {
    const Released released(lock, me);
    thread.join();
}

}  // namespace interlock::host::builtin
