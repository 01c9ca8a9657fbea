#include "sim/host/builtin/strategies.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>

#include "sim/host/fail.hpp"

namespace interlock::host::builtin {

namespace {

/// A child that runs `work` under a lock of its own; never returns there.
template <typename Work>
int forked(Runner& runner, Work work) {
    const auto child = fork();
    if (child < 0) fail("fork");
    if (child > 0) return child;
    int status = 0;
    try {
        const auto own = runner.of_child();
        const char me = 0;
        own->lock().take(&me);
        work(*own, &me);
        own->leave_marks();
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        status = 1;
    }
    _exit(status);
}

/// Throws if the child did not end well.
void reap(int child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0)
        throw std::runtime_error("a child ended with status " + std::to_string(status));
}

bool reaped(int child) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) != child) return false;
    if (status != 0)
        throw std::runtime_error("a child ended with status " + std::to_string(status));
    return true;
}

/// The calling thread, which is there for this task alone. Linux keeps both by thread.
void schedule_as(const Task& task) {
    errno = 0;
    if (task.nice != 0 && nice(task.nice) == -1 && errno != 0) fail("nice");
    if (task.affinity.empty()) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const auto cpu : task.affinity) CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fail("sched_setaffinity");
}

std::optional<std::uint32_t> take(Runner& runner, Board& board, const void* me) {
    if (const auto found = board.take_ready()) return found;
    const Released released(runner.lock(), me);
    return board.take();
}

void serial(Runner& runner, Board& board, const void* me) {
    while (const auto number = take(runner, board, me)) {
        runner.instance(*number, me);
        board.end(*number);
    }
}

void thread_each(Runner& runner, Board& board, const void* me) {
    struct Started {
        std::thread thread;
        bool background;
    };
    std::vector<Started> started;
    while (const auto number = take(runner, board, me))
        started.push_back({start_thread(runner.lock(), me,
                                        [&runner, &board, number = *number](const void* child) {
                                            schedule_as(runner.plan().task_of(number));
                                            runner.instance(number, child);
                                            board.end(number);
                                        }),
                           runner.plan().task_of(*number).background});
    for (auto& one : started)
        if (one.background)
            one.thread.detach();  // the program ends without it
        else
            join_thread(runner.lock(), me, one.thread);
}

void threads(Runner& runner, Board& board, const void* me) {
    const auto& plan = runner.plan();
    const auto crew = board.left();
    if (crew <= plan.workers && !plan.ready && !plan.pool) return thread_each(runner, board, me);
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < std::min<std::size_t>(plan.workers, std::max<std::size_t>(crew, 1));
         ++i)
        workers.push_back(start_thread(runner.lock(), me,
                                       [&](const void* child) { serial(runner, board, child); }));
    for (auto& worker : workers) join_thread(runner.lock(), me, worker);
}

void process_each(Runner& runner, Board& board, const void* me) {
    struct Started {
        int process;
        std::uint32_t instance;
        bool running = true;
    };
    std::vector<Started> started;
    while (board.left() > 0) {
        if (const auto number = board.take_ready()) {
            started.push_back({.process = forked(runner,
                                                 [&](Runner& own, const void* child) {
                                                     schedule_as(own.plan().task_of(*number));
                                                     own.instance(*number, child);
                                                 }),
                               .instance = *number});
            continue;
        }
        const Released released(runner.lock(), me);
        usleep(500);
        for (auto& one : started)
            if (one.running && reaped(one.process)) {
                one.running = false;
                board.end(one.instance);
            }
    }
    const Released released(runner.lock(), me);
    for (const auto& one : started)
        if (one.running && !runner.plan().task_of(one.instance).background) reap(one.process);
}

