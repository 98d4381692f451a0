"""The bench of the event stream: many clients on one process, changes told to all of them, and all of them coming at once."""
import json
import os
import resource
import shutil
import subprocess
import time
from dataclasses import dataclass
from statistics import median

import machine
from machine import UNPRIVILEGED, CannotMeasure, answers
from rounds import Target, others_note, say, table, target_table
from servers import HERE

DOMAIN = "bench.example"
EXTENSIONS, CALLS, GROUPS = 200, 50, 10
START = 1546839040035125
ELEMENTS = ["channel", "user", "group", "group_member", "terminal", "domain", "server"]


# ---- what stands ----

def channel(number):
    extension = str(1000 + number)
    return {"uuid": f"call-{number}", "direction": "incoming", "peer_location": "ext", "calling_name": "Ada Lovelace",
            "calling_number": "02122853348", "called_number": extension, "offer_timestamp": START,
            "answer_timestamp": START, "user_id": extension, "state": {"ts": START, "name": "bridged"},
            "target": {"type": "user", "id": extension, "name": f"Extension {extension}"}, "server": "pbx1",
            "last_event": "answer", "other_info": {"type": "pstn", "direction": "incoming", "address": "02122853348"}}


def user(number):
    extension = str(1000 + number)
    return {"id": extension, "name": f"Extension {extension}", "do_not_disturb_status": False, "language": "en",
            "main_extension": extension, "presence": "available", "role": "user", "label": f"Desk {number}", "mwi": 0}


def terminal(number):
    extension = str(1000 + number)
    return {"id": extension, "name": extension, "assoc_user_id": extension, "type": "sip",
            "user_agent": "Yealink SIP-T46S 66.85.0.5", "registered": True}


def member(number):
    group, extension = f"group{number % GROUPS}", str(1000 + number)
    return {"id": f"{group}:{extension}", "group_id": group, "user_id": extension, "priority": 1, "login_status": True}


def all_elements():
    """(kind, id, element) of an office of 200 extensions with 50 calls."""
    yield from (("channel", f"call-{number}", channel(number)) for number in range(CALLS))
    for number in range(EXTENSIONS):
        for kind, element in ("user", user(number)), ("terminal", terminal(number)), ("group_member", member(number)):
            yield kind, element["id"], element
    for number in range(GROUPS):
        group = {"id": f"group{number}", "name": f"group{number}", "type": 0, "queue": True, "label": f"Group {number}"}
        yield "group", group["id"], group
    yield "domain", DOMAIN, {"id": DOMAIN, "name": DOMAIN}
    yield "server", "pbx1", {"id": "pbx1", "state": "up", "since": START}


# ---- who tells it ----

class Gateway:
    """callboard-events."""

    key, name = "gateway", "callboard-events"

    def __init__(self, place, redis, options):
        self.place, self.redis = place, redis
        programs = os.path.dirname(options.program)
        self.program = os.path.join(programs, "callboard-events")
        self.socket, tokens = place.file("events.sock"), place.file("tokens")
        made = subprocess.run([os.path.join(programs, "callboard-passwd"), tokens, "token", "add", DOMAIN],
                              check=False, capture_output=True, text=True)
        if made.returncode != 0:
            raise CannotMeasure(f"callboard-passwd: {made.stderr}")
        if os.geteuid() == 0:
            shutil.chown(tokens, UNPRIVILEGED)
        self.credential = f"{DOMAIN}:{made.stdout.strip()}"
        drop = "".join(f"{what} = {UNPRIVILEGED}\n" for what in ("user", "group", "socket_group") if os.geteuid() == 0)
        self.configuration = place.file("events.conf", (
            f"[callboard]\n{drop}log = {place.file('events-own.log')}\nlog_level = warning\n"
            f"[redis]\naddress = unix:{redis.socket}\n"
            f"[events]\nlisten = unix:{self.socket}\ntokens = {tokens}\nconnections = 20000\n"
            "domain_connections = 20000\naddress_connections = 20000\n"))

    def start(self):
        return self.place.start(self.key, [self.program, "--config", self.configuration],
                                lambda: answers(self.socket), keep_root=True)


