# Runs a plan of Interlock for real, in the Ruby that runs this file.
#
#     ruby driver.rb REQUEST.json          the answer is one JSON document on standard output
#
# The requests and the answers are those of driver.py. For Ruby 2.6 and later.
#
# What stands for what:
#     compute     a loop of bytecode, calibrated in CPU time
#     nogil       Zlib's deflate of a block, which releases the lock; a round is a KiB
#     native      String#sum of a block, one call, the lock held throughout; a round is a KiB
#     sleep, io   sleep; of io the measured slack of the timer is taken off
#     allocate    an array of strings of a page each; to touch it is to write a byte of each
#
# Ruby has no pools, no barriers, and no locks or queues between processes: plans that need them
# are refused.

require "etc"
require "json"
require "socket"
require "zlib"

PAGE = 4096
KIB = 1024
BLOCK = (0...(1 << 20)).map { |i| (i * 7919 >> 3 & 255).chr }.join.freeze

# This interpreter cannot run the plan; the text says which step and why.
class Unable < StandardError; end

def clock
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def cpu_seconds
  Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
end

# Of this thread alone: threads of the plan may still run in the background.
def thread_seconds
  Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID)
end

def children_cpu
  times = Process.times
  times.cutime + times.cstime
end

# Work, by number of rounds.

def compute(rounds)
  i = 0
  i += 1 while i < rounds
end

def in_blocks(rounds)
  while rounds > 0
    yield BLOCK.byteslice(0, KIB * [rounds, BLOCK.bytesize / KIB].min)
    rounds -= BLOCK.bytesize / KIB
  end
end

def nogil(rounds)
  in_blocks(rounds) { |block| Zlib::Deflate.deflate(block, 1) }
end

def native(rounds)
  in_blocks(rounds) { |block| block.sum(32) }
end

WORK = %w[compute nogil native].freeze

# Rounds in a second of CPU time: the median of pieces of several milliseconds.
def rate_of(work, seconds, piece = 0.004)
  spent = lambda do |rounds|
    before = thread_seconds
    send(work, rounds)
    [thread_seconds - before, 1e-9].max
  end
  rounds = 1
  took = spent.call(rounds)
  while took < piece / 2
    rounds *= 2
    took = spent.call(rounds)
  end
  rounds = [1, (rounds * piece / took).to_i].max
  found = []
  finish = clock + seconds
  found << rounds / spent.call(rounds) while found.empty? || clock < finish
  found.sort[found.size / 2]
end

def each_step(steps, &block)
  steps.each do |step|
    block.call(step)
    each_step(step.fetch("steps", []), &block)
    step.fetch("branches", []).each { |branch| each_step(branch, &block) }
  end
end

def rates_of(plan, seconds)
  kinds = []
  plan["programs"].each { |steps| each_step(steps) { |step| kinds << step["do"] } }
  (kinds.uniq & WORK).sort.map { |kind| [kind, rate_of(kind, seconds)] }.to_h
end

def identify
  { "driver" => 1, "implementation" => RUBY_ENGINE, "version" => RUBY_VERSION,
    "free_threaded" => false, "switch_interval_ns" => nil,
    "executable" => File.readlink("/proc/self/exe") }
end

def figure(samples, unit = "ns")
  samples = samples.sort
  middle = samples[samples.size / 2]
  reach = samples[samples.size * 3 / 4] - samples[samples.size / 4]
  { "value" => middle, "unit" => unit, "samples" => samples.size,
    "spread" => middle > 0 ? reach / 2.0 / middle : 0.0 }
end

# How much faster two threads do it than one: 2 if the lock is released, 1 if it is held.
def overlap(work, rate)
  rounds = [1, (rate * 0.05).to_i].max
  Array.new(3) do
    before = clock
    send(work, rounds)
    alone = clock - before
    before = clock
    Array.new(2) { Thread.new { send(work, rounds) } }.each(&:join)
    2 * alone / (clock - before)
  end.max
end