/// Two ends that keep messages apart.
class Channel {
public:
    Channel() {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_.data()) != 0)
            fail("socketpair");
    }
    ~Channel() {
        close_writer();
        close(ends_[1]);
    }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    void close_writer() {
        if (ends_[0] >= 0) close(ends_[0]);
        ends_[0] = -1;
    }
    void write(const std::vector<std::uint32_t>& numbers) const {
        const auto bytes = numbers.size() * sizeof(std::uint32_t);
        while (send(ends_[0], numbers.data(), bytes, MSG_NOSIGNAL) < 0)
            if (errno != EINTR) fail("send");
    }
    /// Empty at the end.
    std::vector<std::uint32_t> read() const {
        std::vector<std::uint32_t> numbers(16'384);
        for (;;) {
            const auto count =
                recv(ends_[1], numbers.data(), numbers.size() * sizeof(std::uint32_t), 0);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail("recv");
            numbers.resize(static_cast<std::size_t>(count) / sizeof(std::uint32_t));
            return numbers;
        }
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

void work_in_pool(Runner& own, const void* me, Channel& tasks, Channel& results) {
    tasks.close_writer();
    for (;;) {
        std::vector<std::uint32_t> chunk;
        {
            const Released released(own.lock(), me);
            chunk = tasks.read();
        }
        if (chunk.empty()) return;
        for (const auto number : chunk) own.instance(number, me);
        const Released released(own.lock(), me);
        results.write(chunk);
    }
}

/// As Pool.map_async: those of one task that are ready, in chunks.
void hand_out(Runner& runner, Board& board, const void* me, const Channel& tasks) {
    const auto& plan = runner.plan();
    const auto crew = static_cast<std::uint32_t>(board.left());
    const auto usual = std::max(1U, (crew + 4 * plan.workers - 1) / (4 * plan.workers));
    while (const auto first = take(runner, board, me)) {
        const auto task = plan.instances[*first].task;
        std::vector<std::uint32_t> group{*first};
        const bool alone = plan.tasks[task].singly && !plan.chunksize;
        while (!alone && board.next_is_of(task)) {
            const auto more = board.take_ready();
            if (!more) break;
            group.push_back(*more);
        }
        const std::size_t size = alone ? 1 : plan.chunksize.value_or(usual);
        for (std::size_t at = 0; at < group.size(); at += size) {
            const auto begin = group.begin() + static_cast<std::ptrdiff_t>(at);
            const auto end =
                at + size < group.size() ? begin + static_cast<std::ptrdiff_t>(size) : group.end();
            const Released released(runner.lock(), me);
            tasks.write({begin, end});
        }
    }
}

void process_pool(Runner& runner, Board& board, const void* me) {
    Channel tasks;
    Channel results;
    const auto crew = board.left();
    std::vector<int> workers;
    for (std::uint32_t i = 0; i < runner.plan().workers; ++i)
        workers.push_back(forked(runner, [&](Runner& own, const void* child) {
            work_in_pool(own, child, tasks, results);
        }));
    auto collector = start_thread(runner.lock(), me, [&](const void* self) {
        for (std::size_t ended = 0; ended < crew;) {
            std::vector<std::uint32_t> numbers;
            {
                const Released released(runner.lock(), self);
                numbers = results.read();
            }
            for (const auto number : numbers) board.end(number);
            ended += numbers.size();
        }
    });
    hand_out(runner, board, me, tasks);
    tasks.close_writer();
    const Released released(runner.lock(), me);
    for (const auto worker : workers) reap(worker);
    collector.join();
}

}  // namespace

std::vector<std::uint32_t> instances_of(const Plan& plan,
                                        const std::optional<std::string>& process) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < plan.instances.size(); ++i)
        if (plan.task_of(i).process == process) all.push_back(i);
    return all;
}

void run_strategy(Runner& runner, Board& board, const void* me) {
    const auto& plan = runner.plan();
    if (plan.kind == "serial") return serial(runner, board, me);
    if (plan.kind == "threads") return threads(runner, board, me);
    if (plan.pool || board.left() > plan.workers) return process_pool(runner, board, me);
    process_each(runner, board, me);
}

void rehearse(Runner& runner, const void* me) {
    const auto& plan = runner.plan();
    constexpr std::size_t most = 16;
    std::vector<std::thread> all(
        std::min<std::size_t>({plan.workers, plan.instances.size(), most}));
    for (auto& one : all) one = start_thread(runner.lock(), me, [](const void*) {});
    for (auto& one : all) join_thread(runner.lock(), me, one);
}

Outsiders::Outsiders(Runner& runner) {
    if (pipe2(over_.data(), O_CLOEXEC) != 0) fail("pipe");
    const auto& plan = runner.plan();
    std::map<std::string, bool> names;
    for (const auto& task : plan.tasks)
        if (task.process) names[*task.process] = names[*task.process] || !task.background;
    for (const auto& [name, awaited] : names)
        all_.push_back({.process = forked(
                            runner,
                            [this, &plan, &name = name](Runner& own, const void* me) {
                                const auto tasks = instances_of(plan, name);
                                Board board(plan, tasks, [&own] { return own.now(); });
                                Shared::rehearse(plan);
                                if (tasks.size() == 1 && !plan.task_of(tasks.front()).background) {
                                    schedule_as(plan.task_of(tasks.front()));
                                    serial(own, board, me);
                                } else {
                                    thread_each(own, board, me);
                                }
                                char over = 0;
                                while (read(over_[0], &over, 1) < 0 && errno == EINTR) {
                                }
                            }),
                        .awaited = awaited});
}

Outsiders::~Outsiders() {
    close(over_[0]);
    close(over_[1]);
}

void Outsiders::join() {
    const std::string each(all_.size(), '.');
    if (write(over_[1], each.data(), each.size()) < 0) fail("write to a pipe");
    for (const auto& one : all_)
        if (one.awaited) reap(one.process);
}

}  // namespace interlock::host::builtin
