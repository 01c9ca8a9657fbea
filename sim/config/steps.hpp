#pragma once

// Steps: one mapping each, whose kind is the key that names it.

#include "models/workload/program.hpp"
#include "sim/config/names.hpp"
#include "sim/config/table.hpp"

namespace interlock::config {

/// What the machine states that steps may take of.
struct Stated {
    bool bandwidth = false;  ///< of its memory
    bool cache = false;
    std::optional<std::uint32_t> nodes{};  ///< of its memory; none: it states none
};

/// Reads the programs' steps one after the other and numbers them: the place
/// of a step is its number in the file, whatever it lies within.
class StepReader {
public:
    StepReader(WorkloadNames& names, Stated stated) : names_(&names), stated_(stated) {}

    std::vector<workload::Step> read_list(const Node& node);

    WorkloadNames& names() { return *names_; }
    const Stated& stated() const { return stated_; }
    /// Where each step was written, by its number.
    const std::vector<Place>& places() const { return places_; }

private:
    workload::Step read_step(const Node& node);

    WorkloadNames* names_;
    Stated stated_;
    std::vector<Place> places_;
};

/// A step while it is read: what any of the kinds may say.
struct StepDraft {
    StepReader* reader = nullptr;
    workload::Amount amount = workload::Amount::of(0);  ///< a time, or bytes
    std::optional<workload::Amount> part;               ///< touch: bytes
    std::uint64_t bandwidth = 0;                        ///< of CPU steps
    std::uint64_t working_set = 0;                      ///< likewise
    std::optional<workload::WorkClass> work_class;      ///< likewise; none: by the bandwidth
    workload::MemoryPolicy policy;                      ///< likewise
    std::optional<kernel::Duration> timeout;
    std::optional<std::uint32_t> count;
    bool all = false;  ///< notify: `count: all`
    bool write = false;
    workload::Since since = workload::Since::now;
    std::optional<workload::DeviceUse> device;  ///< io
    std::uint32_t id = 0;                       ///< of what the step names
    std::vector<workload::Step> steps;
    std::vector<workload::Branch> branches;
    double weight = 1;
};

struct StepEntry {
    std::string sentence;
    /// The first is the kind itself, and what stands behind it.
    Table<StepDraft> fields;
    workload::StepKind (*make)(StepDraft&& draft);
    bool bare = false;  ///< `join`: nothing need stand behind it

    const std::string& kind() const { return fields.front().info.name; }
};

const std::vector<StepEntry>& step_table();

/// The classes that siblings slow each other by, by name.
std::span<const Choice<workload::WorkClass>> class_choices();

/// What stands in the mapping behind `io`, `allocate`, `touch`, and in a branch.
const Table<StepDraft>& io_table();
const Table<StepDraft>& allocate_table();
const Table<StepDraft>& touch_table();
const Table<StepDraft>& branch_table();

}  // namespace interlock::config
