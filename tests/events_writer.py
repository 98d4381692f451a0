"""events_writer.py SOCKET DOMAIN SECONDS - changes channels of a domain all the time, each with its event in one transaction.

Speaks to Redis by itself. Each channel's called_number counts its updates. Ends with a channel called "end", and prints
what stands then.
"""
import json
import random
import socket
import sys
import time

path, domain, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
redis = socket.socket(socket.AF_UNIX)
redis.connect(path)
answers = redis.makefile("rb")
hash_key = f"callboard:elements:{domain}:channel"
stream = f"callboard:events:{domain}"


def command(*words):
    encoded = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def change(event, uuid, item):
    data = json.dumps(item)
    kept = command("HDEL", hash_key, uuid) if event == "removed" else command("HSET", hash_key, uuid, data)
    entry = command("XADD", stream, "*", "element", "channel", "id", uuid, "event", event, "data", data)
    redis.sendall(command("MULTI") + kept + entry + command("EXEC"))
    for _ in range(3):
        answers.readline()
    count = int(answers.readline()[1:])
    for _ in range(count):
        line = answers.readline()
        if line.startswith(b"$"):
            answers.readline()
        assert not line.startswith(b"-"), line


channels = {}
number = 0
until = time.monotonic() + seconds
while time.monotonic() < until:
    draw = random.random()
    if draw < 0.3 or not channels:
        number += 1
        uuid = f"c{number}"
        channels[uuid] = 0
        event = "added"
    else:
        uuid = random.choice(list(channels))
        event = "removed" if draw < 0.5 else "updated"
        channels[uuid] += event == "updated"
    change(event, uuid, {"uuid": uuid, "called_number": str(channels[uuid])})
    if event == "removed":
        del channels[uuid]
    time.sleep(0.0005)
channels["end"] = 0
change("added", "end", {"uuid": "end", "called_number": "0"})
print(json.dumps({uuid: str(value) for uuid, value in sorted(channels.items())}, separators=(",", ":")))
