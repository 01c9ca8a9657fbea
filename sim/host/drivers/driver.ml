(* Runs a plan of Interlock for real, in the OCaml whose toplevel runs this file.

       ocaml driver.ml REQUEST.json         the answer is one JSON document on standard output

   The requests and the answers are those of driver.py. For OCaml 4.12 and later: its threads share
   one master lock, in 5 that of the first domain.

   What stands for what:
       compute     a loop of bytecode, calibrated in CPU time
       native      Digest.string of a block, one call, the lock held throughout; a round is a KiB
       sleep, io   Thread.delay; of io the measured slack of the timer is taken off
       allocate    an array of strings of a page each; to touch it is to write a byte of each

   OCaml's own library has no work that releases the lock, no pools, no barriers, no waits with a
   time-out, and no locks or queues between processes: plans that need them are refused. *)

#directory "+unix";;
#directory "+threads";;
#load "unix.cma";;
#load "threads.cma";;

(* This interpreter cannot run the plan; the text says which step and why. *)
exception Unable of string

(* JSON, as far as the requests go. *)

type json =
  | Null
  | Bool of bool
  | Int of int
  | Float of float
  | Text of string
  | List of json list
  | Object of (string * json) list

let rec print out = function
  | Null -> Buffer.add_string out "null"
  | Bool it -> Buffer.add_string out (string_of_bool it)
  | Int it -> Buffer.add_string out (string_of_int it)
  | Float it -> Buffer.add_string out (Printf.sprintf "%.17g" it)
  | Text it ->
      Buffer.add_char out '"';
      String.iter
        (fun c ->
          if c = '"' || c = '\\' then Printf.bprintf out "\\%c" c
          else if Char.code c < 32 then Printf.bprintf out "\\u%04x" (Char.code c)
          else Buffer.add_char out c)
        it;
      Buffer.add_char out '"'
  | List all ->
      Buffer.add_char out '[';
      List.iteri (fun i it -> if i > 0 then Buffer.add_char out ','; print out it) all;
      Buffer.add_char out ']'
  | Object all ->
      Buffer.add_char out '{';
      List.iteri
        (fun i (name, it) ->
          if i > 0 then Buffer.add_char out ',';
          print out (Text name);
          Buffer.add_char out ':';
          print out it)
        all;
      Buffer.add_char out '}'

let text_of value =
  let out = Buffer.create 4096 in
  print out value;
  Buffer.contents out

let utf8 code =
  let out = Buffer.create 4 in
  Buffer.add_utf_8_uchar out (Uchar.of_int code);
  Buffer.contents out

let parse text =
  let at = ref 0 in
  let peek () = if !at < String.length text then text.[!at] else '\000' in
  let rec skip () =
    match peek () with ' ' | '\n' | '\t' | '\r' -> incr at; skip () | _ -> ()
  in
  let expect c =
    skip ();
    if peek () <> c then failwith (Printf.sprintf "JSON: expected %c at %d" c !at);
    incr at
  in
  let word text value =
    at := !at + String.length text;
    value
  in
  let string_here () =
    expect '"';
    let out = Buffer.create 16 in
    let rec go () =
      let c = peek () in
      incr at;
      match c with
      | '"' -> Buffer.contents out
      | '\\' ->
          let c = peek () in
          incr at;
          (match c with
          | 'n' -> Buffer.add_char out '\n'
          | 't' -> Buffer.add_char out '\t'
          | 'r' -> Buffer.add_char out '\r'
          | 'b' -> Buffer.add_char out '\b'
          | 'f' -> Buffer.add_char out '\012'
          | 'u' ->
              Buffer.add_string out (utf8 (int_of_string ("0x" ^ String.sub text !at 4)));
              at := !at + 4
          | c -> Buffer.add_char out c);
          go ()
      | c -> Buffer.add_char out c; go ()
    in
    go ()
  in
  let number_here () =
    let start = !at in
    let rec go () =
      match peek () with '0' .. '9' | '-' | '+' | '.' | 'e' | 'E' -> incr at; go () | _ -> ()
    in
    go ();
    let digits = String.sub text start (!at - start) in
    match int_of_string_opt digits with Some it -> Int it | None -> Float (float_of_string digits)
  in
  let rec value () =
    skip ();
    match peek () with
    | '{' -> incr at; Object (several '}' (fun () ->
        skip ();
        let name = string_here () in
        expect ':';
        (name, value ())))
    | '[' -> incr at; List (several ']' value)
    | '"' -> Text (string_here ())
    | 't' -> word "true" (Bool true)
    | 'f' -> word "false" (Bool false)
    | 'n' -> word "null" Null
    | _ -> number_here ()
  and several : 'a. char -> (unit -> 'a) -> 'a list = fun close one ->
    skip ();
    if peek () = close then (incr at; [])
    else begin
      let rec go found =
        let found = one () :: found in
        skip ();
        let c = peek () in
        incr at;
        if c = close then List.rev found else go found
      in
      go []
    end
  in
  value ()

