"""The bench of callboard-freeswitch: captured calls as fast as they go, at 5,000 events a second, and 10,000 channels."""
import gc
import os
import time
from statistics import median

import machine
import rounds
from freeswitch_load import DOMAIN, Calls, Marks, Pbx, before_hangup
from machine import CannotMeasure
from rounds import Bench, Target

FAST, RATE, CHANNELS = 40000, 5000, 10000
TURN = 0.002  # seconds from one send to the next at RATE


class Feed:
    """The daemon with an event socket and Redis of its own."""

    def __init__(self, place, redis, options):
        program = os.path.abspath(os.path.join(os.path.dirname(options.program), "callboard-freeswitch"))
        drop = f"user = {machine.UNPRIVILEGED}\n" if os.geteuid() == 0 else ""
        self.pbx, self.redis, self.marks = Pbx(), redis, Marks(redis)
        configuration = place.file("freeswitch.conf", (
            f"[callboard]\n{drop}\n[redis]\naddress = unix:{redis.socket}\n\n"
            "[freeswitch]\nregistration_channel = registered\n\n"
            f"[freeswitch.server.bench]\nport = {self.pbx.port}\n"
            f"password_file = {place.file('esl-password', 'bench')}\n"))
        self.process = place.start("freeswitch", [program, "--config", configuration], self.pbx.ready.is_set,
                                   keep_root=True)
        self.send(b"")

    def send(self, data):
        """Sends all of it, and waits until it is in Redis. Returns how long that took."""
        number, mark = self.marks.make()
        start = time.monotonic()
        self.pbx.send(data)
        self.pbx.send(mark)
        taken = self.marks.wait(number) - start
        self.pbx.send(self.marks.end())
        return taken

    def resident_mb(self):
        return machine.kilobytes(f"/proc/{self.process.pid}/status", "VmRSS:") * 1024 / 1e6

    def measure(self, load, *arguments):
        """The figures of one round of a load, and what it cost whom."""
        pids = {"feed": self.process.pid, "redis": self.redis.pid}
        before = {name: machine.cpu_seconds(pid) for name, pid in pids.items()}
        own, busy, start = time.process_time(), machine.machine_busy_seconds(), time.monotonic()
        one = load(*arguments)
        taken = time.monotonic() - start
        spent = {name: machine.cpu_seconds(pid) - before[name] for name, pid in pids.items()}
        spent["generator"] = time.process_time() - own
        others = machine.machine_busy_seconds() - busy - sum(spent.values())
        return {**one, **{f"{name}_us": seconds / one["events"] * 1e6 for name, seconds in spent.items()},
                "others": max(0.0, others) / taken / os.cpu_count(), "rss": self.resident_mb()}

    def fast(self, data, calls):
        """As fast as they go."""
        events = len(data) // calls.length * calls.events
        return {"events": events, "rate": events / self.send(data)}

    def paced(self, data, calls, seconds):
        """At RATE, with a mark behind each turn. The time of an event counts from when its turn was due, whenever it was sent."""
        marks = [self.marks.make() for _ in range(round(seconds / TURN))]
        view, sent, due, start = memoryview(data), 0, [], time.monotonic()
        for turn, (_, mark) in enumerate(marks):
            due.append(start + turn * TURN)
            time.sleep(max(0, due[turn] - time.monotonic()))
            end = calls.end_of(round((turn + 1) * TURN * RATE))
            self.pbx.send(b"".join((view[sent:end], mark)))
            sent = end
        taken = time.monotonic() - start
        self.pbx.send(view[sent:])  # the last call's end
        delays = sorted(1e6 * (self.marks.wait(number) - at) for (number, _), at in zip(marks, due))
        self.pbx.send(self.marks.end())
        events = round(len(marks) * TURN * RATE)
        return {"events": events, "rate": events / max(taken, len(marks) * TURN), "p50": median(delays),
                "p99": delays[int(len(delays) * 0.99)], "max": delays[-1]}

    def channels(self):
        """Calls that are answered and not over: the memory, and how many Redis has at that moment."""
        calls = Calls(before_hangup(self.pbx.subscribed()))
        for number in range(CHANNELS // 2):
            self.pbx.send(calls.copy(number))
        self.send(b"")
        resident = self.resident_mb()
        live = int(self.redis.pipeline([["HLEN", f"callboard:elements:{DOMAIN}:channel"]])[0])
        if live != CHANNELS:
            raise CannotMeasure(f"Redis has {live} channels instead of {CHANNELS}")
        return resident


def row(name, figures):
    def middle(what):
        return median(one[what] for one in figures)
    rates = [one["rate"] for one in figures]
    return [name, f"{middle('rate'):.0f}", f"{min(rates):.0f}–{max(rates):.0f}", f"{1e6 / middle('feed_us'):.0f}",
            *(rounds.milliseconds(middle(what)) if what in figures[0] else "–" for what in ("p50", "p99", "max")),
            " + ".join(f"{middle(part + '_us'):.1f}" for part in ("feed", "redis", "generator")),
            f"{max(one['rss'] for one in figures):.1f}"]


def targets(empty, resident):
    """The result of the whole are the rounds of each load."""
    def per_second_of_processor(load):
        return lambda results: 1e6 / rounds.middle(results, load, "feed_us")
    return [
        Target("all", "events/s into Redis, as captured", lambda results: rounds.middle(results, "captured", "rate"),
               20000, unit=""),
        Target("all", "events per second of one core, as captured", per_second_of_processor("captured"), 20000, unit=""),
        Target("all", "events per second of one core, as filtered", per_second_of_processor("filtered"), 20000, unit=""),
        Target("all", f"p99 at {RATE} events/s", lambda results: rounds.middle(results, "paced", "p99") / 1000,
               20, False, " ms"),
        Target("all", "RSS, nothing there", lambda _: empty, 20, False, " MB"),
        Target("all", f"RSS, {CHANNELS} channels in Redis", lambda _: resident, 20, False, " MB")]


def measure(place, redis, options, _choose):
    """Its title, its tables, and all rounds' figures."""
    redis.start()
    feed = Feed(place, redis, options)
    empty = feed.resident_mb()
    captured, filtered = Calls(feed.pbx.subscribed()), Calls(feed.pbx.filtered())
    rounds.say("making calls")
    data = {calls: calls.copies(FAST) for calls in (captured, filtered)}
    paced = captured.copies(round(RATE * options.seconds) + 1)
    gc.disable()
    results = {"captured": [], "filtered": [], "paced": []}
    for number in range(options.rounds):
        results["captured"].append(feed.measure(feed.fast, data[captured], captured))
        results["filtered"].append(feed.measure(feed.fast, data[filtered], filtered))
        results["paced"].append(feed.measure(feed.paced, paced, captured, options.seconds))
        rounds.say(f"round {number + 1} of {options.rounds}: {results['captured'][-1]['rate']:.0f} events/s")
    resident = feed.channels()
    table = rounds.table(
        ["load", "events/s", "low–high", "events per CPU second of the feed", "p50 ms", "p99 ms", "max ms",
         "CPU µs/event: feed + Redis + generator", "RSS MB"],
        [row(f"as fast as they go, as captured ({captured.events} a call)", results["captured"]),
         row(f"as fast as they go, as filtered ({filtered.events} a call)", results["filtered"]),
         row(f"{RATE} a second, as captured", results["paced"])])
    reached = rounds.target_table(Bench("", [], [], [], targets(empty, resident)), {"all": results})
    notes = ["Filtered: as FreeSWITCH sends them with the feed's filters; without applications that nothing is shown of, each "
             "event has more to be written.", rounds.others_note({"all": results})]
    return "callboard-freeswitch", [table, reached, "\n".join(notes)], results