def calibrate(request)
  # While the process is as small as that of a run: a fork copies its page tables.
  own = File.read("/proc/self/status")[/^RssAnon:\s+(\d+)/, 1].to_i
  forks = Array.new(12) do
    cpu, ended, begun = cpu_seconds, children_cpu, clock
    Process.wait(fork { exit!(0) })
    [cpu_seconds - cpu, children_cpu - ended, clock - begun].map { |seconds| 1e9 * seconds }
  end
  rates = WORK.map { |work| [work, rate_of(work, request["seconds"] / 8.0)] }.to_h
  threads = Array.new(200) do
    before = cpu_seconds
    Thread.new {}.join
    1e9 * (cpu_seconds - before)
  end
  identify.merge(
    "rates" => rates,
    "overlap" => { "nogil" => overlap("nogil", rates["nogil"]) },
    "figures" => { "thread_life_cpu" => figure(threads),
                   "fork_parent_cpu" => figure(forks.map { |one| one[0] }),
                   "fork_child_cpu" => figure(forks.map { |one| one[1] }),
                   "fork_life" => figure(forks.map { |one| one[2] }),
                   "memory" => figure([own * 1024], "B") }
  )
end

# A pair of connected sockets: an item is one send and one recv, its end an empty one.
class SocketQueue
  PIECE = 65_536
  END_OF_ITEMS = nil

  def initialize
    @here, @there = Socket.socketpair(:UNIX, :SEQPACKET, 0)
  end

  def push(item)
    @here.send(item.nil? ? "" : item.byteslice(0, PIECE), 0)
  end

  def pop
    item = @there.recv(PIECE)
    item.nil? || item.empty? ? nil : item
  end
end

# Runs instances of the plan's tasks; one of a process, forked along with it.
class Runner
  attr_reader :plan, :locks, :conditions, :mutexes, :queues, :objects, :blocks
  attr_accessor :zero, :rates

  def initialize(plan, slack, folder, across)
    @plan = plan
    @slack = slack
    @folder = folder
    @locks = Array.new(plan["locks"]) { Mutex.new }
    @conditions = Array.new(plan["conditions"]) { ConditionVariable.new }
    @mutexes = Array.new(plan["conditions"]) { Mutex.new }
    @queues = plan["queues"].map { |one| queue(one, across) }
    @producers = plan["queues"].map { |one| one["producers"] }
    @ending = Mutex.new
    @objects = Array.new(plan["objects"], 0)
    @blocks = Array.new(plan["blocks"])
    plan["data"].each { |one| @blocks[one["block"]] = pages(one["bytes"]) }
    @items = {}
    @marks = []
    @times = {}
    @puts = plan["programs"].map { |steps| puts_of(steps).uniq }
  end

  def queue(one, across)
    return SocketQueue.new if one["over"] == "socket" && one["capacity"].nil?
    raise Unable, "put: a socket has a capacity of its own" if one["over"] == "socket"
    raise Unable, "put: Ruby has no queue over a pipe" if one["over"] == "pipe"
    raise Unable, "put: Ruby has no queue between processes" if across
    one["capacity"].nil? ? Queue.new : SizedQueue.new(one["capacity"])
  end

  def puts_of(steps)
    found = []
    each_step(steps) do |step|
      found << step["object"] if step["do"] == "put"
      found.concat(puts_of(@plan["programs"][step["program"]])) if step["do"] == "spawn"
    end
    found
  end

  def pages(size)
    Array.new((size + PAGE - 1) / PAGE) { "x" * (PAGE - 64) }
  end

  def item(size)
    @items[size] ||= "x" * [1, size].max
  end

  def now
    clock - @zero
  end

  def instance(number)
    begun = now
    one = @plan["instances"][number]
    program = @plan["tasks"][one["task"]]["program"]
    Walker.new(self, number, one["draws"], 0, @slack).steps(@plan["programs"][program])
    @puts[program].each { |queue| producer_ended(queue) }
    @times[number] = [begun, now]
  end

  # The last of them puts the end, which each consumer passes on.
  def producer_ended(queue)
    last = @ending.synchronize { (@producers[queue] -= 1).zero? }
    @queues[queue].push(nil) if last
  end

  def mark(number, name)
    @marks << [number, name, now]
  end

  # Of another process than the main one: for it to find when all is over.
  def leave
    File.open(File.join(@folder, "left-#{Process.pid}"), "a") do |file|
      file.puts(JSON.generate("marks" => @marks, "times" => @times.to_a))
    end
    @marks = []
  end

  def gather
    Dir.glob(File.join(@folder, "left-*")).sort.each do |name|
      File.foreach(name) do |line|
        left = JSON.parse(line)
        @marks.concat(left["marks"])
        left["times"].each { |number, times| @times[number] = times }
      end
    end
  end

  def times
    @plan["instances"].each_index.map { |number| @times.fetch(number, [0.0, 0.0]) }
  end

  attr_reader :marks
