"""The bench's command: python3 bench [options] [bench]. bench/run installs and builds, then calls this."""
import argparse
import importlib
import json
import os
import platform
import resource
import signal
import subprocess
import sys

import rounds
from machine import CannotMeasure, Place
from servers import HERE, Nginx, Redis

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

BENCHES = ["cache", "credentials", "directory", "events", "freeswitch", "notifications", "phonecalls"]


def arguments():
    # The words for people are in bench/run, which also answers --help.
    cores = os.cpu_count()
    parser = argparse.ArgumentParser(prog="bench/run", add_help=False, allow_abbrev=False,
                                     usage="%(prog)s [OPTION]... [BENCH]; --help says more")
    parser.add_argument("bench", nargs="?", choices=BENCHES, default="cache")
    parser.add_argument("--program")
    parser.add_argument("--build")
    parser.add_argument("--check-options", action="store_true")  # bench/run, before it builds
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--loads")
    parser.add_argument("--cases")
    parser.add_argument("--workers", type=int, default=cores)
    parser.add_argument("--nginx-workers", type=int, default=cores)
    parser.add_argument("--wrk-threads", type=int, default=max(1, cores // 2))
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--auth", action="store_true")
    parser.add_argument("--aof", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 4)
    options.warmup = 1 if options.quick else 2
    return options


def choose(things, keys, kind):
    """The things whose keys were named, all when none was."""
    if not keys:
        return things
    wanted = keys.split(",")
    unknown = set(wanted) - {thing.key for thing in things}
    if unknown:
        print(f"bench/run: no such {kind}: {', '.join(sorted(unknown))}; "
              f"there are {', '.join(thing.key for thing in things)}", file=sys.stderr)
        sys.exit(2)
    return [thing for thing in things if thing.key in wanted]


def first_line(*command):
    """The first line that a program prints about itself."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().split("\n")[0]


def surroundings(options):
    """What a reader must know to compare the figures with others."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    commit = first_line("git", "-C", HERE, "describe", "--always", "--dirty")
    if commit.startswith("fatal"):
        commit = "(no commit)"
    redis = first_line("redis-server", "--version").split("v=")[-1].split()[0]
    transport = ("TLS" if options.tls else "plain HTTP") + (", basic auth" if options.auth else ", no auth")
    return "\n".join([
        f"- {os.cpu_count()} cores of {model}, Linux {platform.release()}",
        f"- {first_line('nginx', '-v').replace('nginx version: ', '')}, {options.nginx_workers} workers; Redis {redis}"
        f"{', AOF' if options.aof else ', no persistence'}; Node.js {first_line('node', '--version')}; "
        f"{first_line('wrk', '-v').split(' [')[0]}, {options.wrk_threads} threads",
        f"- callboard {commit}; {transport}; "
        f"{options.rounds} rounds of {options.seconds} s"])


def measure_requests(place, redis, options, _choose):
    """A bench of requests through nginx: its title, its tables, and all rounds' figures."""
    bench = importlib.import_module(options.bench).bench(place, redis, options)
    bench.cases = choose(bench.cases, options.cases, "case")
    bench.loads = choose(bench.loads, options.loads, "load")
    bench.pools = [pool for pool in bench.pools if any(case.pool is pool for case in bench.cases)]
    for case in bench.cases:
        case.file = place.file(f"requests.{case.key}", "".join(
            f"{method}\t{path}\t{body or ''}\n" for method, path, body in case.requests))

    redis.start()
    bench.prepare()
    client = rounds.Client(Nginx(place, options.nginx_workers, options.tls, options.auth), options.wrk_threads)
    results = {load.key: rounds.run_load(bench, client, redis, load, options) for load in bench.loads}
    parts = [rounds.load_table(bench, load, results[load.key], options) for load in bench.loads]
    parts += [rounds.target_table(bench, results), "\n".join(bench.notes + [rounds.others_note(results)])]
    return bench.title, parts, results


def main():
    options = arguments()
    if options.check_options:
        return 0
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))

    place, kept = Place(), options.keep
    for number in ENDING:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        redis = Redis(place, options.aof)
        module = importlib.import_module(options.bench)
        measure = measure_requests if hasattr(module, "bench") else module.measure
        title, parts, results = measure(place, redis, options, choose)
        print("\n\n".join(part for part in [f"## {title}", surroundings(options), *parts] if part))
        if options.json:
            with open(options.json, "w", encoding="utf-8") as out:
                json.dump(results, out, indent=1)
        return 0
    except CannotMeasure as problem:
        kept = True
        print(f"bench: {problem}\nbench: logs and configuration are kept in {place.path}", file=sys.stderr)
        return 1
    finally:
        for number in ENDING:  # whoever asks twice is not to keep us from ending what we started
            signal.signal(number, signal.SIG_IGN)
        place.clear(kept)
        if options.keep:
            print(f"bench: logs and configuration are kept in {place.path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
