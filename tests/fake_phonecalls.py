#!/usr/bin/env python3
"""fake_phonecalls.py PORT_FILE LOG - stands in for callboard's /direct/items/phonecalls/create, and misbehaves.

Answers as the real one would, and writes each call that it takes, once, to LOG: "initiated source destination
duration url". What goes wrong is asked for by the destination's last digits (each call's own) or by the file
LOG.trouble (for all calls), which holds one word:

    503, 429    answered so, with Retry-After: 1        drop   the connection ends without an answer
    403, 404    answered so                             500    answered so
    html        200 with a page that is not JSON        hang   no answer for 60 s

Destinations ending in 0500 are answered 500 for ever, in 0501 once; in 0502 dropped once; in 0400 with 400; in 0404
have no contact. The token is "secret-of-a-token".
"""
import json
import os
import socketserver
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

TOKEN = "secret-of-a-token"
lock = threading.Lock()
taken = {}
seen = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    disable_nagle_algorithm = True

    def answer(self, status, body, kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body.encode())

    def trouble(self, word):
        """Misbehaves; True when that was all."""
        if word in ("503", "429"):
            self.answer(int(word), "{}", Retry_After="1")
        elif word in ("400", "403", "404", "500"):
            self.answer(int(word), "{}")
        elif word == "html":
            self.answer(200, "<html>Please log in</html>", "text/html")
        elif word == "drop":
            self.close_connection = True
        elif word == "hang":
            time.sleep(60)
        return bool(word)

    def own_trouble(self, destination):
        once = {"0501": "500", "0502": "drop"}.get(destination[-4:])
        if once and destination not in seen:
            seen.add(destination)
            return once
        return {"0500": "500", "0400": "400"}.get(destination[-4:], "")

    def create(self, query):
        fields = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        try:
            with open(LOG + ".trouble", encoding="utf-8") as file:
                word = file.read().strip()
        except OSError:
            word = ""
        if urllib.parse.urlsplit(self.path).path != "/direct/items/phonecalls/create":
            return self.answer(404, "{}")
        if self.trouble(word) or self.trouble(self.own_trouble(fields.get("destination", ""))):
            return None
        if fields.get("token") != TOKEN:
            return self.answer(403, '{"error":true,"errors":{"token":"wrong"}}')
        errors = {name: "is missing" for name in ("initiated", "source", "destination") if not fields.get(name)}
        if fields.get("destination", "")[-4:] == "0404":
            errors["destination"] = "no se consiguió el número de destino en la base de datos"
        if errors:
            return self.answer(200, json.dumps({"error": True, "errors": errors}))
        key = tuple(fields[name] for name in ("initiated", "source", "destination"))
        with lock:
            if key not in taken:
                taken[key] = len(taken) + 1
                print(*key, fields.get("duration", "-"), fields.get("url", "-"), file=log, flush=True)
        return self.answer(200, json.dumps({"error": False, "contactId": 1, "phonecallId": taken[key]}))

    def do_GET(self):
        self.create(urllib.parse.urlsplit(self.path).query)

    def do_POST(self):
        self.create(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


PORT_FILE, LOG = sys.argv[1:]
log = open(LOG, "a", encoding="utf-8")
with Server(("127.0.0.1", 0), Handler) as server:
    with open(PORT_FILE + ".new", "w", encoding="utf-8") as out:
        print(server.server_address[1], file=out)
    os.rename(PORT_FILE + ".new", PORT_FILE)
    server.serve_forever()
