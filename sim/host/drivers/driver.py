"""Runs a plan of Interlock for real, in the interpreter that runs this file.

    python driver.py REQUEST.json        the answer is one JSON document on standard output

Requests: {"mode": "identify"}; {"mode": "calibrate", "seconds": 1.0};
{"mode": "run", "plan": {...}, "slack_ns": 60000}. The plan's form is told in sim/host/plan.hpp.
The speed of the loops is measured right before the run, and once more after it. Written for
CPython 2.7 and 3.6 and later, and PyPy: no f-strings, nothing newer.

What stands for what:
    compute     a loop of bytecode, calibrated in CPU time
    nogil       hashlib.pbkdf2_hmac, one call, the lock released throughout (2.7, and
                without OpenSSL: zlib.compress, a call a MiB)
    native      sum(repeat(1, n)), one call, the lock held throughout
    sleep, io   time.sleep; of io the measured slack of the timer is taken off
    bytes_in, bytes_out
                pickled and sent: bytes for an array, a list of small dicts for objects
    allocate    a list of objects of a page each; to touch it is to look at each, which writes
                its reference count
"""

from __future__ import print_function

import gc
import hashlib
import itertools
import json
import os
import resource
import socket
import struct
import sys
import threading
import time
import zlib

PY2 = sys.version_info[0] == 2
PYPY = hasattr(sys, "pypy_version_info")  # a run is over before it has compiled what it does seldom
PAGE = 4096
clock = time.time if PY2 else time.perf_counter  # one clock for all processes of a host


class Unable(Exception):
    """This interpreter cannot run the plan; the text says which step and why."""


# Work, by number of rounds.


def compute(rounds):
    """Not an empty loop: those were up to 30 % faster in other threads than in the main one
    with 3.11, as their one store and load for each instruction meets the stack or not."""
    value = 0
    for _ in itertools.repeat(None, rounds):
        value = (value * 3 + 1) & 1023


# What a round of compute() counts towards the lock's check interval. Python 2: five opcodes, the
# others go on to the next without a look at the counter. PyPy: a compiled loop of fewer than 64
# operations counts 1 a turn, where a bytecode counts 100.
if PY2:
    POINTS = 5
elif PYPY:
    POINTS = 0.01
else:
    POINTS = None  # these locks ask by the clock


def nogil(rounds):
    hashlib.pbkdf2_hmac("sha256", b"interlock", b"salt", rounds)


try:
    import _hashlib  # noqa: F401
    RELEASES = not PY2
except ImportError:
    RELEASES = False

if not RELEASES:  # pbkdf2_hmac holds the lock in Python 2, and in one built without OpenSSL
    BLOCK = bytes(bytearray(1 << 20))

    def nogil(rounds):
        while rounds > 0:
            zlib.compress(BLOCK[:128 * rounds], 1)  # a slice of all is no copy
            rounds -= len(BLOCK) // 128


def native(rounds):
    sum(itertools.repeat(1, rounds))


WORK = {"compute": compute, "nogil": nogil, "native": native}


def clock_of_python_2(number):
    """Python 2 has no clock_gettime, and Linux's getrusage goes on by ticks."""
    import ctypes
    library = ctypes.PyDLL(None)  # keeps the interpreter lock
    timespec = ctypes.c_long * 2

    def read():
        now = timespec()
        library.clock_gettime(number, now)
        return now[0] + now[1] * 1e-9

    return read


def affinity_by_library():
    """Python 2 and PyPy have no sched_setaffinity; a mask of 1024 CPUs is Linux's usual."""
    import ctypes
    library = ctypes.CDLL(None)
    size = 128

    def get():
        mask = (ctypes.c_ubyte * size)()
        library.sched_getaffinity(0, size, mask)
        return [8 * i + bit for i in range(size) for bit in range(8) if mask[i] >> bit & 1]

    def put(cpus):
        mask = (ctypes.c_ubyte * size)()
        for cpu in cpus:
            mask[cpu // 8] |= 1 << cpu % 8
        library.sched_setaffinity(0, size, mask)

    return get, put


def affinity():
    """How to get the CPUs on which the calling thread may run, and how to put others."""
    if hasattr(os, "sched_setaffinity"):
        return (lambda: os.sched_getaffinity(0)), (lambda cpus: os.sched_setaffinity(0, cpus))
    return affinity_by_library()


def cpu_seconds():
    return time.process_time()


def thread_seconds():
    """CPU time of this thread alone: threads of the plan may still run in the background."""
    return time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)


if PY2:
    cpu_seconds = clock_of_python_2(2)  # CLOCK_PROCESS_CPUTIME_ID of Linux
    thread_seconds = clock_of_python_2(3)  # CLOCK_THREAD_CPUTIME_ID