let get name = function
  | Object all -> (try List.assoc name all with Not_found -> Null)
  | _ -> Null

let int_of = function Int it -> it | Float it -> int_of_float it | _ -> failwith "JSON: a number"
let float_of = function Int it -> float_of_int it | Float it -> it | _ -> failwith "JSON: a number"
let string_of = function Text it -> it | _ -> failwith "JSON: a text"
let list_of = function List all -> all | _ -> []
let is_true value = value = Bool true
let has name value = get name value <> Null

(* Clocks, in seconds. *)

let clock = Unix.gettimeofday
let cpu_seconds = Sys.time (* of the process: the library has none of a thread *)

let children_cpu () =
  let it = Unix.times () in
  it.Unix.tms_cutime +. it.Unix.tms_cstime

(* Work, by number of rounds. *)

let page = 4096
let kib = 1024
let block = String.init (1 lsl 20) (fun i -> Char.chr ((i * 7919) lsr 3 land 255))

let compute rounds =
  let value = ref 0 in
  for _ = 1 to rounds do
    value := ((!value * 3) + 1) land 1023
  done

let native rounds =
  let left = ref rounds in
  while !left > 0 do
    let some = min !left (String.length block / kib) in
    ignore (Digest.substring block 0 (some * kib));
    left := !left - some
  done

let work = [ ("compute", compute); ("native", native) ]

(* Rounds in a second of CPU time: the median of pieces of several milliseconds. *)
let rate_of run seconds =
  let piece = 0.004 in
  let spent rounds =
    let before = cpu_seconds () in
    run rounds;
    max (cpu_seconds () -. before) 1e-9
  in
  let rec enough rounds =
    let took = spent rounds in
    if took < piece /. 2. then enough (2 * rounds) else (rounds, took)
  in
  let rounds, took = enough 1 in
  let rounds = max 1 (int_of_float (float_of_int rounds *. piece /. took)) in
  let finish = clock () +. seconds in
  let rec sample found =
    if found <> [] && clock () >= finish then found
    else sample ((float_of_int rounds /. spent rounds) :: found)
  in
  let found = Array.of_list (sample []) in
  Array.sort compare found;
  found.(Array.length found / 2)

let rec each_step action steps =
  List.iter
    (fun step ->
      action step;
      each_step action (list_of (get "steps" step));
      List.iter (fun branch -> each_step action (list_of branch)) (list_of (get "branches" step)))
    steps

let kinds_of plan =
  let found = Hashtbl.create 8 in
  List.iter
    (fun steps ->
      each_step (fun step -> Hashtbl.replace found (string_of (get "do" step)) ()) (list_of steps))
    (list_of (get "programs" plan));
  found

let rates_of plan seconds =
  let kinds = kinds_of plan in
  List.filter_map
    (fun (kind, run) -> if Hashtbl.mem kinds kind then Some (kind, rate_of run seconds) else None)
    work

