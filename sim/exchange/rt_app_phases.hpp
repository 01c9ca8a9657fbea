#pragma once

// The steps of a program as the phases of a thread of rt-app, which has two levels of
// loops, and events in the inner one.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/workload/program.hpp"

namespace interlock::exchange {

using Json = nlohmann::ordered_json;

/// A field that the object does not have yet, which is not looked for: there may be a million.
inline void append(Json& object, std::string name, Json value) {
    object.get_ref<Json::object_t&>().emplace_back(std::move(name), std::move(value));
}

/// What rt-app cannot say: refused, or left out with a note, which is told once.
class Unsaid {
public:
    explicit Unsaid(std::string file) : file_(std::move(file)) {}

    /// What is refused from now on is of this thread; none: of the whole.
    void set_thread(const std::string& name) { where_ = name.empty() ? "" : name + ": "; }

    [[noreturn]] void refuse(const std::string& message) const;
    void note(const std::string& message);
    std::vector<std::string> take_notes() { return std::move(notes_); }

    /// Rounded, which is noted.
    std::int64_t microseconds(std::int64_t ns);

private:
    std::string file_;
    std::string where_;  ///< "worker: "
    std::vector<std::string> notes_;
    std::set<std::string> told_;
};

struct Phases {
    std::int64_t loop = 1;
    std::vector<Json> list;
};

/// Whose phases they are.
struct PhasesOf {
    std::string thread;
    std::function<std::string(workload::ProgramId)> name_of_forked;
    std::uint32_t instances = 1;
    bool periodic = false;
    bool forked = false;
};

/// Who uses a barrier, as rt-app counts: each place where it stands anew.
struct BarrierUsers {
    std::uint32_t threads = 0;
    bool twice = false;  ///< some of them
};

class PhaseWriter {
public:
    PhaseWriter(const workload::Workload& work, Unsaid& unsaid) : work_(work), unsaid_(unsaid) {}

    Phases phases(const std::vector<workload::Step>& steps, PhasesOf whose);

    const std::map<workload::BarrierId, BarrierUsers>& barriers() const { return barriers_; }

private:
    Json phase(const std::vector<workload::Step>& steps, std::int64_t loop);
    std::optional<Json> waits_with_lock(const std::vector<workload::Step>& steps,
                                        std::size_t at) const;

    void add(const std::string& event, Json value);
    void check_timer(workload::Since since);
    void add_run(const workload::Amount& time, const workload::Footprint& footprint);
    std::int64_t time_of(const workload::Amount& amount) const;
    void check_queue(workload::QueueId id, const std::optional<kernel::Duration>& timeout) const;

    void event(const workload::Compute& step);
    void event(const workload::Nogil& step);
    void event(const workload::Native& step);
    void event(const workload::Sleep& step);
    void event(const workload::Io& step);
    void event(const workload::Acquire& step);
    void event(const workload::Release& step);
    void event(const workload::Wait& step);
    void event(const workload::Notify& step);
    void event(const workload::Put& step);
    void event(const workload::Get& step);
    void event(const workload::Barrier& step);
    void event(const workload::Spawn& step);
    void event(const workload::Yield& step);
    template <typename Kind>
    void event(const Kind& step) const;

    const workload::Workload& work_;
    Unsaid& unsaid_;
    PhasesOf whose_;
    std::optional<workload::Since> timer_;  ///< how the thread's counts
    Json phase_;
    std::map<std::string, std::uint32_t> said_;  ///< how often each event, in the phase
    std::map<workload::BarrierId, BarrierUsers> barriers_;
    std::set<workload::BarrierId> met_;  ///< by the thread
};

}  // namespace interlock::exchange
