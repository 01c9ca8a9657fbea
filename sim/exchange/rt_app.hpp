#pragma once

// Workloads of rt-app (https://github.com/scheduler-tools/rt-app): threads that
// run, sleep, wait for timers and for each other, as a JSON document.
//
//   rt-app                          scenario
//   run, runtime: us                compute
//   sleep: us                       sleep
//   timer: {ref, period, mode}      {sleep: …, since: last}; absolute: since: grid
//   lock, unlock: mutex             acquire, release
//   wait: {ref, mutex}              release, wait, acquire
//   signal, broad: condition        notify, of one or of all
//   sync: {ref, mutex}              notify, release, wait, acquire
//   suspend; resume: thread         wait; notify all, named as the thread
//   sem_wait, sem_post: semaphore   get, put
//   barrier, yield, fork            barrier, yield, spawn
//   mem, memrun: bytes              compute, at 10 GB/s
//   iorun: bytes                    {io: 0us} and compute, likewise
//   phases, loop                    repeat; -1: without end, as many as can be said
//   instance, delay                 count, arrive
//   cpus, policy, priority, dl-…    affinity, nice, sched
//   duration                        a task that sleeps so long; the others are background
//
// What a scenario cannot say is an error; what it says only nearly is a note.
// Phases that differ in `cpus` or scheduling become threads of their own, which
// take turns. The document may have comments and say a key twice, as rt-app's own
// front end (workgen) allows.
//
// Source followed: rt-app's doc/tutorial.txt and src/rt-app_parse_config.c, commit 55cb0c04.

#include <string>
#include <vector>

#include "models/scenario.hpp"

namespace interlock::exchange {

struct Imported {
    std::string scenario;            ///< YAML
    std::vector<std::string> notes;  ///< "file:line:column: what is only nearly so"
};

/// Throws config::Error. `file` names the document in errors.
Imported import_rt_app(const std::string& json, const std::string& file);

struct Exported {
    std::string json;
    std::vector<std::string> notes;  ///< "file: what is left out, or only nearly so"
};

/// The tasks of the first strategy's case, as threads. Throws config::Error where rt-app
/// cannot say what they do.
Exported export_rt_app(const models::Scenario& scenario);

}  // namespace interlock::exchange
