"""The strategy `asyncio` of the driver beside it: tasks as coroutines. Python 3.7 on.

What threads share becomes asyncio's own; a step that asyncio cannot wait for is done as threads do
it, and so keeps the loop. An event of the outside world is a timer's file descriptor: it comes at
its time, where the loop's own timers are rounded up to a millisecond.
"""

import asyncio
import ctypes
import os
import struct
import threading
import time

MONOTONIC = 1  # CLOCK_MONOTONIC
NONBLOCKING = os.O_NONBLOCK | os.O_CLOEXEC


class Event(object):
    """Something outside that happens after a time; one for each coroutine."""

    # Its calls keep the interpreter lock, where ctypes can say so (PyPy cannot).
    library = getattr(ctypes, "PyDLL", ctypes.CDLL)(None, use_errno=True)

    def __init__(self, loop):
        self.loop = loop
        self.file = self.library.timerfd_create(MONOTONIC, NONBLOCKING)
        if self.file < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self.future = None
        loop.add_reader(self.file, self.happened)

    def after(self, seconds):
        """A future that is done then."""
        ns = max(1, int(seconds * 1e9))
        self.future = self.loop.create_future()
        self.library.timerfd_settime(self.file, 0,
                                     struct.pack("qqqq", 0, 0, ns // 10**9, ns % 10**9), None)
        return self.future

    def happened(self):
        try:
            os.read(self.file, 8)
        except BlockingIOError:
            return
        if self.future is not None and not self.future.done():
            self.future.set_result(None)

    def close(self):
        self.loop.remove_reader(self.file)
        os.close(self.file)


def measure(cpu_seconds):
    """CPU seconds of a loop made and closed, of an event that is there at once (with the calls that
    write and read it), and of a timer for which the loop sleeps 2 ms."""
    async def nothing():
        pass

    async def events(count):
        loop = asyncio.get_running_loop()
        reader, writer = os.pipe()
        futures = []

        def happened():
            os.read(reader, 1)
            futures.pop().set_result(None)

        async def event():
            begin = cpu_seconds()
            futures.append(loop.create_future())
            os.write(writer, b"1")
            await futures[0]
            return cpu_seconds() - begin

        loop.add_reader(reader, happened)
        samples, cold = [], []
        for _ in range(count):
            begin = cpu_seconds()
            await asyncio.sleep(0.002)
            cold.append(cpu_seconds() - begin)
            await event()  # its own code is cold yet
            samples.append(await event())
        loop.remove_reader(reader)
        os.close(reader)
        os.close(writer)
        return [samples, cold]

    starts = []
    for _ in range(8):
        begin = cpu_seconds()
        asyncio.run(nothing())
        starts.append(cpu_seconds() - begin)
    return [starts[1:]] + asyncio.run(events(60))


class Shared(object):
    """Locks, queues, barriers and conditions of the loop."""

    def __init__(self, plan, unable):
        self.locks = [asyncio.Lock() for _ in range(plan["locks"])]
        self.conditions = [asyncio.Condition() for _ in range(plan["conditions"])]
        if plan["barriers"] and not hasattr(asyncio, "Barrier"):
            raise unable("barrier: asyncio has none in this version of Python")
        self.barriers = [asyncio.Barrier(parties) for parties in plan["barriers"]]
        if any(one["over"] for one in plan["queues"]):
            raise unable("put: asyncio has no queue over a pipe or a socket")
        self.queues = [asyncio.Queue(one["capacity"] or 0) for one in plan["queues"]]
        self.producers = [one["producers"] for one in plan["queues"]]


class Coroutine(object):
    """One instance; `thread` does the steps that nobody awaits."""

    def __init__(self, thread, shared, event):
        self.thread = thread
        self.shared = shared
        self.event = event

    async def steps(self, steps):
        for step in steps:
            awaited = getattr(self, "do_" + step["do"], None)
            if awaited is None:
                getattr(self.thread, "do_" + step["do"])(step)
            else:
                await awaited(step)

    async def do_sleep(self, step):
        await asyncio.sleep(self.thread.ns(step) * 1e-9)

    async def do_io(self, step):
        calls = step["calls"]
        each = self.thread.ns(step) * 1e-9 / calls
        for _ in range(calls):
            if each > 0:
                await self.event.after(each)
            else:
                time.sleep(0)

    async def do_acquire(self, step):
        await self.shared.locks[step["object"]].acquire()

    async def do_release(self, step):
        self.shared.locks[step["object"]].release()

    async def in_time(self, awaitable, step):
        try:
            await asyncio.wait_for(awaitable, self.thread.timeout(step))
        except asyncio.TimeoutError:
            pass

    async def do_put(self, step):
        item = self.thread.runner.item(step, self.thread.bytes(step))
        await self.in_time(self.shared.queues[step["object"]].put(item), step)

    async def do_get(self, step):
        await self.in_time(self.shared.queues[step["object"]].get(), step)

    async def do_each(self, step):
        queue = self.shared.queues[step["object"]]
        while True:
            if await queue.get() is None:
                await queue.put(None)
                return
            await self.steps(step["steps"])

    async def do_barrier(self, step):
        await self.shared.barriers[step["object"]].wait()

    async def do_wait(self, step):
        condition = self.shared.conditions[step["object"]]
        async with condition:
            await self.in_time(condition.wait(), step)

    async def do_notify(self, step):
        condition = self.shared.conditions[step["object"]]
        async with condition:
            if step["count"] is None:
                condition.notify_all()
            else:
                condition.notify(step["count"])

    async def do_join(self, _):
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        children = self.thread.children
        if children:
            def wait():
                for child in children:
                    child.join()
                loop.call_soon_threadsafe(over.set_result, None)

            threading.Thread(target=wait).start()
            await over
        del children[:]

    async def do_yield(self, _):
        await asyncio.sleep(0)

    async def do_repeat(self, step):
        for _ in range(step["count"]):
            await self.steps(step["steps"])

    async def do_choose(self, step):
        await self.steps(step["branches"][self.thread.drawn(step)])


class Loop(object):
    """So many workers, each of which runs one ready task after the other."""

    def __init__(self, runner, board, driver):
        self.runner = runner
        self.board = board
        self.driver = driver
        self.idle = []  # futures of workers for whom nothing is ready

    async def run(self, workers):
        self.shared = Shared(self.runner.plan, self.driver.Unable)
        await asyncio.gather(*[self.worker() for _ in range(workers)])

    async def worker(self):
        event = Event(asyncio.get_running_loop())
        while True:
            number, soonest = self.board.look()
            if number is not None:
                await self.instance(number, event)
                self.board.end(number)
            elif not self.board.left:
                break
            else:
                await self.news(event, soonest)
                continue
            for future in self.idle:
                if not future.done():
                    future.set_result(None)
            del self.idle[:]
        event.close()

    async def news(self, event, soonest):
        """A task has ended, or arrives."""
        if soonest is None:
            future = asyncio.get_running_loop().create_future()
        else:
            future = event.after(soonest)
        self.idle.append(future)
        await future

    async def instance(self, number, event):
        runner = self.runner
        one = runner.plan["instances"][number]
        program = runner.plan["tasks"][one["task"]]["program"]
        runner.shared.times[2 * number] = self.driver.clock() - runner.zero
        thread = self.driver.Thread(runner, number, one["draws"], 0)
        await Coroutine(thread, self.shared, event).steps(runner.plan["programs"][program])
        for queue in runner.puts[program]:
            self.shared.producers[queue] -= 1
            if self.shared.producers[queue] == 0:
                await self.shared.queues[queue].put(None)
        runner.shared.times[2 * number + 1] = self.driver.clock() - runner.zero


def run(runner, board, workers, driver):
    asyncio.run(Loop(runner, board, driver).run(workers))