end

# One thread of an instance: its own, or one that it has spawned.
class Walker
  def initialize(runner, number, draws, spawned_as, slack)
    @runner = runner
    @number = number
    @draws = draws
    @spawned_as = spawned_as
    @slack = slack
    @visits = Hash.new(0)
    @children = []
    @spawned = 0
  end

  def steps(steps)
    steps.each { |step| send("do_#{step["do"]}", step) }
  end

  def drawn(step)
    values = @draws[step["place"].to_s][@spawned_as]
    visit = @visits[step["place"]]
    @visits[step["place"]] = visit + 1
    values[visit % values.size]
  end

  def ns(step)
    step["ns"] || drawn(step)
  end

  def bytes(step)
    step["bytes"] || drawn(step)
  end

  WORK.each do |kind|
    define_method("do_#{kind}") do |step|
      rounds = (ns(step) * 1e-9 * @runner.rates[kind]).to_i
      Object.send(kind, rounds) if rounds > 0
    end
  end

  def do_sleep(step)
    sleep(ns(step) * 1e-9)
  end

  def do_io(step)
    each = ns(step) * 1e-9 / step["calls"]
    step["calls"].times { sleep([0.0, each - @slack].max) }
  end

  def do_acquire(step)
    @runner.locks[step["object"]].lock
  end

  def do_release(step)
    @runner.locks[step["object"]].unlock
  end

  def no_timeout(step)
    raise Unable, "#{step["do"]}: Ruby's queues have no time-out" if step["timeout_ns"]
  end

  def do_put(step)
    no_timeout(step)
    @runner.queues[step["object"]].push(@runner.item(bytes(step)))
  end

  def do_get(step)
    no_timeout(step)
    @runner.queues[step["object"]].pop
  end

  def do_each(step)
    queue = @runner.queues[step["object"]]
    steps(step["steps"]) until queue.pop.nil?
    queue.push(nil)
  end

  def do_wait(step)
    mutex = @runner.mutexes[step["object"]]
    timeout = step["timeout_ns"] && step["timeout_ns"] * 1e-9
    mutex.synchronize { @runner.conditions[step["object"]].wait(mutex, timeout) }
  end

  def do_notify(step)
    condition = @runner.conditions[step["object"]]
    @runner.mutexes[step["object"]].synchronize do
      step["count"].nil? ? condition.broadcast : step["count"].times { condition.signal }
    end
  end

  def do_spawn(step)
    program = @runner.plan["programs"][step["program"]]
    step["count"].times do
      child = Walker.new(@runner, @number, @draws, @spawned += 1, @slack)
      @children << Thread.new { child.steps(program) }
    end
  end

  def do_join(_step)
    @children.each(&:join)
    @children.clear
  end

  def do_yield(_step)
    Thread.pass
  end

  def do_read(step)
    @runner.objects[step["object"]]
  end

  def do_write(step)
    @runner.objects[step["object"]] = 1
  end

  def do_update(step)
    @runner.objects[step["object"]] += 1
  end

  def do_allocate(step)
    @runner.blocks[step["object"]] = @runner.pages(bytes(step))
  end

  def do_touch(step)
    block = @runner.blocks[step["object"]]
    count = step["all"] ? block.size : [block.size, -(-bytes(step) / PAGE)].min
    block.first(count).each { |page| page.setbyte(0, 1) }
  end

  def do_free(step)
    @runner.blocks[step["object"]] = nil
  end

  def do_repeat(step)
    step["count"].times { steps(step["steps"]) }
  end

  def do_choose(step)
    steps(step["branches"][drawn(step)])
  end

  def do_mark(step)
    @runner.mark(@number, step["object"])
  end
