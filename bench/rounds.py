"""Loads, cases, rounds, and the tables that come out of them.

A case is one kind of request to one pool. A load is a number of client connections. For each load
the rounds are interleaved: round r runs each case once, in an order that begins with another case
each time, so that whatever else the machine does hits all cases alike.
"""
import json
import os
import re
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import Callable

import machine
import servers
from machine import CannotMeasure

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass
class Load:
    """How the clients come: connections, kept or a new one for each request."""
    key: str
    connections: int
    kept: bool = True
    workers: int = 0  # of the pools; 0: as many as the command line says

    @property
    def title(self):
        return f"{self.connections} {'kept connection' if self.kept else 'client'}" + (
            "" if self.connections == 1 else "s") + ("" if self.kept else ", a new connection per request")


@dataclass
class Case:
    """One row: requests are (method, path, body or None); check sees real answers before measuring."""
    key: str
    name: str
    pool: object
    requests: list
    check: Callable
    after: Callable = lambda: None  # undoes what a round left behind
    before: Callable = lambda: None  # makes what a round needs
    beside: Callable = None  # beside(client, case) runs while a round is measured
    file: str = ""


@dataclass
class Target:
    """Something to reach: value(results of one load) is held against a bound and printed beside it."""
    load: str
    text: str
    value: Callable
    bound: float
    at_least: bool = True
    unit: str = "×"


@dataclass
class Bench:
    """What a bench file hands over."""
    title: str
    pools: list
    cases: list
    loads: list
    targets: list
    prepare: Callable = lambda: None  # data in Redis
    notes: list = field(default_factory=list)


class Client:
    """How requests reach a pool: curl for one look at an answer, wrk to measure."""

    def __init__(self, nginx, threads):
        self.nginx, self.threads = nginx, threads
        self.wrk_headers = []
        self.curl_options = ["--cacert", nginx.place.file("cert.pem")] if nginx.tls else []
        if nginx.auth:
            user = f"{servers.USER}:{servers.PASSWORD}"
            self.curl_options += ["--user", user]
            self.wrk_headers = ["-H", "Authorization: Basic " + servers.base64.b64encode(user.encode()).decode()]

    def look(self, pool, method, path, body=None, header=None):
        """One request with curl: (status, headers by lower-case name, body)."""
        command = ["curl", "-sS", "-i", "--noproxy", "*", "--max-time", "5", "-X", method, *self.curl_options]
        if body is not None:
            kind = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
            command += ["-H", f"Content-Type: {kind}", "--data-binary", body]
        if header:
            command += ["-H", header]
        done = subprocess.run([*command, self.nginx.url(pool, path)], check=False, capture_output=True)
        head, _, text = done.stdout.decode().partition("\r\n\r\n")
        lines = head.split("\r\n")
        status = re.match(r"HTTP/\S+ (\d+)", lines[0])
        if done.returncode != 0 or not status:
            raise CannotMeasure(f"{pool.name}: {method} {path}: no answer: {done.stderr.decode().strip()}")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        return int(status[1]), headers, text

    def press(self, case, load, seconds):
        """A load on a case for some seconds: what wrk counted, as a dictionary. Times in µs."""
        threads = min(self.threads, load.connections)
        command = ["wrk", "-t", str(threads), "-c", str(load.connections), "-d", f"{seconds}s",
                   "-s", os.path.join(HERE, "wrk.lua"), *self.wrk_headers]
        if not load.kept:
            command += ["-H", "Connection: close"]
        command += [self.nginx.url(case.pool, "/"), "--", case.file]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        result = re.search(r"^RESULT (.*)$", done.stdout, re.M)
        if done.returncode != 0 or not result:
            raise CannotMeasure(f"wrk failed:\n{done.stdout}{done.stderr}")
        return json.loads(result[1])


def measure(client, redis, case, load, seconds):
    """One round of one case."""
    nginx = client.nginx
    watched = {"pool": case.pool.pid, "nginx": nginx.pid, "redis": redis.pid}

    def snapshot():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        clocks = {name: machine.cpu_seconds(pid) for name, pid in watched.items()}
        return clocks, usage.ru_utime + usage.ru_stime, machine.machine_busy_seconds()

    case.before()
    before = snapshot()
    with ThreadPoolExecutor(1) as other:
        beside = other.submit(case.beside, client, case) if case.beside else None
        counted = client.press(case, load, seconds)
    after = snapshot()
    if beside:
        beside.result()

    spent = {name: after[0][name] - before[0][name] for name in watched}
    if watched["pool"] == watched["nginx"]:
        spent["pool"] = 0.0  # nginx-lua: there is no other pool than nginx
    spent["wrk"] = after[1] - before[1]
    others = after[2] - before[2] - sum(spent.values())
    rss, pss = machine.memory_mb(case.pool.pid)
    elapsed = counted["us"] / 1e6
    requests = max(counted["requests"], 1)
    return {
        "rate": counted["requests"] / elapsed, "p50": counted["p50"], "p99": counted["p99"],
        "p999": counted["p999"], "max": counted["max"],
        "errors": sum(counted[kind] for kind in ("status", "connect", "read", "write", "timeout")),
        "pool_cpu": (spent["pool"] or spent["nginx"]) / elapsed, "rss": rss, "pss": pss,
        **{f"{name}_us": used / requests * 1e6 for name, used in spent.items()},
        "others": max(0.0, others) / elapsed / os.cpu_count(),
    }


