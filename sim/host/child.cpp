#include "sim/host/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() and sigset_t are POSIX's
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sim/host/fail.hpp"

namespace interlock::host {

namespace {

using Clock = std::chrono::steady_clock;

sigset_t stops() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

/// Closed when it goes out of scope.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { close(); }

    int number() const { return number_; }
    bool open() const { return number_ >= 0; }
    void close() {
        if (open()) ::close(std::exchange(number_, -1));
    }

private:
    int number_ = -1;
};

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
        reads = Descriptor(ends[0]);
        writes = Descriptor(ends[1]);
    }
    Descriptor reads;
    Descriptor writes;
};

/// Of a control group, by its entrance; an empty one is our own.
bool enter(const char* entrance) {
    if (*entrance == 0) return true;
    const auto file = open(entrance, O_WRONLY | O_CLOEXEC);
    constexpr char me = '0';
    return file >= 0 && write(file, &me, 1) == 1;
}

/// In the child, between fork and exec: only what is safe there.
[[noreturn]] void become(const std::vector<char*>& words, const std::vector<char*>& environment,
                         const char* group, int in, int out, int err, int failure, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto set = stops();
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
    signal(SIGPIPE, SIG_DFL);
    const bool ready = getppid() == parent && dup2(in, STDIN_FILENO) >= 0 &&
                       dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0 &&
                       enter(group);
    if (ready) execve(words.front(), words.data(), environment.data());
    const int error = errno;
    [[maybe_unused]] const auto written = write(failure, &error, sizeof error);
    _exit(127);
}

/// As execve wants them: writable, with a null behind the last.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

std::vector<std::string> environment_of(const Command& command) {
    std::vector<std::string> settings;
    for (const auto& [name, value] : command.environment)
        settings.push_back(fmt::format("{}={}", name, value));
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string setting(*one);
        if (!command.environment.contains(setting.substr(0, setting.find('='))))
            settings.push_back(setting);
    }
    return settings;
}

/// The running child; whatever happens, its group is dead afterwards.
class Group {
public:
    explicit Group(pid_t leader) : leader_(leader) {}
    ~Group() {
        if (leader_ > 0) end();
    }
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    /// Kills what is left of it and gives the wait status of its leader.
    int end() {
        ::kill(-leader_, SIGKILL);
        return wait();
    }
    /// Waits for the leader, then kills what it has left behind.
    int wait() {
        int status = 0;
        while (waitpid(leader_, &status, 0) < 0 && errno == EINTR) {
        }
        ::kill(-leader_, SIGKILL);
        // Its orphans are ours (adopt_orphans): their CPU time counts, and none is left.
        while (waitpid(-leader_, nullptr, 0) > 0 || errno == EINTR) {
        }
        leader_ = 0;
        return status;
    }
    /// Whether the leader has ended; it is not reaped, so that its number stays taken.
    bool ended() const {
        siginfo_t info{};
        return waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid == leader_;
    }

private:
    pid_t leader_;
};

void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

/// Reads what is there; false at the end.
bool drain(const Descriptor& from, std::string& into) {
    std::array<char, 65536> block{};
    const auto count = read(from.number(), block.data(), block.size());
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    into.append(block.data(), static_cast<std::size_t>(count));
    return count > 0;
}

