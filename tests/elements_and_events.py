#!/usr/bin/env python3
"""elements_and_events.py SOCKET DOMAIN: looks at channels and at their stream in one step, again and again, and counts
the times at which they do not tell the same. Ends, and prints what it counted, when it is interrupted."""
import signal
import socket
import sys

ENTRIES, HASH = f"callboard:events:{sys.argv[2]}", f"callboard:elements:{sys.argv[2]}:channel"
LOOK = "return {redis.call('HGETALL', KEYS[1]), redis.call('XRANGE', KEYS[2], '(' .. ARGV[1], '+')}"
STOP = []


class Redis:
    """As much of a client as is needed here."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def ask(self, *words):
        text = b"*%d\r\n" % len(words)
        for word in words:
            text += b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode())
        self.socket.sendall(text)
        return self.read()

    def read(self):
        line = self.file.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return rest.decode()


def main():
    redis, told, last, looks, apart = Redis(sys.argv[1]), {}, "0", 0, 0
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: STOP.append(1))
    print("watching", flush=True)
    while not STOP:
        fields, entries = redis.ask("EVAL", LOOK, "2", HASH, ENTRIES, last)
        for last, words in entries:
            entry = dict(zip(words[::2], words[1::2]))
            if entry["element"] != "channel":
                continue
            if entry["event"] == "removed":
                told.pop(entry["id"], None)
            else:
                told[entry["id"]] = entry["data"]
        looks += 1
        apart += told != dict(zip(fields[::2], fields[1::2]))
    print(f"{looks} looks, {apart} apart", flush=True)


main()