def rate_of(work, seconds, piece=0.004):
    """Rounds in a second of CPU time: the median of pieces of several milliseconds."""
    rounds = 100
    while True:
        before = thread_seconds()
        work(rounds)
        spent = thread_seconds() - before
        if spent >= piece / 2:
            break
        rounds *= 2
    rounds = max(1, int(rounds * piece / spent))
    found = []
    end = clock() + seconds
    while not found or clock() < end:
        before = thread_seconds()
        work(rounds)
        found.append(rounds / max(thread_seconds() - before, 1e-9))
    found.sort()
    return found[len(found) // 2]


def kinds_of_steps(plan):
    kinds = set()

    def walk(steps):
        for step in steps:
            kinds.add(step["do"])
            walk(step.get("steps", ()))
            for branch in step.get("branches", ()):
                walk(branch)

    for steps in plan["programs"]:
        walk(steps)
    return kinds


def kinds_of_work(plan):
    """Of the plan's programs, in order of name."""
    return sorted(kinds_of_steps(plan) & set(WORK))


def rates_of(plan, seconds):
    return dict((kind, rate_of(WORK[kind], seconds)) for kind in kinds_of_work(plan))


def rates_at_end(plan, before):
    """Beside threads that still compute, Python 2 spends CPU time of each on the lock: there the
    rates cannot be checked."""
    if PY2 and any(task["background"] for task in plan["tasks"]):
        return before
    return rates_of(plan, 0.012)


def overlap(work, rate):
    """How much faster two threads do it than one: 2 if the lock is released, 1 if it is held."""
    rounds = max(1, int(rate * 0.05))
    best = 0.0
    for _ in range(3):
        before = clock()
        work(rounds)
        alone = clock() - before
        threads = [threading.Thread(target=work, args=(rounds,)) for _ in range(2)]
        before = clock()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        best = max(best, 2 * alone / (clock() - before))
    return best


def identify():
    implementation = "pypy" if PYPY else "cpython"
    enabled = getattr(sys, "_is_gil_enabled", None)
    version = getattr(sys, "pypy_version_info", sys.version_info)
    return {
        "driver": 1,
        "implementation": implementation,
        "version": ".".join(str(part) for part in version[:3]),
        "free_threaded": enabled is not None and not enabled(),
        "switch_interval_ns": None if PY2 else int(round(sys.getswitchinterval() * 1e9)),
        "executable": sys.executable,
    }


def nothing(*_):
    pass


class Sampled(object):
    """Figures by name: the median of samples and half the range of their middle half."""

    def __init__(self):
        self.figures = {}

    def add(self, name, samples, unit="ns"):
        samples = sorted(samples)
        middle = samples[len(samples) // 2]
        reach = samples[len(samples) * 3 // 4] - samples[len(samples) // 4]
        self.figures[name] = {"value": middle, "unit": unit, "samples": len(samples),
                              "spread": reach / 2.0 / middle if middle > 0 else 0.0}


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of(call, times):
    """Of this process alone, in ns a call."""
    before = cpu_seconds()
    for _ in itertools.repeat(None, times):
        call()
    return (cpu_seconds() - before) * 1e9 / times


def start_and_join(make):
    """CPU seconds of us and of our child, and the time that passed."""
    cpu, ended, begin = cpu_seconds(), children_cpu(), clock()
    it = make()
    it.start()
    it.join()
    return cpu_seconds() - cpu, children_cpu() - ended, clock() - begin


class Told(object):
    """The event by which a thread says that it runs; the CPU time that it had used by then."""

    def __init__(self, event):
        self.event, self.used = event, 0.0

    def set(self):
        self.used = time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
        self.event.set()

    def __getattr__(self, name):
        return getattr(self.event, name)


def measure_threads(found):
    times = 10 if PYPY else 200
    found.add("thread_life_cpu", [
        1e9 * start_and_join(lambda: threading.Thread(target=nothing))[0] for _ in range(times)])
    if PY2 or not hasattr(threading.Thread(), "_started"):
        return
    begins = []
    for _ in itertools.repeat(None, times):
        it = threading.Thread(target=nothing)
        it._started = Told(it._started)
        it.start()
        it.join()
        begins.append(1e9 * it._started.used)
    found.add("thread_begin_cpu", begins)


def measure_interpreters(found):
    """CPU time of its thread, with the modules that a program of ours imports."""
    if not can_have_interpreters():
        return
    samples = []
    for _ in range(7):
        begin = time.thread_time()
        interpreter = Interpreter()
        made = time.thread_time()
        interpreter.close()
        samples.append((made - begin, time.thread_time() - made))
    found.add("interpreter_start_cpu", [1e9 * start for start, _ in samples[1:]])
    found.add("interpreter_end_cpu", [1e9 * end for _, end in samples[1:]])


def measure_starts(found, method, times, deadline):
    import multiprocessing
    context = multiprocessing if PY2 else multiprocessing.get_context(method)
    samples = []
    for i in range(times):
        samples.append(start_and_join(lambda: context.Process(target=nothing)))
        if i > 1 and clock() > deadline:
            break
    rest = samples[1:]  # the first brings up the fork server, and imports
    found.add(method + "_parent_cpu", [1e9 * one[0] for one in rest])
    found.add(method + "_child_cpu", [1e9 * one[1] for one in rest])
    found.add(method + "_life", [1e9 * one[2] for one in rest])


def measure_forks(found):
    """First of all, while the process is as small as that of a run: a fork copies page tables."""
    with open("/proc/self/status") as file:
        own = [int(line.split()[1]) for line in file if line.startswith("RssAnon:")]
    found.add("memory", [1024 * own[0]], "B")
    measure_starts(found, "fork", 5 if PYPY else 16, float("inf"))


def measure_cold(found):
    """What bytecode takes longer right after it moved to another CPU. So does that of a holder of
    the lock that takes over from another CPU."""
    get, run_on = affinity()
    cpus = sorted(get())
    if len(cpus) < 2:
        return
    compute(1000)
    samples = []
    for turn in range(400):
        run_on([cpus[turn % 2]])
        begin = clock()
        compute(20)
        middle = clock()
        compute(20)
        samples.append(1e9 * (2 * middle - begin - clock()))
    run_on(cpus)
    found.add("cold_holder", samples)


def measure_queues(found):
    if PY2:
        import Queue as queue
    else:
        import queue
    inside = queue.Queue()

    def through():
        inside.put(1)
        inside.get()

    found.add("queue_use_cpu", [cpu_of(through, 10 if PYPY else 500) / 2 for _ in range(15)])
    import multiprocessing
    between = multiprocessing.Queue()

    def across():
        between.put(1)
        between.get()

    across()
    found.add("message_cpu", [cpu_of(across, 5 if PYPY else 100) for _ in range(15)])
    between.close()
    measure_pool(found, multiprocessing)


def measure_pool(found, multiprocessing):
    """A round of multiprocessing.Pool's worker handler, as of 3.8."""
    if PY2:
        return
    from multiprocessing.connection import wait
    readers = [multiprocessing.Pipe(False)[0] for _ in range(4)]  # two workers, results, news
    news = multiprocessing.SimpleQueue()

    def around():
        wait(readers, 0)
        news.empty()

    found.add("pool_watch_cpu", [cpu_of(around, 100) for _ in range(15)])


def drain(reader, count):
    for _ in range(count):
        reader.recv()


def feed(writer, data, count):
    for _ in range(count):
        writer.send(data)


def measure_pickling(found):
    """As items go between processes: pickled by a thread into a pipe, unpickled in a child.
    Alone in one thread that needs no fresh memory it takes half as long."""
    import multiprocessing
    import pickle
    context = multiprocessing if PY2 else multiprocessing.get_context("fork")

    def across(data, count):
        reader, writer = context.Pipe(False)
        process = context.Process(target=drain, args=(reader, count))
        cpu, ended = cpu_seconds(), children_cpu()
        process.start()
        thread = start_daemon(feed, (writer, data, count))
        thread.join()
        process.join()
        return cpu_seconds() - cpu + children_cpu() - ended

    count = 4
    for name, data in (("array", bytes(bytearray(4 << 20))), ("objects", records(1 << 20))):
        size = len(pickle.dumps(data, -1))
        empty = sorted(across(data, 0) for _ in range(5))[2]
        each = [max(across(data, count) - empty, 1e-9) / count for _ in range(5)]
        found.add("pickle_" + name, [2.0 * size / one for one in each], "B/s")


def measure_loop(found):
    if sys.version_info < (3, 7):
        return
    import driver_asyncio
    names = ("loop_start_cpu", "loop_event_cpu", "loop_cold_event_cpu")
    for name, samples in zip(names, driver_asyncio.measure(cpu_seconds)):
        found.add(name, [1e9 * one for one in samples])


def calibrate(request):
    begin = clock()
    each = request["seconds"] / 8.0
    rates = dict((name, rate_of(WORK[name], each)) for name in sorted(WORK))
    found = Sampled()
    measure_forks(found)
    measure_threads(found)
    measure_cold(found)
    measure_queues(found)
    measure_loop(found)
    measure_pickling(found)
    measure_interpreters(found)
    for method in () if PY2 else ("spawn", "forkserver"):
        measure_starts(found, method, 5, begin + request["seconds"])
    value = itertools.count().__next__ if not PY2 else itertools.count().next
    found.add("call_cpu", [cpu_of(value, 2000) for _ in range(15)])
    if POINTS:
        found.add("check_spacing", [1e9 / rates["compute"] / POINTS])
    answer = identify()
    answer["rates"] = rates
    answer["overlap"] = {"nogil": overlap(nogil, rates["nogil"])}
    answer["figures"] = found.figures
    return answer


class Full(Exception):
    pass


class Empty(Exception):
    pass


class SocketQueue(object):
    """A pair of connected sockets: an item is one send and one recv, its end an empty one."""

    PIECE = 65536

    def __init__(self):
        self.ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def put(self, item, block=True, timeout=None):
        if timeout is not None:  # to set it would let go of the interpreter's lock
            self.ends[0].settimeout(timeout)
        try:
            self.ends[0].send(b"" if item is None else item[:self.PIECE])
        except socket.timeout:
            raise Full()

    def get(self, block=True, timeout=None):
        if timeout is not None:
            self.ends[1].settimeout(timeout)
        try:
            return self.ends[1].recv(self.PIECE) or None
        except socket.timeout:
            raise Empty()


# The plan's shared things: of one process, or of several.


class Shared(object):
    """Locks, queues, barriers and conditions, for threads or (`context`) for processes."""

    def __init__(self, plan, context):
        self.across = context is not None
        made_by = context if self.across else threading
        count = len(plan["instances"])
        self.locks = [made_by.Lock() for _ in range(plan["locks"])]
        self.conditions = [made_by.Condition() for _ in range(plan["conditions"])]
        if plan["barriers"] and not hasattr(made_by, "Barrier"):
            raise Unable("barrier: this version of Python has none")
        self.barriers = [made_by.Barrier(parties) for parties in plan["barriers"]]
        self.queues = [self._queue(one, context) for one in plan["queues"]]
        self.producers = [one["producers"] for one in plan["queues"]]
        self.times = [0.0] * (2 * count)
        if self.across:
            self.producers = context.Array("l", self.producers)
            self.times = context.RawArray("d", 2 * count)
        self.ending = made_by.Lock()

    @staticmethod
    def _queue(one, context):
        over = one["over"]
        if over == "socket":
            if one["capacity"] is not None:
                raise Unable("put: a socket has a capacity of its own")
            return SocketQueue()
        if context is not None:
            return context.Queue(one["capacity"] or 0)
        if over == "pipe":
            raise Unable("put: Python has no queue over a pipe within a process")
        if PY2:
            import Queue as queue
        else:
            import queue
        return queue.Queue(one["capacity"] or 0)

    def producer_ended(self, queue):
        """The last of them puts the end, which each consumer passes on."""
        with self.ending:
            self.producers[queue] -= 1
            last = self.producers[queue] == 0
        if last:
            self.queues[queue].put(None)


def puts_into(plan, steps, queues):
    for step in steps:
        if step["do"] == "put":
            queues.add(step["object"])
        if step["do"] == "spawn":
            puts_into(plan, plan["programs"][step["program"]], queues)
        puts_into(plan, step.get("steps", ()), queues)
        for branch in step.get("branches", ()):
            puts_into(plan, branch, queues)
    return queues


class Runner(object):
    """Runs instances of the plan's tasks; one of a process, forked along with it."""

    def __init__(self, request, shared, zero):
        self.plan = request["plan"]
        self.rates = request["rates"]
        self.slack = request["slack_ns"] * 1e-9
        self.shared = shared
        self.zero = zero
        self.objects = [0] * self.plan["objects"]
        self.blocks = [None] * self.plan["blocks"]
        self.marks = []
        self.items = {}
        self.payloads = {}
        self.puts = [sorted(puts_into(self.plan, steps, set())) for steps in self.plan["programs"]]
        for one in self.plan["data"]:
            self.blocks[one["block"]] = pages(one["bytes"])
        if self.plan["strategy"]["start"] == "fork":  # others would pickle all of it
            self.prepare()

    def prepare(self):
        """Makes what is sent before the clock runs; drawn sizes are made as they come."""
        def walk(steps):
            for step in steps:
                if step["do"] == "put" and step.get("bytes") is not None:
                    self.item(step, step["bytes"])
                walk(step.get("steps", ()))
                for branch in step.get("branches", ()):
                    walk(branch)

        for steps in self.plan["programs"]:
            walk(steps)
        for number in range(len(self.plan["instances"])):
            self.payload(number, "bytes_in")
            self.payload(number, "bytes_out")

    def item(self, step, size):
        """Made once for each size: to make it is not what is measured."""
        raw = self.plan["queues"][step["object"]]["over"] == "socket"
        if (raw, size) not in self.items:
            self.items[raw, size] = b"x" * max(1, size) if raw else records(size)
        return self.items[raw, size]

    def payload(self, number, name):
        """What goes with a task, or comes back; made once, like an item."""
        one = self.plan["instances"][number][name]
        if one is None or one["as"] == "shared":
            return None
        key = (one["as"], one["bytes"])
        if key not in self.payloads:
            make = records if one["as"] == "objects" else bytearray
            self.payloads[key] = make(one["bytes"])
            if one["as"] == "array":
                self.payloads[key] = bytes(self.payloads[key])
        return self.payloads[key]

    def leave_marks(self):
        """Of another process than the main one: for it to find when all is over."""
        if self.marks:
            with open(os.path.join(scratch(), "marks-%d" % os.getpid()), "a") as file:
                for mark in self.marks:
                    file.write(json.dumps(mark) + "\n")
            del self.marks[:]

    def all_marks(self):
        found = list(self.marks)
        for name in sorted(os.listdir(scratch())):
            if name.startswith("marks-"):
                with open(os.path.join(scratch(), name)) as file:
                    found.extend(json.loads(line) for line in file)
        return found

    def instance(self, number):
        self.shared.times[2 * number] = clock() - self.zero
        one = self.plan["instances"][number]
        program = self.plan["tasks"][one["task"]]["program"]
        Thread(self, number, one["draws"], 0).steps(self.plan["programs"][program])
        for queue in self.puts[program]:
            self.shared.producer_ended(queue)
        self.shared.times[2 * number + 1] = clock() - self.zero


def scratch():
    """The folder of this run, in which our caller has put the request."""
    return os.path.dirname(os.path.abspath(sys.argv[1]))


def records(size):
    """A list of small objects that pickle to about so many bytes."""
    return [{"number": i, "name": "item %d" % i, "share": i / 7.0}
            for i in range(max(1, size // 36))]


def pages(size):
    return [bytes(bytearray(PAGE - 64)) for _ in range((size + PAGE - 1) // PAGE)]


class Thread(object):
    """One thread of an instance: its own, or one that it has spawned."""

    def __init__(self, runner, number, draws, spawned_as):
        self.runner = runner
        self.number = number
        self.draws = draws
        self.spawned_as = spawned_as
        self.visits = {}
        self.children = []
        self.spawned = 0

    def steps(self, steps):
        for step in steps:
            getattr(self, "do_" + step["do"])(step)

    def drawn(self, step):
        place = step["place"]
        visit = self.visits.get(place, 0)
        self.visits[place] = visit + 1
        values = self.draws[str(place)][self.spawned_as]
        return values[visit % len(values)]

    def ns(self, step):
        constant = step.get("ns")
        return self.drawn(step) if constant is None else constant

    def bytes(self, step):
        constant = step.get("bytes")
        return self.drawn(step) if constant is None else constant

    def work(self, step):
        rounds = int(self.ns(step) * 1e-9 * self.runner.rates[step["do"]])
        if rounds > 0:
            WORK[step["do"]](rounds)

    do_compute = do_nogil = do_native = work

    def do_sleep(self, step):
        time.sleep(self.ns(step) * 1e-9)

    def do_io(self, step):
        calls = step["calls"]
        each = self.ns(step) * 1e-9 / calls
        for _ in range(calls):
            time.sleep(max(0.0, each - self.runner.slack) if each > 0 else 0.0)

    def do_acquire(self, step):
        self.runner.shared.locks[step["object"]].acquire()

    def do_release(self, step):
        self.runner.shared.locks[step["object"]].release()

    def timeout(self, step):
        return None if step["timeout_ns"] is None else step["timeout_ns"] * 1e-9

    def do_put(self, step):
        try:
            item = self.runner.item(step, self.bytes(step))
            self.runner.shared.queues[step["object"]].put(item, True, self.timeout(step))
        except Exception as error:
            if type(error).__name__ != "Full":
                raise

    def do_get(self, step):
        try:
            self.runner.shared.queues[step["object"]].get(True, self.timeout(step))
        except Exception as error:
            if type(error).__name__ != "Empty":
                raise

    def do_each(self, step):
        queue = self.runner.shared.queues[step["object"]]
        while True:
            if queue.get() is None:
                queue.put(None)
                return
            self.steps(step["steps"])

    def do_barrier(self, step):
        self.runner.shared.barriers[step["object"]].wait()

    def do_wait(self, step):
        condition = self.runner.shared.conditions[step["object"]]
        with condition:
            condition.wait(self.timeout(step))

    def do_notify(self, step):
        condition = self.runner.shared.conditions[step["object"]]
        with condition:
            if step["count"] is None:
                condition.notify_all()
            else:
                condition.notify(step["count"])

    def do_spawn(self, step):
        steps = self.runner.plan["programs"][step["program"]]
        for _ in range(step["count"]):
            self.spawned += 1
            child = Thread(self.runner, self.number, self.draws, self.spawned)
            thread = threading.Thread(target=child.steps, args=(steps,))
            self.children.append(thread)
            thread.start()

    def do_join(self, step):
        for thread in self.children:
            thread.join()
        del self.children[:]

    def do_yield(self, step):
        time.sleep(0)

    def do_read(self, step):
        return self.runner.objects[step["object"]]

    def do_write(self, step):
        self.runner.objects[step["object"]] = 1

    def do_update(self, step):
        self.runner.objects[step["object"]] += 1

    def do_allocate(self, step):
        self.runner.blocks[step["object"]] = pages(self.bytes(step))

    def do_touch(self, step):
        block = self.runner.blocks[step["object"]]
        count = len(block) if step["all"] else min(len(block), -(-self.bytes(step) // PAGE))
        for _ in itertools.islice(block, count):
            pass

    def do_free(self, step):
        self.runner.blocks[step["object"]] = None

    def do_repeat(self, step):
        for _ in range(step["count"]):
            self.steps(step["steps"])

    def do_choose(self, step):
        self.steps(step["branches"][self.drawn(step)])

    def do_mark(self, step):
        self.runner.marks.append((self.number, step["object"], clock() - self.runner.zero))


class Board(object):
    """Which tasks are ready: they have arrived, and those that they come after have ended."""

    def __init__(self, plan, zero):
        self.plan = plan
        self.zero = zero
        self.changed = threading.Condition()
        self.left = [i for i in range(len(plan["instances"])) if not plan_process(plan, i)]
        self.ended = set()

    def ready(self, number):
        one = self.plan["instances"][number]
        for after in self.plan["tasks"][one["task"]]["after"]:
            for i, other in enumerate(self.plan["instances"]):
                if other["task"] != after["task"] or i in self.ended:
                    continue
                if not after["each"] or other["number"] == one["number"]:
                    return False
        return True

    def look(self):
        """The next in file order, or for how long none will be; neither: until another ends."""
        now = clock() - self.zero
        soonest = None
        for number in self.left:
            arrival = self.plan["instances"][number]["arrival_ns"] * 1e-9
            if not self.ready(number):
                continue
            if arrival <= now:
                self.left.remove(number)
                return number, None
            soonest = arrival if soonest is None else min(soonest, arrival)
        return None, None if soonest is None else soonest - now

    def take(self, block=True):
        """The next in file order; None if none will come (or, not blocking, none is ready)."""
        with self.changed:
            while self.left:
                number, soonest = self.look()
                if number is not None and not self.left:
                    self.changed.notify_all()
                if number is not None or not block:
                    return number
                self.changed.wait(soonest)
            return None

    def end(self, number):
        with self.changed:
            self.ended.add(number)
            self.changed.notify_all()


def plan_process(plan, number):
    return plan["tasks"][plan["instances"][number]["task"]]["process"]


def background(plan, number):
    return plan["tasks"][plan["instances"][number]["task"]]["background"]


# The strategies.


def run_and_end(runner, board, number):
    runner.instance(number)
    board.end(number)


def schedule_as(plan, number):
    """The calling thread, which is there for this task alone. Linux keeps both by thread."""
    task = plan["tasks"][plan["instances"][number]["task"]]
    if task["nice"] != 0:
        os.nice(task["nice"])
    if task["affinity"]:
        affinity()[1](task["affinity"])


def run_alone(runner, board, number):
    schedule_as(runner.plan, number)
    run_and_end(runner, board, number)


def start_daemon(target, arguments):
    """As Python starts one; it does not hold up our end."""
    thread = threading.Thread(target=target, args=arguments)
    thread.daemon = True
    thread.start()
    return thread


def serial(runner, board, strategy):
    while True:
        number = board.take()
        if number is None:
            return
        run_and_end(runner, board, number)


def threads(runner, board, strategy):
    crew = len(board.left)
    if strategy["pool"]:
        return thread_pool(runner, board, strategy)
    if crew <= strategy["workers"] and not strategy["ready"]:
        started = []
        while True:
            number = board.take()
            if number is None:
                break
            thread = start_daemon(run_alone, (runner, board, number))
            if not background(runner.plan, number):
                started.append(thread)
    else:
        started = [start_daemon(serial, (runner, board, strategy))
                   for _ in range(min(strategy["workers"], max(crew, 1)))]
    for thread in started:
        thread.join()


def thread_pool(runner, board, strategy):
    try:
        from concurrent.futures import ThreadPoolExecutor
    except ImportError:
        raise Unable("pool: this version of Python has no executor")
    with ThreadPoolExecutor(max_workers=strategy["workers"]) as executor:
        while True:
            number = board.take()
            if number is None:
                return
            executor.submit(run_and_end, runner, board, number)


RUNNER = None  # of a pool's worker, by its initializer


def keep_runner(runner):
    global RUNNER
    RUNNER = runner


def run_in_worker(call):
    number, _ = call
    RUNNER.instance(number)
    RUNNER.leave_marks()
    return number, RUNNER.payload(number, "bytes_out")


def run_in_child(runner, number, _, results):
    schedule_as(runner.plan, number)
    runner.instance(number)
    runner.leave_marks()
    if results is not None:
        results.send(runner.payload(number, "bytes_out"))


def processes(runner, board, strategy, context):
    plan = runner.plan
    crew = len(board.left)
    if strategy["pool"] or crew > strategy["workers"]:
        return process_pool(runner, board, strategy, context)
    started = []
    while board.left:
        number = board.take(block=False)
        if number is not None:
            results, there = None, None
            if plan["instances"][number]["bytes_out"] is not None:
                results, there = context.Pipe(False)
            process = context.Process(target=run_in_child, args=(
                runner, number, runner.payload(number, "bytes_in"), there))
            process.daemon = True
            process.start()
            started.append((number, process, results))
            continue
        alive = [(i, process) for i, process, _ in started if i not in board.ended]
        for i, process in alive:
            process.join(0.0005)
            if not process.is_alive():
                board.end(i)
    for number, process, results in started:
        if not background(plan, number):
            if results is not None:
                results.recv()
            process.join()
            if process.exitcode != 0:
                raise RuntimeError("a child of task %d exited with %s" % (number, process.exitcode))


def process_pool(runner, board, strategy, context):
    plan = runner.plan
    crew = len(board.left)
    pool = context.Pool(strategy["workers"], keep_runner, (runner,))
    usual = -(-crew // (4 * strategy["workers"]))
    failed = []

    def ended(results):
        for number, _ in results if isinstance(results, list) else [results]:
            board.end(number)

    def call(number):
        return number, runner.payload(number, "bytes_in")

    keywords = {"callback": ended}
    if not PY2:
        keywords["error_callback"] = failed.append
    while True:
        first = board.take()
        if first is None:
            break
        task = plan["instances"][first]["task"]
        if plan["tasks"][task]["singly"] and strategy["chunksize"] is None:
            pool.apply_async(run_in_worker, (call(first),), **keywords)
            continue
        group = [call(first)]
        while True:
            with board.changed:
                more = board.left and plan["instances"][board.left[0]]["task"] == task
            number = board.take(block=False) if more else None
            if number is None:
                break
            group.append(call(number))
        pool.map_async(run_in_worker, group, strategy["chunksize"] or usual, **keywords)
    pool.close()
    pool.join()
    if failed:
        raise failed[0]


# Interpreters with a lock each, in one process.


LOAD_DRIVER = """
import importlib.util, sys
sys.argv = ["", request]
spec = importlib.util.spec_from_file_location("driver", path)
driver = importlib.util.module_from_spec(spec)
spec.loader.exec_module(driver)
"""


class Interpreter(object):
    """A sub-interpreter with a lock of its own; made and used by one thread."""

    def __init__(self):
        try:
            import _interpreters as module  # from 3.13
        except ImportError:
            import _xxsubinterpreters as module
        self.module = module
        older = not hasattr(module, "exec")
        self.number = module.create() if older else module.create("isolated")
        self.call = module.run_string if older else getattr(module, "exec")  # a keyword of Python 2
        self.run(LOAD_DRIVER, path=os.path.abspath(__file__), request=sys.argv[1])

    def run(self, code, **given):
        failed = self.call(self.number, code, given)
        if failed is not None:
            raise RuntimeError("in its interpreter: %s" % failed.formatted)

    def close(self):
        self.module.destroy(self.number)


def can_have_interpreters():
    return sys.version_info >= (3, 12) and not PYPY


class Times(object):
    """When tasks began and ended, of all interpreters, in a file; nothing else is shared."""

    def __init__(self, plan):
        self.path = os.path.join(scratch(), "times")
        self.count = 2 * len(plan["instances"])
        for name in ("locks", "conditions", "barriers", "queues", "objects"):
            if plan[name]:
                raise Unable("%s: interpreters of one process share none here" % name)
        for number, one in enumerate(plan["instances"]):
            if one["bytes_in"] is not None or one["bytes_out"] is not None:
                raise Unable("bytes_in, bytes_out: nothing goes between interpreters here")
            if background(plan, number):
                raise Unable("background: interpreters are ended when their tasks are")

    def __setitem__(self, place, time):
        file = os.open(self.path, os.O_RDWR | os.O_CREAT)
        os.pwrite(file, struct.pack("d", time), 8 * place)
        os.close(file)

    def all(self):
        with open(self.path, "rb") as file:
            return struct.unpack("%dd" % self.count, file.read())


class Nothing(object):
    """Shared by interpreters: only the times."""

    def __init__(self, plan):
        self.times = Times(plan)


RUNNERS = []  # of this interpreter: one


def begin_interpreter(given):
    with open(sys.argv[1]) as file:
        request = json.load(file)
    request.update(json.loads(given))
    RUNNERS.append(Runner(request, Nothing(request["plan"]), request["zero"]))


def run_in_interpreter(number):
    RUNNERS[0].instance(number)
    RUNNERS[0].leave_marks()


def in_interpreter(board, given, numbers):
    """What one thread does: an interpreter, the given task in it or one ready task after
    the other, and its end."""
    interpreter = Interpreter()
    interpreter.run("driver.begin_interpreter(given)", given=given)
    for number in numbers:
        interpreter.run("driver.run_in_interpreter(number)", number=number)
        board.end(number)
    interpreter.close()


def interpreters(runner, board, strategy):
    """A thread that fails would only end: what it says is kept."""
    given = json.dumps({"rates": runner.rates, "zero": runner.zero})
    failed = []

    def work(numbers):
        try:
            in_interpreter(board, given, numbers)
        except Exception as error:
            failed.append(error)
            with board.changed:
                del board.left[:]
                board.changed.notify_all()

    started = []
    if len(board.left) <= strategy["workers"]:
        for number in iter(board.take, None):
            started.append(start_daemon(work, ([number],)))
    else:
        started = [start_daemon(work, (iter(board.take, None),))
                   for _ in range(strategy["workers"])]
    for thread in started:
        thread.join()
    if failed:
        raise failed[0]
    runner.shared.times = Times(runner.plan).all()


def outside(request, shared, zero, name, numbers, over):
    """A process of its own: a thread for each of its tasks, started as they arrive; one alone
    is the process's main thread. Its end comes when all is over: it is not the run's."""
    plan = request["plan"]
    runner = Runner(request, shared, zero)
    board = Board(plan, zero)
    board.left = list(numbers)
    gc.collect()
    rehearse_sockets(runner)
    if len(numbers) == 1 and not background(plan, numbers[0]):
        schedule_as(plan, numbers[0])
        serial(runner, board, None)
    else:
        threads(runner, board, {"workers": len(numbers), "pool": False, "ready": False})
    over.wait()
    runner.leave_marks()


def rehearse_sockets(runner):
    """So that the first message finds the pages and the code that the later ones find."""
    queues = runner.shared.queues
    for number, one in enumerate(runner.plan["queues"]):
        if one["over"] == "socket":
            kept, queues[number] = queues[number], SocketQueue()
            step = {"object": number, "bytes": 1, "timeout_ns": None}
            Thread(runner, 0, {}, 0).steps([dict(step, do="put"), dict(step, do="get")])
            queues[number] = kept


def rehearse(strategy, crew):
    """What a process pays for the pages that it shares with those it forked, until it counts a
    reference there, and for its first threads, is paid before the clock runs. A process that will
    have no threads starts none: up to 3.6 there is no interpreter lock before."""
    gc.collect()
    if strategy["kind"] != "threads":
        return
    started = [start_daemon(nothing, ()) for _ in range(min(strategy["workers"], crew, 16))]
    for thread in started:
        thread.join()


def usable(plan, strategy):
    if strategy["kind"] == "direct":
        raise Unable("direct: threads that nobody starts exist only in the simulation")
    if strategy["kind"] == "servers":
        raise Unable("strategy: servers are only simulated yet")
    if "signal" in kinds_of_steps(plan):
        raise Unable("signal: only simulated yet")
    if strategy["kind"] == "asyncio" and sys.version_info < (3, 7):
        raise Unable("asyncio: this version of Python has no asyncio.run")
    if strategy["kind"] == "interpreters":
        if not can_have_interpreters():
            raise Unable("strategy: interpreters: this version has none with a lock of their own")
        Times(plan)
    for task in plan["tasks"]:
        if task["nice"] < 0 and os.geteuid() != 0:
            raise Unable("nice: below 0 it is root's")
        if task["process"] is not None and strategy["kind"] == "interpreters":
            raise Unable("process: beside interpreters nothing is shared with others here")
        if task["process"] is not None and strategy["kind"] == "asyncio":
            raise Unable("process: the loop shares nothing with other processes here")
        if task["process"] is not None and task["after"]:
            raise Unable("after: a task in a process of its own waits for nobody here")


def import_all(strategy, context):
    """A program has its modules before its work begins."""
    if strategy["kind"] == "asyncio":
        import driver_asyncio  # noqa: F401
    if strategy["kind"] == "threads" and strategy["pool"]:
        try:
            import concurrent.futures.thread  # noqa: F401
        except ImportError:
            pass  # thread_pool() says so
    if context is not None:
        import multiprocessing.pool  # noqa: F401
        import multiprocessing.queues  # noqa: F401
        import multiprocessing.synchronize  # noqa: F401
        if PY2:
            import multiprocessing.forking  # noqa: F401
        else:
            import multiprocessing.popen_fork  # noqa: F401
            import multiprocessing.popen_forkserver  # noqa: F401
            import multiprocessing.popen_spawn_posix  # noqa: F401


def run(request):
    plan = request["plan"]
    strategy = plan["strategy"]
    usable(plan, strategy)
    if plan["switch_interval_ns"] is not None and not PY2:
        sys.setswitchinterval(plan["switch_interval_ns"] * 1e-9)
    apart = {}
    for number in range(len(plan["instances"])):
        name = plan_process(plan, number)
        if name is not None:
            apart.setdefault(name, []).append(number)
    request["rates"] = rates_of(plan, 0.02)
    context = None
    if strategy["kind"] == "processes" or apart:
        import multiprocessing
        context = multiprocessing
        if not PY2:
            context = multiprocessing.get_context(strategy["start"])
        elif strategy["start"] != "fork":
            raise Unable("start: this version of Python only forks")
    import_all(strategy, context)
    shared = Shared(plan, context)
    zero = clock() + (0.05 if apart else 0.0)  # so that the others are up
    runner = Runner(request, shared, zero)
    over = context.Event() if apart else None
    others = [context.Process(target=outside,
                              args=(request, shared, zero, name, apart[name], over))
              for name in sorted(apart)]
    for process in others:
        process.daemon = True
        process.start()
    board = Board(plan, zero)
    rehearse(strategy, len(plan["instances"]))
    rehearse_sockets(runner)
    while clock() < zero:
        if zero - clock() > 0.003:
            time.sleep(0.001)  # and then spin, so that all begin at the same moment
    begin = clock()
    if not apart:
        runner.zero = board.zero = begin  # of one clock with the others, else
    used = cpu_seconds()
    if strategy["kind"] == "serial":
        serial(runner, board, strategy)
    elif strategy["kind"] == "threads":
        threads(runner, board, strategy)
    elif strategy["kind"] == "interpreters":
        interpreters(runner, board, strategy)
    elif strategy["kind"] == "asyncio":
        import driver_asyncio
        driver_asyncio.run(runner, board, max(1, min(strategy["workers"], len(board.left))),
                           sys.modules[__name__])
    else:
        processes(runner, board, strategy, context)
    end = clock()
    if apart:
        over.set()
    for process, name in zip(others, sorted(apart)):
        awaited = [number for number in apart[name] if not background(plan, number)]
        if awaited:
            process.join()
        for number in awaited:  # its interpreter's own end is nobody's work
            end = max(end, zero + shared.times[2 * number + 1])
    makespan = end - begin
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = identify()
    answer.update({
        "makespan_s": makespan,
        "cpu_s": cpu_seconds() - used + children.ru_utime + children.ru_stime,
        "tasks": [[shared.times[2 * i], shared.times[2 * i + 1]]
                  for i in range(len(plan["instances"]))],
        "objects": runner.objects,
        "marks": runner.all_marks(),
        "rates": {"before": request["rates"], "after": rates_at_end(plan, request["rates"])},
    })
    return answer


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    modes = {"identify": lambda request: identify(), "calibrate": calibrate, "run": run}
    try:
        answer = modes[request["mode"]](request)
    except Unable as reason:
        answer = identify()
        answer["unable"] = str(reason)
    json.dump(answer, sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()
    os._exit(0)  # what runs in the background does not hold us up


if __name__ == "__main__":
    main()
