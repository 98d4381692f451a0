#!/usr/bin/env python3
"""notify.py - clients that post packets which must not be lost, and a look at what came of them.

usage: notify.py post TYPE CLIENTS PACKETS BATCH [STOP]  each client posts its share of PACKETS, BATCH at a time, and the next
                                                 ones only when these are acknowledged; with STOP it goes on until
                                                 there is a file of this name, and makes a file STOP.STATUS
                                                 whenever there is none for the status of an answer
       notify.py wait TYPE CLIENTS SECONDS       clients that wait for packets of TYPE, all at once
       notify.py check FILE                      compares what `post` printed into FILE with the list on standard input,
                                                 oldest packet last, as LRANGE prints it

Where the server is comes from CALLBOARD_HTTP_URL, CALLBOARD_USER and CALLBOARD_PASSWORD; several servers, with blanks between
them, in CALLBOARD_HTTP_URLS. Prints what happened as JSON.
"""
import base64
import collections
import http.client
import json
import os
import selectors
import socket
import sys
import threading
import time
import urllib.parse


def servers():
    urls = os.environ.get("CALLBOARD_HTTP_URLS") or os.environ["CALLBOARD_HTTP_URL"]
    return [urllib.parse.urlsplit(url) for url in urls.split()]


def credential():
    pair = f"{os.environ['CALLBOARD_USER']}:{os.environ['CALLBOARD_PASSWORD']}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


class Poster(threading.Thread):
    """Posts packets {"ref": "CLIENT-NUMBER"} in order, each batch until it is acknowledged."""

    def __init__(self, url, packet_type, name, packets, batch, stop):
        super().__init__(daemon=True)
        self.url, self.type, self.name_, self.packets = url, packet_type, name, packets
        self.batch, self.stop = batch, stop
        self.statuses = collections.Counter()
        self.acknowledged = 0
        self.repeated = 0  # packets sent again because they were not acknowledged
        self.slowest = 0.0
        self.connection = None

    def post(self, body):
        headers = {"Authorization": credential(), "Content-Type": "application/x-ndjson"}
        begun = time.monotonic()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)
            self.connection.request("POST", f"/notifications/{self.type}", body, headers)
            response = self.connection.getresponse()
            response.read()
            status = response.status
        except (OSError, http.client.HTTPException):
            self.connection = None
            status = 0
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.statuses[status] += 1
        if self.stop and not os.path.exists(f"{self.stop}.{status}"):
            with open(f"{self.stop}.{status}", "w", encoding="ascii"):
                pass
        return status

    def run(self):
        number = 0
        while number < self.packets or (self.stop and not os.path.exists(self.stop)):
            count = self.batch
            body = "".join('{"type":"cdr","payload":{"ref":"%s-%d"}}\n' % (self.name_, number + i)
                           for i in range(count))
            while self.post(body) not in (200, 202):
                self.repeated += count
                time.sleep(0.02)
            number += count
            self.acknowledged = number


def post(packet_type, clients, packets, batch, stop=None):
    urls = servers()
    posters = [Poster(urls[i % len(urls)], packet_type, f"c{i}", packets // clients, batch, stop)
               for i in range(clients)]
    begun = time.monotonic()
    for poster in posters:
        poster.start()
    for poster in posters:
        poster.join(240)
    statuses = collections.Counter()
    for poster in posters:
        statuses.update(poster.statuses)
    print(json.dumps({
        "acknowledged": {p.name_: p.acknowledged for p in posters}, "statuses": dict(sorted(statuses.items())),
        "repeated": sum(p.repeated for p in posters),
        "slowest_ms": round(1000 * max(p.slowest for p in posters)),
        "seconds": round(time.monotonic() - begun, 2)}))


def check(file):
    with open(file, encoding="utf-8") as posted:
        acknowledged = json.load(posted)["acknowledged"]
    seen = collections.Counter()
    last = {}
    out_of_order = strangers = 0
    for line in reversed(sys.stdin.read().splitlines()):
        name, number = json.loads(line)["payload"]["ref"].rsplit("-", 1)
        if name not in acknowledged:
            strangers += 1
            continue
        seen[name, int(number)] += 1
        if seen[name, int(number)] == 1:
            out_of_order += int(number) < last.get(name, -1)
            last[name] = int(number)
    lost = sum((name, number) not in seen
               for name, count in acknowledged.items() for number in range(count))
    print(f"lost {lost}, twice {sum(seen.values()) - len(seen)}, out of order {out_of_order}, "
          f"of {sum(acknowledged.values())} acknowledged")


def wait(packet_type, clients, seconds):
    """All wait with one thread; a client that is answered asks again."""
    url = servers()[0]
    request = (f"GET /notifications/{packet_type}?wait={seconds}&max=1 HTTP/1.1\r\nHost: x\r\n"
               f"Authorization: {credential()}\r\n\r\n").encode()
    selector = selectors.DefaultSelector()
    got, empty, broken = [], 0, 0
    for _ in range(clients):
        client = socket.create_connection((url.hostname, url.port))
        client.sendall(request)
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ, bytearray())
    print(json.dumps({"waiting": clients}), flush=True)
    deadline = time.monotonic() + seconds + 10
    left = clients
    while left and time.monotonic() < deadline:
        for key, _ in selector.select(1):
            data = key.fileobj.recv(65536)
            key.data.extend(data)
            head, _, body = bytes(key.data).partition(b"\r\n\r\n")
            length = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            if data and (not length or len(body) < length[0]):
                continue
            selector.unregister(key.fileobj)
            key.fileobj.close()
            left -= 1
            if not data or not head.startswith(b"HTTP/1.1 200"):
                broken += 1
                continue
            packets = json.loads(body)["packets"]
            got += [p["packet"]["payload"]["ref"] for p in packets]
            empty += not packets
    print(json.dumps({"got": len(got), "different": len(set(got)), "empty": empty, "broken": broken + left}))


def main():
    words = sys.argv[1:]
    if words[0] == "post":
        post(words[1], int(words[2]), int(words[3]), int(words[4]), *words[5:])
    elif words[0] == "wait":
        wait(words[1], int(words[2]), int(words[3]))
    else:
        check(words[1])


main()