int milliseconds_until(Clock::time_point end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

/// SIGPIPE would end us when the child closes its input early.
class NoSigpipe {
public:
    NoSigpipe() : before_(signal(SIGPIPE, SIG_IGN)) {}
    ~NoSigpipe() { signal(SIGPIPE, before_); }
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;

private:
    void (*before_)(int);
};

/// Talks with the child until it closes its output, or should be ended.
class Talk {
public:
    Talk(const Command& command, Descriptor in, Descriptor out, Descriptor err)
        : command_(command), in_(std::move(in)), out_(std::move(out)), err_(std::move(err)),
          end_(Clock::now() + command.timeout) {
        fcntl(in_.number(), F_SETFL, O_NONBLOCK);
        if (command.input.empty()) in_.close();
    }

    /// Why it must be ended; exited if it closed its output by itself.
    Ending hold(Finished& finished, const Interrupts* interrupts, const Group& group) {
        while (out_.open() || err_.open()) {
            if (interrupts != nullptr) interrupts->check();
            if (Clock::now() >= end_) return Ending::timed_out;
            // A grandchild may hold the pipe open; the leader's end is the end.
            if (group.ended()) {
                last_words(finished);
                return Ending::exited;
            }
            listen(finished, interrupts);
            if (finished.output.size() + finished.errors.size() > command_.output_max)
                return Ending::too_long;
        }
        while (!group.ended()) {
            if (interrupts != nullptr) interrupts->check();
            if (Clock::now() >= end_) return Ending::timed_out;
            poll(nullptr, 0, 1);
        }
        return Ending::exited;
    }

private:
    static constexpr int look_again = 20;  // ms, at whether the leader still lives

    void listen(Finished& finished, const Interrupts* interrupts) {
        std::array<pollfd, 4> places{{
            {.fd = in_.number(), .events = POLLOUT, .revents = 0},
            {.fd = out_.number(), .events = POLLIN, .revents = 0},
            {.fd = err_.number(), .events = POLLIN, .revents = 0},
            {.fd = interrupts != nullptr ? interrupts->descriptor() : -1,
             .events = POLLIN,
             .revents = 0},
        }};
        if (poll(places.data(), places.size(), std::min(look_again, milliseconds_until(end_))) <= 0)
            return;
        if (places[0].revents != 0) feed();
        if (places[1].revents != 0 && !drain(out_, finished.output)) out_.close();
        if (places[2].revents != 0 && !drain(err_, finished.errors)) err_.close();
    }

    void feed() {
        const auto count =
            write(in_.number(), command_.input.data() + fed_, command_.input.size() - fed_);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (count > 0) fed_ += static_cast<std::size_t>(count);
        if (count <= 0 || fed_ == command_.input.size()) in_.close();
    }

    /// What the leader wrote before it ended.
    void last_words(Finished& finished) {
        for (auto* const descriptor : {&out_, &err_}) {
            if (!descriptor->open()) continue;
            fcntl(descriptor->number(), F_SETFL, O_NONBLOCK);
            auto& into = descriptor == &out_ ? finished.output : finished.errors;
            for (auto before = into.size();; before = into.size())
                if (!drain(*descriptor, into) || into.size() == before) break;
        }
    }

    const Command& command_;
    Descriptor in_;
    Descriptor out_;
    Descriptor err_;
    Clock::time_point end_;
    std::size_t fed_ = 0;
};

}  // namespace

Interrupts::Interrupts() {
    const auto set = stops();
    if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0) fail("sigprocmask");
    descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (descriptor_ < 0) fail("signalfd");
}

Interrupts::~Interrupts() {
    // What came is taken, or it would end the program now.
    signalfd_siginfo info{};
    while (read(descriptor_, &info, sizeof info) > 0) {
    }
    close(descriptor_);
    const auto set = stops();
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void Interrupts::check(std::chrono::milliseconds rest) const {
    const auto end = Clock::now() + rest;
    do {
        pollfd place{.fd = descriptor_, .events = POLLIN, .revents = 0};
        if (poll(&place, 1, milliseconds_until(end)) > 0) throw Interrupted();
    } while (Clock::now() < end);
}

std::string Finished::text() const {
    const auto how = [this]() -> std::string {
        switch (ending) {
        case Ending::exited: return fmt::format("exited with {}", status);
        case Ending::killed: return fmt::format("was killed by signal {}", status);
        case Ending::timed_out: return "did not end in time";
        case Ending::too_long: return "wrote without end";
        case Ending::not_started:
            return fmt::format("cannot be started: {}", std::generic_category().message(status));
        }
        return {};
    }();
    auto last = errors;
    while (!last.empty() && (last.back() == '\n' || last.back() == ' ')) last.pop_back();
    if (const auto line = last.rfind('\n'); line != std::string::npos) last.erase(0, line + 1);
    return last.empty() ? how : how + ": " + last;
}

Finished run(const Command& command, const Interrupts* interrupts) {
    auto texts = command.words;
    const auto words = pointers(texts);
    auto settings = environment_of(command);
    const auto environment = pointers(settings);

    Pipe in;
    Pipe out;
    Pipe err;
    Pipe failure;
    const NoSigpipe no_sigpipe;
    adopt_orphans();
    const auto parent = getpid();
    const auto leader = fork();
    if (leader < 0) fail("fork");
    if (leader == 0)
        become(words, environment, command.group.c_str(), in.reads.number(), out.writes.number(),
               err.writes.number(), failure.writes.number(), parent);
    setpgid(leader, leader);  // by both, so that neither runs ahead of it
    Group group(leader);
    in.reads.close();
    out.writes.close();
    err.writes.close();
    failure.writes.close();

    Finished finished;
    int error = 0;
    if (read(failure.reads.number(), &error, sizeof error) > 0) {
        group.wait();
        finished.status = error;
        return finished;
    }
    Talk talk(command, std::move(in.writes), std::move(out.reads), std::move(err.reads));
    finished.ending = talk.hold(finished, interrupts, group);
    const auto status = finished.ending == Ending::exited ? group.wait() : group.end();
    if (finished.ending != Ending::exited) return finished;
    if (WIFSIGNALED(status)) finished.ending = Ending::killed;
    finished.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return finished;
}

}  // namespace interlock::host