end

# Which tasks are ready: they have arrived, and those that they come after have ended.
class Board
  attr_accessor :left

  def initialize(runner, left)
    @runner = runner
    @left = left
    @ended = {}
    @mutex = Mutex.new
    @changed = ConditionVariable.new
  end

  def ready?(number)
    instances = @runner.plan["instances"]
    one = instances[number]
    @runner.plan["tasks"][one["task"]]["after"].all? do |after|
      instances.each_index.all? do |i|
        instances[i]["task"] != after["task"] || @ended[i] ||
          (after["each"] && instances[i]["number"] != one["number"])
      end
    end
  end

  # The next in file order; none if none will come (or, not blocking, none is ready).
  def take(block = true)
    @mutex.synchronize do
      until @left.empty?
        soonest = nil
        @left.each do |number|
          next unless ready?(number)
          arrival = @runner.plan["instances"][number]["arrival_ns"] * 1e-9
          if arrival <= @runner.now
            @left.delete(number)
            @changed.broadcast if @left.empty?
            return number
          end
          soonest = [soonest, arrival].compact.min
        end
        return nil unless block
        @changed.wait(@mutex, soonest && [0.0, soonest - @runner.now].max)
      end
      nil
    end
  end

  def end(number)
    @mutex.synchronize do
      @ended[number] = true
      @changed.broadcast
    end
  end
end

# The strategies.

def run_and_end(runner, board, number)
  runner.instance(number)
  board.end(number)
end

def serial(runner, board)
  while (number = board.take)
    run_and_end(runner, board, number)
  end
end

def background?(plan, number)
  plan["tasks"][plan["instances"][number]["task"]]["background"]
end

def threads(runner, board, workers, ready)
  started = []
  if board.left.size <= workers && !ready
    while (number = board.take)
      thread = Thread.new(number) { |one| run_and_end(runner, board, one) }
      started << thread unless background?(runner.plan, number)
    end
  else
    count = [workers, [board.left.size, 1].max].min
    started = Array.new(count) { Thread.new { serial(runner, board) } }
  end
  started.each(&:join)
end

# What a process pays for its first threads is paid before the clock runs.
def rehearse(count)
  Array.new(count) { Thread.new {} }.each(&:join)
end

def reap(child)
  _, status = Process.wait2(child)
  raise "a child ended with #{status}" unless status.success?
end

def processes(runner, board)
  started = []
  until board.left.empty?
    if (number = board.take(false))
      started << [number, fork do
        runner.instance(number)
        runner.leave
        exit!(0)
      end]
      next
    end
    sleep(0.0005)
    started.reject! do |one, child|
      next false unless Process.wait(child, Process::WNOHANG)
      raise "a child ended with #{$?}" unless $?.success?
      board.end(one)
      true
    end
  end
  started.each { |number, child| reap(child) unless background?(runner.plan, number) }
end