def run_load(bench, client, redis, load, options):
    """All rounds of one load: {case key: [round, …]}. Starts and stops the pools and nginx."""
    nginx = client.nginx
    for pool in bench.pools:
        pool.start(load.workers or options.workers)
    nginx.start(bench.pools, load.connections)
    for case in bench.cases:
        case.check(client, case)
        case.after()
    for case in bench.cases:
        say(f"{load.key}: warming up {case.name}")
        client.press(case, load, options.warmup)
        case.after()

    rounds = {case.key: [] for case in bench.cases}
    for number in range(options.rounds):
        turn = number % len(bench.cases)
        for case in bench.cases[turn:] + bench.cases[:turn]:
            one = measure(client, redis, case, load, options.seconds)
            case.after()
            rounds[case.key].append(one)
            say(f"{load.key}: round {number + 1} of {options.rounds}, {case.name}: {one['rate']:.0f}/s")
    nginx.stop()
    for pool in bench.pools:
        pool.stop()
    return rounds


def say(text):
    """Progress, on stderr: the tables alone are on stdout."""
    print(f"  {text}", file=sys.stderr, flush=True)


def ratio(rounds, key, other, what="rate"):
    """The median of the ratios that each round gave by itself."""
    return median(one[what] / max(two[what], 1e-9) for one, two in zip(rounds[key], rounds[other]))


def middle(rounds, key, what):
    """The median of one figure of one case."""
    return median(one[what] for one in rounds[key])


def worst(rounds, key, what):
    """The largest value of one figure of one case."""
    return max(one[what] for one in rounds[key])


def milliseconds(us):
    """µs as ms, with as many digits as mean something."""
    return f"{us / 1000:.3f}" if us < 9995 else f"{us / 1000:.1f}"


def table(head, rows):
    """Rows of text as a table that is also Markdown; the first column to the left."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells):
        return "| " + " | ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                 for i, (cell, width) in enumerate(zip(cells, widths))) + " |"
    rule = "|" + "|".join("-" * (width + 2) if i == 0 else "-" * (width + 1) + ":"
                          for i, width in enumerate(widths)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)])


def load_table(bench, load, rounds, options):
    """The table of one load, against its first case."""
    first = bench.cases[0]
    rows = []
    for case in bench.cases:
        figures = rounds[case.key]
        rates = [one["rate"] for one in figures]
        pss = [one["pss"] for one in figures if one["pss"] is not None]
        rows.append([
            case.name, f"{median(rates):.0f}", f"{min(rates):.0f}–{max(rates):.0f}",
            f"{ratio(rounds, first.key, case.key):.2f}",
            *(milliseconds(middle(rounds, case.key, what)) for what in ("p50", "p99", "p999")),
            milliseconds(worst(rounds, case.key, "max")), str(sum(one["errors"] for one in figures)),
            f"{middle(rounds, case.key, 'pool_cpu') * 100:.0f}",
            " + ".join(f"{middle(rounds, case.key, name + '_us'):.1f}" for name in ("pool", "nginx", "redis", "wrk")),
            f"{worst(rounds, case.key, 'rss'):.1f}",
            f"{max(pss):.1f}" if pss else "–"])
    workers = load.workers or options.workers
    return f"### {load.title} ({workers} workers)\n\n" + table(
        ["case", "req/s", "low–high", f"{first.name} ÷ this", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "errors",
         "pool CPU %", "CPU µs/req: pool + nginx + Redis + wrk", "RSS MB", "Pss MB"], rows)


def target_table(bench, results):
    """Every target whose load and cases were measured, with ok or below."""
    rows = []
    for target in bench.targets:
        try:
            value = target.value(results[target.load])
        except KeyError:  # a load or a case that was left out
            continue
        if value is None:
            continue
        reached = value >= target.bound if target.at_least else value <= target.bound
        sign = "≥" if target.at_least else "≤"
        missed = "below" if target.at_least else "above"
        rows.append([target.text, f"{value:.2f}{target.unit}", f"{sign} {target.bound:g}{target.unit}",
                     "ok" if reached else missed])
    return "### Targets\n\n" + table(["what", "measured", "to reach", ""], rows) if rows else ""


def others_note(results):
    """One line on what else the machine did meanwhile."""
    shares = [one["others"] for rounds in results.values() for case in rounds.values() for one in case]
    disturbed = sum(share > 0.1 for share in shares)
    text = f"Others used more than 10 % of the machine in {disturbed} of {len(shares)} measurements"
    return text + (": these figures mean little." if disturbed > len(shares) / 10 else ".")
