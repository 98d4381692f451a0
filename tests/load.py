#!/usr/bin/env python3
"""load.py - many clients at once against one callboard, over plain HTTP and kept connections.

usage: load.py SCENARIO CLIENTS SECONDS

SCENARIO is one of
  create     each client POSTs entries of ANIs of its own; checks each answer
  same-ani   all clients POST entries of one ANI, until the pool is full
  take       all clients DELETE the same entries; counts who gets what
  mixed      POST, GET and DELETE in turn, reading back what was left

Where the server is comes from CALLBOARD_HTTP_URL, CALLBOARD_USER and CALLBOARD_PASSWORD. Prints what happened
as JSON, after SECONDS or, if that comes earlier, SIGTERM: how many answers of each status, answers that were wrong,
connections that failed, the slowest answer in milliseconds, the first and the last time of each status. Entries for `take`
come on standard input, a key a line.
"""
import base64
import collections
import http.client
import json
import os
import signal
import sys
import threading
import time
import urllib.parse

URL = urllib.parse.urlsplit(os.environ["CALLBOARD_HTTP_URL"])
CREDENTIAL = base64.b64encode(
    f"{os.environ['CALLBOARD_USER']}:{os.environ['CALLBOARD_PASSWORD']}".encode()).decode()
PATH = "/cticache/DNIS-ANI"
ending = threading.Event()


class Client(threading.Thread):
    """One kept connection that does its scenario until the time is over."""

    def __init__(self, number, scenario, until, keys):
        super().__init__(daemon=True)
        self.number, self.scenario, self.until, self.keys = number, scenario, until, keys
        self.statuses = collections.Counter()
        self.seen = {}  # status -> (first, last), seconds since the epoch
        self.slowest = 0.0
        self.wrong = []
        self.broken = 0
        self.dnis = []
        self.connection = None

    def call(self, method, path, body=None):
        """Status and body; (0, "") when the connection failed."""
        headers = {"Authorization": "Basic " + CREDENTIAL}
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        begun = time.monotonic()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=20)
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            status, text = response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            self.broken += 1
            self.connection = None
            return 0, ""
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.statuses[status] += 1
        now = time.time()
        self.seen[status] = (self.seen.get(status, (now,))[0], now)
        return status, text

    def expect(self, what, status, text, wanted_status, wanted):
        if status not in (0, 503) and (status != wanted_status or json.loads(text) != wanted):
            self.wrong.append(f"{what}: {status} {text}")

    def create(self, ani, value):
        status, text = self.call("POST", PATH, {"value": value, "ani": ani})
        if status == 201:
            answer = json.loads(text)
            if answer.get("ani") != ani or answer.get("value") != value or not answer.get("dnis"):
                self.wrong.append(f"POST: {text}")
            return answer.get("dnis")
        if status not in (0, 503):
            self.wrong.append(f"POST: {status} {text}")
        return None

    def run(self):
        turn = 0
        while time.monotonic() < self.until and not ending.is_set():
            turn += 1
            if self.scenario == "create":
                self.create(f"{self.number:04d}{turn:06d}", f"v{turn}")
            elif self.scenario == "same-ani":
                dnis = self.create("1234567890", self.number)
                if dnis is None:
                    return
                self.dnis.append(dnis)
            elif self.scenario == "take":
                if turn > len(self.keys):
                    return
                self.call("DELETE", f"{PATH}/{self.keys[turn - 1]}")
            else:
                self.round(turn)

    def round(self, turn):
        ani, value = f"{self.number:04d}{turn:06d}", {"turn": turn}
        dnis = self.create(ani, value)
        if dnis is None:
            return
        status, text = self.call("GET", f"{PATH}/{dnis}:{ani}")
        self.expect("GET", status, text, 200, {"value": value})
        status, text = self.call("DELETE", f"{PATH}/{dnis}:{ani}")
        self.expect("DELETE", status, text, 200, {"value": value})


def main():
    scenario, clients, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    keys = sys.stdin.read().split() if scenario == "take" else []
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    until = time.monotonic() + seconds
    all_clients = [Client(i, scenario, until, keys) for i in range(clients)]
    for client in all_clients:
        client.start()
    for client in all_clients:
        client.join(seconds + 60)
    statuses, seen, dnis = collections.Counter(), {}, []
    for client in all_clients:
        statuses.update(client.statuses)
        dnis += client.dnis
        for status, (first, last) in client.seen.items():
            known = seen.get(status, (first, last))
            seen[status] = (min(first, known[0]), max(last, known[1]))
    print(json.dumps({
        "statuses": statuses, "broken": sum(c.broken for c in all_clients),
        "wrong": [w for c in all_clients for w in c.wrong][:5],
        "slowest_ms": round(1000 * max(c.slowest for c in all_clients)),
        "seen": seen, "dnis": dnis}))


main()