def check(plan)
  strategy = plan["strategy"]
  plan["programs"].each do |steps|
    each_step(steps) { |step| raise Unable, "signal: only simulated yet" if step["do"] == "signal" }
  end
  raise Unable, "direct: threads that nobody starts exist only in the simulation" if strategy["kind"] == "direct"
  raise Unable, "strategy: interpreters: no ractors here yet" if strategy["kind"] == "interpreters"
  raise Unable, "mn_threads: only simulated yet" if strategy["mn_threads"]
  raise Unable, "asyncio: Ruby has no event loop of its own" if strategy["kind"] == "asyncio"
  raise Unable, "strategy: servers are only simulated yet" if strategy["kind"] == "servers"
  raise Unable, "pool: Ruby has none of its own" if strategy["pool"]
  raise Unable, "barrier: Ruby has none of its own" unless plan["barriers"].empty?
  plan["tasks"].each do |task|
    raise Unable, "nice: Ruby's threads have none of their own" if task["nice"] != 0
    raise Unable, "affinity: Ruby's threads have none of their own" unless task["affinity"].empty?
    raise Unable, "after: a task in a process of its own waits for nobody here" if task["process"] && !task["after"].empty?
  end
  return unless strategy["kind"] == "processes"
  here = plan["instances"].count { |one| plan["tasks"][one["task"]]["process"].nil? }
  raise Unable, "processes: Ruby has no pool for more tasks than workers" if here > strategy["workers"]
  raise Unable, "start: Ruby only forks" if strategy["start"] != "fork"
  raise Unable, "acquire: Ruby has no lock between processes" if plan["locks"] > 0 || plan["conditions"] > 0
  raise Unable, "bytes_out: nothing is sent between processes here" if plan["instances"].any? { |one| one["bytes_in"] || one["bytes_out"] }
end

def run(request, folder)
  plan = request["plan"]
  strategy = plan["strategy"]
  check(plan)
  process_of = ->(number) { plan["tasks"][plan["instances"][number]["task"]]["process"] }
  here, apart = plan["instances"].each_index.partition { |number| process_of.call(number).nil? }
  runner = Runner.new(plan, request["slack_ns"] * 1e-9, folder,
                      strategy["kind"] == "processes" || !apart.empty?)
  runner.rates = rates_of(plan, 0.02)
  zero = clock + (apart.empty? ? 0.0 : 0.05) # so that the others are up
  runner.zero = zero
  over = IO.pipe
  others = apart.group_by { |number| process_of.call(number) }.map do |_, numbers|
    child = fork do
      over.last.close
      board = Board.new(runner, numbers)
      if numbers.size == 1 && !background?(plan, numbers.first)
        serial(runner, board)
      else
        threads(runner, board, numbers.size, false)
      end
      over.first.sysread(1) # its end is not the run's
      runner.leave
      exit!(0)
    end
    [numbers, child]
  end
  rehearse([strategy["workers"], plan["instances"].size, 16].min) if strategy["kind"] == "threads"
  # It spins at last, so that all begin at the same moment.
  (sleep(0.001) if zero - clock > 0.003) while clock < zero
  begun = clock
  runner.zero = begun if apart.empty?
  used = cpu_seconds
  board = Board.new(runner, here)
  case strategy["kind"]
  when "serial" then serial(runner, board)
  when "threads" then threads(runner, board, strategy["workers"], strategy["ready"])
  else processes(runner, board)
  end
  finish = clock
  over.last.write("." * others.size)
  over.last.flush
  awaited = others.reject { |numbers, _| numbers.all? { |number| background?(plan, number) } }
  awaited.each { |_, child| reap(child) }
  runner.gather
  awaited.flat_map(&:first).each { |number| finish = [finish, zero + runner.times[number][1]].max }
  identify.merge(
    "makespan_s" => finish - begun,
    "cpu_s" => cpu_seconds - used + children_cpu,
    "tasks" => runner.times,
    "objects" => runner.objects,
    "marks" => runner.marks,
    "rates" => { "before" => runner.rates, "after" => rates_of(plan, 0.012) }
  )
end

def answer(request, folder)
  case request["mode"]
  when "identify" then identify
  when "calibrate" then calibrate(request)
  when "run" then run(request, folder)
  else raise "unknown mode #{request["mode"]}"
  end
rescue Unable => e
  identify.merge("unable" => e.message)
end

$stdout.write(JSON.generate(answer(JSON.parse(File.read(ARGV[0])), File.dirname(File.expand_path(ARGV[0])))), "\n")
$stdout.flush
exit!(0) # what runs in the background does not hold us up
