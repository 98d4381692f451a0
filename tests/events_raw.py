#!/usr/bin/env python3
"""events_raw.py SOCKET CREDENTIAL [from=ADDRESS] [path=PATH] ACTION - a client of the event stream that misbehaves, over a unix
socket: it never answers a ping. Prints a line for each frame, the name of its kind and, of a text, what is in it; at the end
"closed".

  read      reads all there is, slowly
  deaf      reads nothing once the handshake is answered
"""
import base64
import os
import socket
import sys
import time

KINDS = {0: "more", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


def connect(path, credential, options):
    link = socket.socket(socket.AF_UNIX)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.connect(path)
    lines = [f"GET {options.get('path', '/events')} HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
             f"Authorization: Basic {base64.b64encode(credential.encode()).decode()}"]
    if "from" in options:
        lines.append(f"X-Forwarded-For: {options['from']}")
    link.sendall("\r\n".join([*lines, "", ""]).encode())
    reader = link.makefile("rb", 4096)
    print(reader.readline().decode().strip(), flush=True)
    while reader.readline().strip():
        pass
    return link, reader


def read_frames(reader):
    while len(head := reader.read(2)) == 2:
        length = head[1] & 127
        if length > 125:
            length = int.from_bytes(reader.read(2 if length == 126 else 8), "big")
        data = reader.read(length)
        kind = KINDS[head[0] & 15]
        print(kind, data[:200].decode(errors="replace") if kind == "text" else data[2:].decode(errors="replace") if kind == "close"
              else length, flush=True)
        time.sleep(0.001)
    print("closed", flush=True)


def main(path, credential, *arguments):
    link, reader = connect(path, credential, dict(word.split("=", 1) for word in arguments[:-1]))
    if arguments[-1] == "deaf":
        time.sleep(30)
        link.close()
    else:
        read_frames(reader)


main(*sys.argv[1:])
