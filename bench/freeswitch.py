#!/usr/bin/env python3
"""The bench of callboard-freeswitch: captured events, as fast as they go, at 5,000 a second, and 10,000 channels.

    bench/freeswitch.py [BUILD]     the programs are in BUILD (standard: build). Loopback only, about 15 s

An event has arrived when Redis has told a subscriber of the registration that was sent behind it: a mark. Marks are registrations
of extensions of their own, on the channel that [freeswitch] registration_channel names.
"""
import json
import os
import re
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tests")]
import event_socket  # noqa: E402
from machine import CannotMeasure, Place, TICK  # noqa: E402
from servers import Redis, encode  # noqa: E402

SESSION = os.path.join(HERE, "..", "tests", "fixtures", "freeswitch", "esl", "session-call-answered.raw.gz")
FAST, RATE, SECONDS, CALLS = 40000, 5000, 4, 5000


class Pbx:
    """The event socket of a FreeSWITCH with one client, which it takes as it comes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.link, self.ready, self.wanted = None, threading.Event(), set()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        self.link, _ = self.listener.accept()
        self.link.sendall(b"Content-Type: auth/request\n\n")
        text, lists = b"", 0
        while chunk := self.link.recv(65536):
            text += chunk
            while b"\n\n" in text:
                command, text = text.split(b"\n\n", 1)
                words = command.decode().split()
                if words[0] == "api":
                    self.link.sendall(event_socket.response('{"row_count":0}'))
                    lists += words[1] == "show"
                    if lists == 3:
                        self.ready.set()
                else:
                    self.wanted |= set(words[2:]) if words[0] == "event" else set()
                    self.link.sendall(event_socket.reply("+OK"))

    def wants(self, body):
        return event_socket.name_of(body).removeprefix("CUSTOM ") in self.wanted


def mark(number):
    event = event_socket.phone(number)[1]
    return event_socket.frame(json.dumps(event, separators=(",", ":")).encode())


class Marks:
    """When Redis has told of which mark."""

    def __init__(self, redis):
        self.seen, self.came = {}, threading.Condition()
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(redis.socket)
        self.link.sendall(encode(["SUBSCRIBE", "registered"]))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with self.link.makefile("rb") as lines:
            for line in lines:
                at = line.find(b'"from-user":"')
                if at >= 0:
                    with self.came:
                        self.seen[int(line[at + 13:line.index(b'"', at + 13)]) - 20000] = time.monotonic()
                        self.came.notify_all()

    def wait(self, number):
        with self.came:
            if not self.came.wait_for(lambda: number in self.seen, 60):
                raise CannotMeasure(f"mark {number} did not arrive")
            return self.seen[number]


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def measure_fast(pbx, marks, pid, chosen):
    frames = [event_socket.frame(body) for body in event_socket.copies(chosen, FAST)]
    data, cost, start = b"".join(frames) + mark(1), processor_seconds(pid), time.monotonic()
    pbx.link.sendall(data)
    taken = marks.wait(1) - start
    cost = processor_seconds(pid) - cost
    print(f"| as fast as they go | {len(frames) / taken:,.0f} events/s | "
          f"{len(frames) / max(cost, 0.01):,.0f} events per second of the feed's processor time |")


def measure_paced(pbx, marks, chosen):
    bodies = event_socket.copies(chosen, RATE * SECONDS)
    frames = [event_socket.frame(body) for body in bodies]
    start, sent, sent_at = time.monotonic(), 0, {}
    while sent < len(frames):
        due = min(len(frames), int((time.monotonic() - start) * RATE) + 1)
        number = 1000 + len(sent_at)
        if due > sent:
            sent_at[number] = time.monotonic()
            pbx.link.sendall(b"".join(frames[sent:due]) + mark(number))
        sent = due
        time.sleep(0.005)
    delays = sorted(1000 * (marks.wait(number) - at) for number, at in sent_at.items())
    print(f"| {RATE:,} events/s, {len(delays)} marks | p50 {delays[len(delays) // 2]:.1f} ms | "
          f"p99 {delays[int(len(delays) * 0.99)]:.1f} ms |")


def of_others(body, number):
    """The event with two extensions of its own in place of 1000 and 1001."""
    return re.sub(rb"\b100([01])\b", lambda match: b"%d%s" % (10000 + number, match[1]), body)


def measure_channels(pbx, marks, redis, pid, chosen):
    """Calls that have been answered and have not ended."""
    end = next(at for at, body in enumerate(chosen) if event_socket.name_of(body) == "CHANNEL_HANGUP")
    bodies = event_socket.copies(chosen[:end], CALLS * end)
    frames = [event_socket.frame(of_others(body, at // end)) for at, body in enumerate(bodies)]
    pbx.link.sendall(b"".join(frames) + mark(2))
    marks.wait(2)
    key = f"callboard:elements:{event_socket.DOMAIN}:channel"
    print(f"| {redis.pipeline([['HLEN', key]])[0]} channels | {resident_mib(pid):.1f} MiB resident | |")


def run(place, program):
    pbx, redis = Pbx(), Redis(place, False)
    redis.start()
    configuration = place.file("callboard.conf", f"""[callboard]
user = www-data
[redis]
address = unix:{redis.socket}
[freeswitch]
registration_channel = registered
[freeswitch.server.bench]
port = {pbx.port}
password_file = {place.file("password", "bench")}
""")
    marks = Marks(redis)
    feed = place.start("feed", [program, "--config", configuration], pbx.ready.is_set, keep_root=True)
    chosen = [body for body in event_socket.bodies(SESSION) if pbx.wants(body)]
    print(f"| load ({len(chosen)} events a call) | | |\n|---|---|---|")
    print(f"| nothing yet | {resident_mib(feed.pid):.1f} MiB resident | |")
    measure_fast(pbx, marks, feed.pid, chosen)
    measure_paced(pbx, marks, chosen)
    measure_channels(pbx, marks, redis, feed.pid, chosen)


def main():
    place = Place()
    try:
        build = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "build")
        run(place, os.path.abspath(os.path.join(build, "callboard-freeswitch")))
        place.clear(False)
    except CannotMeasure as problem:
        place.clear(True)
        sys.exit(f"bench: {problem}; logs are in {place.path}")


main()