class NodeWs:
    """The same as a program of some fifty lines for Node's ws."""

    key, name = "ws", "Node ws"

    def __init__(self, place, redis, _options):
        self.place, self.redis = place, redis
        self.socket, self.credential = place.file("ws.sock"), f"{DOMAIN}:bench-only"
        self.modules = place.copy(os.path.join(HERE, "express", "node_modules"), "node_modules")
        self.program = place.copy(os.path.join(HERE, "peers", "ws_fanout.js"), "ws_fanout.js")

    def start(self):
        return self.place.start(self.key, [
            "env", "NODE_ENV=production", f"NODE_PATH={self.modules}:/usr/share/nodejs", "node", self.program,
            self.socket, self.redis.socket, self.credential, *ELEMENTS],
            lambda: "listens" in self.place.log(self.key))


class Clients:
    """stream_load.c, started against a server; each line that it says is a dictionary."""

    def __init__(self, place, build):
        built = os.path.join(build, "stream_load")
        command = ["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra",
                   os.path.join(HERE, "stream_load.c"), "-o", built]
        if subprocess.run(command, check=False).returncode != 0:
            raise CannotMeasure("stream_load.c does not build")
        self.place, self.program = place, place.copy(built, "stream_load")

    def start(self, server, clients, spread_ms, *changes):
        command = [self.program, server.socket, server.credential, str(clients), str(spread_ms), *map(str, changes)]
        return self.place.start("clients", command, lambda: True)

    def said(self, process, line):
        """The line of that number, waited for."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            lines = self.place.log("clients").split("\n")
            if len(lines) > line + 1 and lines[line].startswith("{"):
                return json.loads(lines[line])
            if process.poll() is not None:
                break
            time.sleep(0.01)
        raise CannotMeasure(f"the clients failed: {self.place.log('clients')}")

    def stop(self, process, line, expected):
        self.place.stop(process)
        there = json.loads(self.place.log("clients").split("\n")[line])["there"]
        if there != expected:
            raise CannotMeasure(f"{expected - there} of {expected} clients were cut off")


# ---- loads ----

def resident_kb(process):
    return machine.memory_mb(process.pid)[0] * 1024


@dataclass
class Idle:
    """What a client costs that is there and hears nothing."""
    clients: int
    key = "idle"
    unit, head = "KB", ["KB a client", "resident MB, none", "resident MB, all", "CPU ms a client"]

    @property
    def title(self):
        return f"{self.clients:,} clients who hear nothing"

    def measure(self, server, process, redis, clients):
        first = clients.start(server, 1, 0)  # what the first one costs is nobody's share
        clients.said(first, 0)
        clients.stop(first, 1, 1)
        before, spent = resident_kb(process), machine.cpu_seconds(process.pid)
        crowd = clients.start(server, self.clients, self.clients // 2)
        clients.said(crowd, 0)
        time.sleep(1)
        after, spent = resident_kb(process), machine.cpu_seconds(process.pid) - spent
        clients.stop(crowd, 1, self.clients)
        return {"figure": (after - before) / self.clients, "before": before / 1024, "after": after / 1024,
                "cpu_ms": spent * 1000 / self.clients}

    def row(self, middle):
        return [f"{middle('figure'):.1f}", f"{middle('before'):.1f}", f"{middle('after'):.1f}", f"{middle('cpu_ms'):.2f}"]


@dataclass
class Fanout:
    """Each change is told to every client."""
    clients: int
    rate: int
    seconds: int
    key = "fanout"
    unit, head = " ms", ["p50 ms", "p99 ms", "max ms", "CPU %", "CPU µs a message: server + clients", "told/s"]

    @property
    def title(self):
        return f"{self.rate:,} changes a second to {self.clients:,} clients"

    def measure(self, server, process, redis, clients):
        crowd = clients.start(server, self.clients, 1000, redis.socket, DOMAIN, self.rate, self.seconds)
        clients.said(crowd, 0)
        spent = [machine.cpu_seconds(each.pid) for each in (process, crowd)]
        told = clients.said(crowd, 1)
        spent = [machine.cpu_seconds(each.pid) - before for each, before in zip((process, crowd), spent)]
        clients.stop(crowd, 2, self.clients)
        if told["heard"] != told["written"] * self.clients:
            raise CannotMeasure(f"{server.name}: of {told['written']} changes to {self.clients} clients {told['heard']} were heard")
        return {"figure": told["p99_us"] / 1000, "p50": told["p50_us"] / 1000, "max": told["max_us"] / 1000,
                "cpu": 100 * spent[0] / told["seconds"],
                **{f"{name}_us": 1e6 * seconds / told["heard"] for name, seconds in zip(("server", "clients"), spent)},
                "rate": told["heard"] / told["seconds"]}

    def row(self, middle):
        return [f"{middle('p50'):.1f}", f"{middle('figure'):.1f}", f"{middle('max'):.1f}", f"{middle('cpu'):.0f}",
                f"{middle('server_us'):.2f} + {middle('clients_us'):.2f}", f"{middle('rate'):,.0f}"]


@dataclass
class Storm:
    """All come at once, and each has to be told what stands."""
    clients: int
    key = "storm"
    unit, head = " s", ["last has all, s", "slowest client, ms", "CPU s"]

    @property
    def title(self):
        return f"{self.clients:,} clients who come within a second"

    def measure(self, server, process, redis, clients):
        spent = machine.cpu_seconds(process.pid)
        crowd = clients.start(server, self.clients, 1000)
        ready = clients.said(crowd, 0)
        spent = machine.cpu_seconds(process.pid) - spent
        clients.stop(crowd, 1, self.clients)
        return {"figure": ready["last_us"] / 1e6, "slowest": ready["slowest_us"] / 1000, "cpu": spent}

    def row(self, middle):
        return [f"{middle('figure'):.2f}", f"{middle('slowest'):.0f}", f"{middle('cpu'):.2f}"]


# ---- all of it ----

def seed(redis):
    stream = f"callboard:events:{DOMAIN}"
    commands = [["FLUSHALL"]]
    commands += [["HSET", f"callboard:elements:{DOMAIN}:{kind}", name, json.dumps(element, separators=(",", ":"))]
                 for kind, name, element in all_elements()]
    server = {"id": "pbx1", "state": "up", "since": START}
    commands.append(["XADD", stream, "*", "element", "server", "id", "pbx1", "event", "updated", "data", json.dumps(server)])
    redis.pipeline(commands)


def spent_by(process, redis):
    """Seconds of processor time, of the machine and of what is ours; clients count once they have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours = machine.cpu_seconds(process.pid) + machine.cpu_seconds(redis.pid) + time.process_time()
    return machine.machine_busy_seconds(), ours + ended.ru_utime + ended.ru_stime


