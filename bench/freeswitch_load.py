"""What callboard-freeswitch is loaded with: calls of a captured session, and the event socket that sends them.

All is made ready before anything is measured, so that sending is all that is left to do. An event has arrived when Redis has told
a subscriber of the registration that was sent behind it: a mark. Marks are registrations of extensions of their own, on the channel
that [freeswitch] registration_channel names.
"""
import json
import os
import re
import socket
import sys
import threading
import time
import uuid

from machine import CannotMeasure
from servers import HERE, encode

sys.path.append(os.path.join(HERE, "..", "tests"))
import event_socket  # noqa: E402

DOMAIN = event_socket.DOMAIN

SESSION = os.path.join(HERE, "..", "tests", "fixtures", "freeswitch", "esl", "session-call-answered.raw.gz")
VARIABLE = re.compile(event_socket.UUID.pattern + rb"|\b100[01]\b")
PAIRS = 5000  # of extensions, before they come again
PIECE = 1 << 20


class Calls:
    """The call of a session, again and again. All copies of an event have one length, and so have all copies of the call."""

    def __init__(self, bodies):
        frames = [event_socket.frame(body) for body in bodies]
        text = b"".join(frames)
        core = event_socket.CORE.search(text)[1]
        self.events, self.ends, self.length = len(frames), [], 0
        for frame in frames:
            self.length += len(frame)
            self.ends.append(self.length)
        self.fixed, self.varied, at = [], [], 0
        for match in VARIABLE.finditer(text):
            if match[0] != core:
                self.fixed.append(text[at:match.start()])
                self.varied.append(match[0])
                at = match.end()
        self.rest = text[at:]

    def copy(self, number):
        """The call as the NUMBERth one: with ids of its own, between the next pair of extensions."""
        def other(name):
            return str(uuid.uuid4()).encode() if len(name) == 36 else b"%04d" % (number % PAIRS * 2 + int(name[-1:]))
        others = {name: other(name) for name in set(self.varied)}
        parts = [part for pair in zip(self.fixed, map(others.get, self.varied)) for part in pair]
        return b"".join(parts) + self.rest

    def copies(self, events):
        """At least so many events."""
        return b"".join(map(self.copy, range(-(-events // self.events))))

    def end_of(self, events):
        """Where the first so many of the copies' events end."""
        calls, rest = divmod(events, self.events)
        return calls * self.length + (self.ends[rest - 1] if rest else 0)


class Pbx:
    """The event socket of a FreeSWITCH with one client, which it takes as it comes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.link, self.ready = None, threading.Event()
        self.wanted, self.filters = set(), set()
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
                    self.filters |= {tuple(words[1:])} if words[0] == "filter" else set()
                    self.link.sendall(event_socket.reply("+OK"))

    def subscribed(self):
        """The session's events that FreeSWITCH sends for the feed's subscription."""
        return [body for body in event_socket.bodies(SESSION)
                if event_socket.name_of(body).removeprefix("CUSTOM ") in self.wanted]

    def filtered(self):
        """Those of them that it still sends with the feed's filters: one of them is true of each."""
        return [body for body in self.subscribed()
                if any(json.loads(body).get(name) == value for name, value in self.filters)]

    def send(self, data):
        view = memoryview(data)
        for at in range(0, len(view), PIECE):
            self.link.sendall(view[at:at + PIECE])


def before_hangup(bodies):
    """The events of a call that is up."""
    return bodies[:next(at for at, body in enumerate(bodies) if event_socket.name_of(body) == "CHANNEL_HANGUP")]


class Marks:
    """Knows when Redis has told of which mark."""

    def __init__(self, redis):
        self.seen, self.came, self.made, self.ended = {}, threading.Condition(), 0, 0
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
                        number = int(line[at + 13:line.index(b'"', at + 13)]) - 20000
                        self.seen.setdefault(number, time.monotonic())
                        self.came.notify_all()

    def make(self):
        """A new mark: its number, and what is to be sent."""
        self.made += 1
        return self.made, self.event(self.made)

    def end(self):
        """What is to be sent so that the extensions of all marks made so far are not registered any more."""
        numbers, self.ended = range(self.ended + 1, self.made + 1), self.made
        return b"".join(self.event(number, "sofia::unregister") for number in numbers)

    @staticmethod
    def event(number, kind="sofia::register"):
        event = {**event_socket.phone(number)[1], "Event-Subclass": kind}
        return event_socket.frame(json.dumps(event, separators=(",", ":")).encode())

    def wait(self, number):
        with self.came:
            if not self.came.wait_for(lambda: number in self.seen, 60):
                raise CannotMeasure(f"mark {number} did not arrive")
            return self.seen[number]