let rates_json rates = Object (List.map (fun (kind, rate) -> (kind, Float rate)) rates)

let identity =
  [
    ("driver", Int 1);
    ("implementation", Text "ocaml");
    ("version", Text Sys.ocaml_version);
    ("free_threaded", Bool false);
    ("switch_interval_ns", Null);
    ("executable", Text Sys.executable_name);
  ]

let figure ?(unit = "ns") samples =
  let samples = Array.of_list samples in
  Array.sort compare samples;
  let count = Array.length samples in
  let middle = samples.(count / 2) in
  let reach = samples.(count * 3 / 4) -. samples.(count / 4) in
  Object
    [
      ("value", Float middle);
      ("unit", Text unit);
      ("samples", Int count);
      ("spread", Float (if middle > 0. then reach /. 2. /. middle else 0.));
    ]

(* Bytes of memory that are this process's own. *)
let own_memory () =
  let file = open_in "/proc/self/status" in
  let rec find () =
    match input_line file with
    | line when String.length line > 8 && String.sub line 0 8 = "RssAnon:" ->
        Scanf.sscanf (String.sub line 8 (String.length line - 8)) " %d" (fun kilo -> 1024 * kilo)
    | _ -> find ()
    | exception End_of_file -> 0
  in
  let found = find () in
  close_in file;
  found

let calibrate request =
  (* While the process is as small as that of a run: a fork copies its page tables. *)
  let own = own_memory () in
  let forks =
    List.init 12 (fun _ ->
        let cpu = cpu_seconds () and ended = children_cpu () and begun = clock () in
        (match Unix.fork () with
        | 0 -> Unix._exit 0
        | child -> ignore (Unix.waitpid [] child));
        (cpu_seconds () -. cpu, children_cpu () -. ended, clock () -. begun))
  in
  let each = float_of (get "seconds" request) /. 8. in
  let rates = List.map (fun (kind, run) -> (kind, rate_of run each)) work in
  let threads =
    List.init 200 (fun _ ->
        let before = cpu_seconds () in
        Thread.join (Thread.create (fun () -> ()) ());
        1e9 *. (cpu_seconds () -. before))
  in
  let part choose = figure (List.map (fun one -> 1e9 *. choose one) forks) in
  Object
    (identity
    @ [
        ("rates", rates_json rates);
        ( "figures",
          Object
            [
              ("thread_life_cpu", figure threads);
              ("fork_parent_cpu", part (fun (it, _, _) -> it));
              ("fork_child_cpu", part (fun (_, it, _) -> it));
              ("fork_life", part (fun (_, _, it) -> it));
              ("memory", figure ~unit:"B" [ float_of_int own ]);
            ] );
      ])

(* Queues: an item, or none for the end. *)

type queue = { put : string option -> unit; take : unit -> string option }

let queue_of_threads capacity =
  let items = Queue.create () in
  let mutex = Mutex.create () and filled = Condition.create () and emptied = Condition.create () in
  let full () = match capacity with Some most -> Queue.length items >= most | None -> false in
  {
    put =
      (fun item ->
        Mutex.lock mutex;
        while full () do
          Condition.wait emptied mutex
        done;
        Queue.push item items;
        Condition.signal filled;
        Mutex.unlock mutex);
    take =
      (fun () ->
        Mutex.lock mutex;
        while Queue.is_empty items do
          Condition.wait filled mutex
        done;
        let item = Queue.pop items in
        Condition.signal emptied;
        Mutex.unlock mutex;
        item);
  }

(* A pair of connected sockets: an item is one send and one recv, its end an empty one. *)
let queue_of_sockets () =
  let piece = 65_536 in
  let here, there = Unix.socketpair Unix.PF_UNIX Unix.SOCK_SEQPACKET 0 in
  {
    put =
      (fun item ->
        let item = Option.value item ~default:"" in
        ignore (Unix.send_substring here item 0 (min piece (String.length item)) []));
    take =
      (fun () ->
        let into = Bytes.create piece in
        match Unix.recv there into 0 piece [] with
        | 0 -> None
        | count -> Some (Bytes.sub_string into 0 count));
  }

(* Runs instances of the plan's tasks; one of a process, forked along with it. *)

type runner = {
  programs : json list array;
  tasks : json array;
  instances : json array;
  slack : float;
  folder : string;
  rates : (string * float) list;
  mutable zero : float;
  locks : Mutex.t array;
  conditions : (Mutex.t * Condition.t) array;
  queues : queue array;
  producers : int array;
  ending : Mutex.t;
  objects : int array;
  blocks : Bytes.t array array;
  mutable marks : (int * int * float) list;
  times : (float * float) array;
  mutable own : int list; (* instances that ran here *)
}

let pages size = Array.init ((size + page - 1) / page) (fun _ -> Bytes.make (page - 64) 'x')
let now it = clock () -. it.zero

let rec puts_of it steps =
  let found = ref [] in
  each_step
    (fun step ->
      match string_of (get "do" step) with
      | "put" -> found := int_of (get "object" step) :: !found
      | "spawn" -> found := puts_of it it.programs.(int_of (get "program" step)) @ !found
      | _ -> ())
    steps;
  List.sort_uniq compare !found

(* One thread of an instance: its own, or one that it has spawned. *)

type walker = {
  runner : runner;
  number : int;
  draws : json;
  spawned_as : int;
  visits : (int, int) Hashtbl.t;
  mutable children : Thread.t list;
  mutable spawned : int;
}

let walker runner number draws spawned_as =
  { runner; number; draws; spawned_as; visits = Hashtbl.create 4; children = []; spawned = 0 }

let drawn me step =
  let place = int_of (get "place" step) in
  let values = list_of (List.nth (list_of (get (string_of_int place) me.draws)) me.spawned_as) in
  let visit = Option.value (Hashtbl.find_opt me.visits place) ~default:0 in
  Hashtbl.replace me.visits place (visit + 1);
  int_of (List.nth values (visit mod List.length values))

let amount name me step = match get name step with Null -> drawn me step | it -> int_of it
let seconds me step = float_of_int (amount "ns" me step) *. 1e-9

let rec walk me steps = List.iter (step_of me) steps

and step_of me step =
  let it = me.runner in
  let thing () = int_of (get "object" step) in
  match string_of (get "do" step) with
  | ("compute" | "native") as kind ->
      let rounds = int_of_float (seconds me step *. List.assoc kind it.rates) in
      if rounds > 0 then (List.assoc kind work) rounds
  | "sleep" -> Thread.delay (seconds me step)
  | "io" ->
      let calls = int_of (get "calls" step) in
      let each = seconds me step /. float_of_int calls in
      for _ = 1 to calls do
        Thread.delay (max 0. (each -. it.slack))
      done
  | "acquire" -> Mutex.lock it.locks.(thing ())
  | "release" -> Mutex.unlock it.locks.(thing ())
  | "put" ->
      it.queues.(thing ()).put (Some (String.make (max 1 (amount "bytes" me step)) 'x'))
  | "get" -> ignore (it.queues.(thing ()).take ())
  | "each" ->
      let queue = it.queues.(thing ()) in
      let steps = list_of (get "steps" step) in
      while queue.take () <> None do
        walk me steps
      done;
      queue.put None
  | "wait" ->
      let mutex, condition = it.conditions.(thing ()) in
      Mutex.lock mutex;
      Condition.wait condition mutex;
      Mutex.unlock mutex
  | "notify" ->
      let mutex, condition = it.conditions.(thing ()) in
      Mutex.lock mutex;
      (match get "count" step with
      | Null -> Condition.broadcast condition
      | count ->
          for _ = 1 to int_of count do
            Condition.signal condition
          done);
      Mutex.unlock mutex
  | "spawn" ->
      let program = it.programs.(int_of (get "program" step)) in
      for _ = 1 to int_of (get "count" step) do
        me.spawned <- me.spawned + 1;
        let child = walker it me.number me.draws me.spawned in
        me.children <- Thread.create (walk child) program :: me.children
      done
  | "join" ->
      List.iter Thread.join (List.rev me.children);
      me.children <- []
  | "yield" -> Thread.yield ()
  | "read" -> ignore (Sys.opaque_identity it.objects.(thing ()))
  | "write" -> it.objects.(thing ()) <- 1
  | "update" ->
      (* A thread is switched at calls, and operands are taken from the right: none between. *)
      let object_ = thing () in
      it.objects.(object_) <- it.objects.(object_) + 1
  | "allocate" -> it.blocks.(thing ()) <- pages (amount "bytes" me step)
  | "touch" ->
      let block = it.blocks.(thing ()) in
      let all = Array.length block in
      let count =
        if is_true (get "all" step) then all
        else min all ((amount "bytes" me step + page - 1) / page)
      in
      for i = 0 to count - 1 do
        Bytes.set block.(i) 0 'y'
      done
  | "free" -> it.blocks.(thing ()) <- [||]
  | "repeat" ->
      let steps = list_of (get "steps" step) in
      for _ = 1 to int_of (get "count" step) do
        walk me steps
      done
  | "choose" -> walk me (list_of (List.nth (list_of (get "branches" step)) (drawn me step)))
  | "mark" ->
      let mark = (me.number, thing (), now it) in
      Mutex.lock it.ending;
      it.marks <- mark :: it.marks;
      Mutex.unlock it.ending
  | other -> raise (Unable (other ^ ": this step is not known here"))

(* The last of the producers puts the end, which each consumer passes on. *)
let producer_ended it queue =
  Mutex.lock it.ending;
  it.producers.(queue) <- it.producers.(queue) - 1;
  let last = it.producers.(queue) = 0 in
  Mutex.unlock it.ending;
  if last then it.queues.(queue).put None

let task_of it number = int_of (get "task" it.instances.(number))

let instance it number =
  let begun = now it in
  let program = it.programs.(int_of (get "program" it.tasks.(task_of it number))) in
  walk (walker it number (get "draws" it.instances.(number)) 0) program;
  List.iter (producer_ended it) (puts_of it program);
  it.times.(number) <- (begun, now it);
  Mutex.lock it.ending;
  it.own <- number :: it.own;
  Mutex.unlock it.ending

let marks_json it =
  let one (number, name, time) = List [ Int number; Int name; Float time ] in
  List (List.rev_map one it.marks)

(* Of another process than the main one: for it to find when all is over. *)
let leave it =
  let time number =
    let begun, ended = it.times.(number) in
    List [ Int number; Float begun; Float ended ]
  in
  let file = open_out (Filename.concat it.folder (Printf.sprintf "left-%d" (Unix.getpid ()))) in
  output_string file
    (text_of (Object [ ("marks", marks_json it); ("times", List (List.map time it.own)) ]));
  close_out file

let contents name =
  let file = open_in_bin name in
  let text = really_input_string file (in_channel_length file) in
  close_in file;
  text

let gather it =
  let names = Sys.readdir it.folder in
  Array.sort compare names;
  Array.iter
    (fun name ->
      if String.length name > 5 && String.sub name 0 5 = "left-" then begin
        let left = parse (contents (Filename.concat it.folder name)) in
        List.iter
          (fun mark ->
            match list_of mark with
            | [ number; name; time ] ->
                it.marks <- (int_of number, int_of name, float_of time) :: it.marks
            | _ -> ())
          (list_of (get "marks" left));
        List.iter
          (fun one ->
            match list_of one with
            | [ number; begun; ended ] ->
                it.times.(int_of number) <- (float_of begun, float_of ended)
            | _ -> ())
          (list_of (get "times" left))
      end)
    names

(* Which tasks are ready: they have arrived, and those that they come after have ended. *)

type board = {
  of_runner : runner;
  mutable left : int list;
  ended : bool array;
  mutex : Mutex.t;
  changed : Condition.t;
}

let board_of it left =
  {
    of_runner = it;
    left;
    ended = Array.make (Array.length it.instances) false;
    mutex = Mutex.create ();
    changed = Condition.create ();
  }

let ready board number =
  let it = board.of_runner in
  let rec over task each i =
    i = Array.length it.instances
    || ((task_of it i <> task
        || (each && get "number" it.instances.(i) <> get "number" it.instances.(number))
        || board.ended.(i))
       && over task each (i + 1))
  in
  List.for_all
    (fun after -> over (int_of (get "task" after)) (is_true (get "each" after)) 0)
    (list_of (get "after" it.tasks.(task_of it number)))

(* The next in file order; none if none will come (or, not blocking, none is ready). *)
let take ?(block = true) board =
  let it = board.of_runner in
  let arrival number = float_of (get "arrival_ns" it.instances.(number)) *. 1e-9 in
  let rec without number = function
    | one :: rest -> if one = number then rest else one :: without number rest
    | [] -> []
  in
  Mutex.lock board.mutex;
  let rec look () =
    let soonest = ref infinity in
    let here number =
      ready board number
      && (arrival number <= now it || (soonest := min !soonest (arrival number); false))
    in
    match List.find_opt here board.left with
    | Some number ->
        board.left <- without number board.left;
        if board.left = [] then Condition.broadcast board.changed;
        Some number
    | None when board.left = [] || not block -> None
    | None when !soonest = infinity ->
        Condition.wait board.changed board.mutex;
        look ()
    | None ->
        (* No wait has a time-out: look again when the next arrives, or in a millisecond. *)
        Mutex.unlock board.mutex;
        Thread.delay (max 0. (min 0.001 (!soonest -. now it)));
        Mutex.lock board.mutex;
        look ()
  in
  let found = look () in
  Mutex.unlock board.mutex;
  found

let has_ended board number =
  Mutex.lock board.mutex;
  board.ended.(number) <- true;
  Condition.broadcast board.changed;
  Mutex.unlock board.mutex

(* The strategies. *)

let background it number = is_true (get "background" it.tasks.(task_of it number))

let run_and_end board number =
  (try instance board.of_runner number
   with other ->
     prerr_endline (Printexc.to_string other);
     Unix._exit 1);
  has_ended board number

let rec serial board =
  match take board with
  | Some number ->
      run_and_end board number;
      serial board
  | None -> ()

let threads board workers at_once =
  let started =
    if List.length board.left <= workers && not at_once then
      let rec start found =
        match take board with
        | Some number ->
            let thread = Thread.create (run_and_end board) number in
            start (if background board.of_runner number then found else thread :: found)
        | None -> List.rev found
      in
      start []
    else
      let count = min workers (max 1 (List.length board.left)) in
      List.init count (fun _ -> Thread.create serial board)
  in
  List.iter Thread.join started

(* What a process pays for its first threads is paid before the clock runs. *)
let rehearse count =
  List.iter Thread.join (List.init count (fun _ -> Thread.create (fun () -> ()) ()))

let well = function
  | _, Unix.WEXITED 0 -> ()
  | _ -> failwith "a child has not ended well"

let fork_for it work =
  match Unix.fork () with
  | 0 ->
      (try
         it.own <- [];
         it.marks <- [];
         work ();
         leave it;
         Unix._exit 0
       with _ -> Unix._exit 1)
  | child -> child

let processes board =
  let it = board.of_runner in
  let rec go started =
    if board.left = [] then started
    else
      match take ~block:false board with
      | Some number -> go ((number, fork_for it (fun () -> instance it number)) :: started)
      | None ->
          Thread.delay 0.0005;
          let runs (number, child) =
            match Unix.waitpid [ Unix.WNOHANG ] child with
            | 0, _ -> true
            | ended ->
                well ended;
                has_ended board number;
                false
          in
          go (List.filter runs started)
  in
  let started = go [] in
  List.iter
    (fun (number, child) -> if not (background it number) then well (Unix.waitpid [] child))
    started

let check plan =
  let refuse condition text = if condition then raise (Unable text) in
  let strategy = get "strategy" plan in
  let kind = string_of (get "kind" strategy) in
  let kinds = kinds_of plan in
  let tasks = list_of (get "tasks" plan) in
  let apart task = has "process" task in
  refuse (kind = "direct") "direct: threads that nobody starts exist only in the simulation";
  refuse (kind = "interpreters") "strategy: interpreters: no domains here yet";
  refuse (kind = "asyncio") "asyncio: OCaml has no event loop of its own";
  refuse (kind = "servers") "strategy: servers are only simulated yet";
  refuse (Hashtbl.mem kinds "signal") "signal: only simulated yet";
  refuse (Hashtbl.mem kinds "nogil") "nogil: OCaml's library computes nothing without the lock";
  List.iter
    (fun steps ->
      each_step
        (fun step ->
          let name = string_of (get "do" step) in
          refuse (has "timeout_ns" step) (name ^ ": OCaml has no time-out there"))
        (list_of steps))
    (list_of (get "programs" plan));
  refuse (is_true (get "pool" strategy)) "pool: OCaml has none of its own";
  refuse (list_of (get "barriers" plan) <> []) "barrier: OCaml has none of its own";
  List.iter
    (fun task ->
      refuse (int_of (get "nice" task) <> 0) "nice: OCaml's threads have none of their own";
      refuse (list_of (get "affinity" task) <> []) "affinity: OCaml's threads have none of their own";
      refuse
        (apart task && list_of (get "after" task) <> [])
        "after: a task in a process of its own waits for nobody here";
      let awaits_apart after = apart (List.nth tasks (int_of (get "task" after))) in
      refuse
        (List.exists awaits_apart (list_of (get "after" task)))
        "after: nobody waits for a task in a process of its own here")
    tasks;
  let across = kind = "processes" || List.exists apart tasks in
  List.iter
    (fun queue ->
      let over = get "over" queue and bounded = has "capacity" queue in
      refuse (over = Text "pipe") "put: OCaml has no queue over a pipe";
      refuse (over = Text "socket" && bounded) "put: a socket has a capacity of its own";
      refuse (over <> Text "socket" && across) "put: OCaml has no queue between processes")
    (list_of (get "queues" plan));
  if kind = "processes" then begin
    let instances = list_of (get "instances" plan) in
    let tasks = Array.of_list tasks in
    let here = List.filter (fun one -> not (apart tasks.(int_of (get "task" one)))) instances in
    refuse
      (List.length here > int_of (get "workers" strategy))
      "processes: OCaml has no pool for more tasks than workers";
    refuse (get "start" strategy <> Text "fork") "start: OCaml only forks";
    refuse
      (int_of (get "locks" plan) > 0 || int_of (get "conditions" plan) > 0)
      "acquire: OCaml has no lock between processes";
    refuse
      (List.exists (fun one -> has "bytes_in" one || has "bytes_out" one) instances)
      "bytes_out: nothing is sent between processes here"
  end

let runner_of request folder =
  let plan = get "plan" request in
  let list name = list_of (get name plan) in
  let count name = int_of (get name plan) in
  let blocks = Array.make (count "blocks") [||] in
  List.iter
    (fun one -> blocks.(int_of (get "block" one)) <- pages (int_of (get "bytes" one)))
    (list "data");
  let queue one =
    if get "over" one = Text "socket" then queue_of_sockets ()
    else queue_of_threads (match get "capacity" one with Null -> None | most -> Some (int_of most))
  in
  let queues = list "queues" in
  {
    programs = Array.of_list (List.map list_of (list "programs"));
    tasks = Array.of_list (list "tasks");
    instances = Array.of_list (list "instances");
    slack = float_of (get "slack_ns" request) *. 1e-9;
    folder;
    rates = rates_of plan 0.02;
    zero = 0.;
    locks = Array.init (count "locks") (fun _ -> Mutex.create ());
    conditions = Array.init (count "conditions") (fun _ -> (Mutex.create (), Condition.create ()));
    queues = Array.of_list (List.map queue queues);
    producers = Array.of_list (List.map (fun one -> int_of (get "producers" one)) queues);
    ending = Mutex.create ();
    objects = Array.make (count "objects") 0;
    blocks;
    marks = [];
    times = Array.make (List.length (list "instances")) (0., 0.);
    own = [];
  }

let run request folder =
  let plan = get "plan" request in
  check plan;
  let strategy = get "strategy" plan in
  let kind = string_of (get "kind" strategy) and workers = int_of (get "workers" strategy) in
  let it = runner_of request folder in
  let process number = get "process" it.tasks.(task_of it number) in
  let all = List.init (Array.length it.instances) Fun.id in
  let here, apart = List.partition (fun number -> process number = Null) all in
  let zero = clock () +. if apart = [] then 0. else 0.05 (* so that the others are up *) in
  it.zero <- zero;
  let over, tell = Unix.pipe () in
  let others =
    List.map
      (fun name ->
        let numbers = List.filter (fun number -> process number = name) apart in
        let live () =
          Unix.close tell;
          let board = board_of it numbers in
          (match numbers with
          | [ one ] when not (background it one) -> serial board
          | _ -> threads board (List.length numbers) false);
          ignore (Unix.read over (Bytes.create 1) 0 1) (* its end is not the run's *)
        in
        (numbers, fork_for it live))
      (List.sort_uniq compare (List.map process apart))
  in
  if kind = "threads" then rehearse (min 16 (min workers (Array.length it.instances)));
  (* It spins at last, so that all begin at the same moment. *)
  while clock () < zero do
    if zero -. clock () > 0.003 then Thread.delay 0.001
  done;
  let begun = clock () in
  if apart = [] then it.zero <- begun;
  let used = cpu_seconds () in
  let board = board_of it here in
  (match kind with
  | "serial" -> serial board
  | "threads" -> threads board workers (is_true (get "ready" strategy))
  | _ -> processes board);
  let finish = ref (clock ()) in
  ignore (Unix.write_substring tell (String.make (List.length others) '.') 0 (List.length others));
  let awaited =
    List.filter (fun (numbers, _) -> not (List.for_all (background it) numbers)) others
  in
  List.iter (fun (_, child) -> well (Unix.waitpid [] child)) awaited;
  gather it;
  List.iter
    (fun (numbers, _) ->
      List.iter (fun number -> finish := max !finish (zero +. snd it.times.(number))) numbers)
    awaited;
  let used = cpu_seconds () -. used +. children_cpu () in
  (* Beside threads that still compute there is no CPU time of one's own. *)
  let after = if List.exists (background it) here then it.rates else rates_of plan 0.012 in
  let times = Array.to_list (Array.map (fun (a, b) -> List [ Float a; Float b ]) it.times) in
  Object
    (identity
    @ [
        ("makespan_s", Float (!finish -. begun));
        ("cpu_s", Float used);
        ("tasks", List times);
        ("objects", List (Array.to_list (Array.map (fun it -> Int it) it.objects)));
        ("marks", marks_json it);
        ("rates", Object [ ("before", rates_json it.rates); ("after", rates_json after) ]);
      ])

let answer request folder =
  try
    match string_of (get "mode" request) with
    | "identify" -> Object identity
    | "calibrate" -> calibrate request
    | "run" -> run request folder
    | other -> failwith ("unknown mode " ^ other)
  with Unable text -> Object (identity @ [ ("unable", Text text) ])

let () =
  let name = Sys.argv.(1) in
  print_endline (text_of (answer (parse (contents name)) (Filename.dirname name)));
  Unix._exit 0 (* what runs in the background does not hold us up *)