def run_load(load, servers, redis, clients, rounds):
    """All rounds: {server's key: [round, …]}, the servers in a turning order, each started anew."""
    results = {server.key: [] for server in servers}
    for number in range(rounds):
        turn = number % len(servers)
        for server in servers[turn:] + servers[:turn]:
            seed(redis)
            process = server.start()
            before, began = spent_by(process, redis), time.monotonic()
            one = load.measure(server, process, redis, clients)
            busy, ours = (after - start for after, start in zip(spent_by(process, redis), before))
            one["others"] = max(0.0, busy - ours) / (time.monotonic() - began) / os.cpu_count()
            server.place.stop(process)
            if os.path.exists(server.socket):
                os.unlink(server.socket)
            results[server.key].append(one)
            say(f"{load.key}: round {number + 1} of {rounds}, {server.name}: {one['figure']:.2f}{load.unit}")
    return results


def load_table(load, servers, results):
    rows = []
    for server in servers:
        figures = results[server.key]
        rows.append([server.name, *load.row(lambda what: median(one[what] for one in figures))])
    return f"### {load.title}\n\n" + table(["", *load.head], rows)


def middle(rounds):
    return median(one["figure"] for one in rounds["gateway"])


TARGETS = [
    Target("idle", "memory a client", middle, 20, at_least=False, unit=" KB"),
    Target("fanout", "p99 of hearing of a change", middle, 50, at_least=False, unit=" ms"),
    Target("storm", "the last has all that stands", middle, 2, at_least=False, unit=" s"),
]


def measure(place, redis, options, choose):
    """Measures; returns the tables, and all rounds' figures."""
    small = 10 if options.quick else 1
    loads = choose([Idle(10000 // small), Fanout(1000 // small, 1000, options.seconds), Storm(2000 // small)],
                   options.loads, "load")
    servers = choose([Gateway(place, redis, options), NodeWs(place, redis, options)], options.cases, "case")
    clients = Clients(place, options.build)
    redis.start()
    results = {load.key: run_load(load, servers, redis, clients, options.rounds) for load in loads}

    class Seen:
        title, targets = "The event stream", TARGETS
    stands = sum(len(json.dumps(element)) for _, _, element in all_elements())
    parts = [load_table(load, servers, results[load.key]) for load in loads]
    parts.append(target_table(Seen, results))
    parts.append(f"What stands is {stands // 1024} KB of JSON: {EXTENSIONS} extensions, {CALLS} calls. "
                 "Clients are on one thread of one process, over a unix socket; there is no web server between.\n"
                 + others_note(results))
    return Seen.title, parts, results
