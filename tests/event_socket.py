#!/usr/bin/env python3
"""event_socket.py - stands in for FreeSWITCH's event socket, and does what a test says.

    event_socket.py serve READY LOG [PORT [PASSWORD]]   listens on 127.0.0.1; PORT 0 (the standard): a free one. Then writes
                                                        "PORT CONTROL" to the file READY. Standard password: ClueCon
    event_socket.py tell CONTROL WORDS...               asks the one whose second port is CONTROL; prints its answer,
                                                        and fails when that begins with "error"

Each command that a client sends is a line of LOG ("auth" without the password). Requests (WORDS):

    replay FILE [piece=BYTES] [delay=SECONDS] [cut=BYTES|half] [all] [asis]
                 sends the events of a captured session (.raw, .raw.gz) or one event (.json), those that the client
                 subscribed to or all; in pieces; cut: ends the connection after so many bytes. Without "asis" the time of
                 each event is now. Returns when all is sent
    event JSON                      sends one event
    registrations FILE|N|none       what `show registrations as json` lists; N made-up ones, 20000 and on
    channels FILE|none              the same for `show channels`
    calls FILE|none                 and `show calls`
    register N                      N sofia::register events, of the same made-up phones
    load FILE rate=N seconds=N      the events of a captured session again and again, each time as other calls
    answer PREFIX TEXT...           from now on commands beginning with PREFIX (_ for a blank) are answered TEXT
    drop | reset                    ends all connections: with FIN, with RST
    hang | go                       neither reads nor writes any more (a half-open connection); and does again
    away | back                     new connections are refused; and not any more
    deny | allow                    new connections get text/rude-rejection; and not any more
    goodbye | linger                text/disconnect-notice, then the connection ends; with linger not
    password WORD                   another password from now on
    clients                         how many have subscribed
"""
import asyncio
import gzip
import json
import os
import re
import socket
import struct
import sys
import time
import uuid

DOMAIN = "pbx.example.com"
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CORE = re.compile(rb'"Core-UUID":"([^"]*)"')
STAMP = re.compile(rb'("Event-Date-Timestamp":")(\d{16})(")')
NAME = re.compile(rb'"Event-Name":"([^"]*)"')
SUBCLASS = re.compile(rb'"Event-Subclass":"([^"]*)"')
FRAME = re.compile(rb"Content-Length: (\d+)\nContent-Type: text/event-json\n\n")


def frame(body, kind=b"text/event-json"):
    return b"Content-Length: %d\nContent-Type: %s\n\n%s" % (len(body), kind, body)


def reply(text):
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


def response(text):
    body = text.encode("utf-8", "surrogateescape")
    return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(body), body)


def read(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        return file.read()


def bodies(path):
    """The bodies of the events in a captured file."""
    data = read(path)
    if path.endswith(".json"):
        return [data]
    found, at = [], 0
    while match := FRAME.search(data, at):
        at = match.end() + int(match[1])
        found.append(data[match.end() : at])
    return found


def name_of(body):
    name, subclass = NAME.search(body), SUBCLASS.search(body)
    name = name[1].decode() if name else ""
    return "CUSTOM " + subclass[1].decode() if name == "CUSTOM" and subclass else name


def now(body):
    return STAMP.sub(lambda match: b"%s%16d%s" % (match[1], time.time_ns() // 1000, match[3]), body)


def phone(number):
    """A made-up phone, as `show registrations` and sofia::register know it."""
    user = str(20000 + number)
    port = str(1024 + number % 60000)
    row = {"reg_user": user, "realm": DOMAIN, "token": f"{user}@127.0.0.1",
           "url": f"sofia/internal/sip:{user}@127.0.0.1:{port}", "expires": str(int(time.time()) + 3600),
           "network_ip": "127.0.0.1", "network_port": port, "network_proto": "udp", "hostname": "vm",
           "metadata": ""}
    event = {"Event-Subclass": "sofia::register", "Event-Name": "CUSTOM", "Core-UUID": str(uuid.UUID(int=1)),
             "FreeSWITCH-Hostname": "vm", "FreeSWITCH-Switchname": "vm",
             "Event-Date-Timestamp": str(time.time_ns() // 1000), "profile-name": "internal",
             "from-user": user, "from-host": DOMAIN, "presence-hosts": "n/a",
             "contact": f'"" <sip:{user}@127.0.0.1:{port}>', "call-id": f"{user}@127.0.0.1", "rpid": "unknown",
             "status": "Registered(UDP)", "expires": "3600", "to-user": user, "to-host": DOMAIN,
             "network-ip": "127.0.0.1", "network-port": port, "username": user, "realm": DOMAIN,
             "user-agent": "cti-lab-ua/1.0"}
    return row, event


def listing(rows):
    return json.dumps({"row_count": len(rows), **({"rows": rows} if rows else {})}, separators=(",", ":"))


class Client:
    """One connection of whoever believes that this is FreeSWITCH."""

    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.events, self.subscribed = set(), False

    async def run(self):
        self.writer.write(b"Content-Type: auth/request\n\n")
        if not await self.log_in():
            return
        while command := await self.command():
            await self.server.going.wait()
            if command == "exit":
                self.writer.write(reply("+OK bye"))
                return await self.end()
            self.writer.write(self.server.answer(self, command))

    async def command(self):
        text = (await self.reader.readuntil(b"\n\n")).decode("utf-8", "surrogateescape").strip("\n")
        self.server.log("auth" if text.startswith("auth") else text.replace("\n", "\\n"))
        return text

    async def log_in(self):
        while command := await self.command():
            await self.server.going.wait()
            if not command.startswith("auth "):
                self.writer.write(reply("-ERR command not found"))
            elif command[5:] == self.server.password:
                self.writer.write(reply("+OK accepted"))
                return True
            else:
                self.writer.write(reply("-ERR invalid"))
                return await self.end()

    def wants(self, body):
        return self.subscribed and ("ALL" in self.events or name_of(body) in self.events)

    def subscribe(self, words):
        custom = False
        for word in words:
            custom |= word == "CUSTOM"
            if word != "CUSTOM":
                self.events.add("CUSTOM " + word if custom else word)
        self.subscribed = True

    async def end(self):
        text = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
        head = b"Content-Type: text/disconnect-notice\nContent-Length: %d\n\n" % len(text)
        self.writer.write(head + text)
        await self.writer.drain()
        self.writer.close()

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


class Server:
    client_class = Client

    def __init__(self, log, port, password):
        self.log_file, self.port, self.password = log, port, password
        self.clients, self.listener, self.denied = set(), None, False
        self.lists = {"registrations": listing([]), "channels": listing([]), "calls": listing([])}
        self.answers = {"api uptime": "100", "api status": "UP 0 years, 0 days"}
        self.going = asyncio.Event()
        self.going.set()

    def log(self, line):
        self.log_file.write(line + "\n")
        self.log_file.flush()

    async def listen(self):
        self.listener = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self.listener.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        client = self.client_class(self, reader, writer)
        if self.denied:
            writer.write(b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")
            await writer.drain()
            return writer.close()
        self.clients.add(client)
        try:
            await client.run()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.clients.discard(client)
            writer.close()

    def answer(self, client, command):
        words = command.split()
        for prefix, text in self.answers.items():
            if command.startswith(prefix):
                return response(text)
        if words[0] == "event" and words[1:2] == ["json"] and len(words) > 2:
            client.subscribe(words[2:])
            return reply("+OK event listener enabled json")
        if words[0] == "event":
            return reply("-ERR no keywords supplied")
        if words[:2] == ["api", "show"] and words[3:] == ["as", "json"] and words[2] in self.lists:
            return response(self.lists[words[2]])
        if words[0] == "api" and words[1:]:
            known = re.match(r"(uuid_|xml_flush_cache$|sched_|echo$)", words[1])
            return response("+OK\n" if known else f"-ERR {words[1]} Command not found!\n")
        return reply("-ERR command not found")

    # ---- what tests ask for ----

    def listeners(self):
        return [client for client in self.clients if client.subscribed]

    async def send(self, client, data, piece=0, delay=0.0):
        step = piece or 1 << 18
        for at in range(0, len(data), step):
            await self.going.wait()
            client.writer.write(data[at : at + step])
            await client.writer.drain()
            if delay:
                await asyncio.sleep(delay)

    async def send_bodies(self, chosen, options, flags, fresh):
        for client in self.listeners():
            wanted = [fresh(body) for body in chosen if "all" in flags or client.wants(body)]
            data = b"".join(map(frame, wanted))
            cut = options.get("cut")
            if cut:
                data = data[: len(data) // 2 if cut == "half" else int(cut)]
            await self.send(client, data, int(options.get("piece", 0)), float(options.get("delay", 0)))
            if cut:
                client.writer.close()

    async def do_replay(self, path, *rest):
        options = dict(word.split("=") for word in rest if "=" in word)
        flags = {word for word in rest if "=" not in word}
        await self.send_bodies(bodies(path), options, flags, (lambda body: body) if "asis" in flags else now)

    async def do_event(self, *words):
        await self.send_bodies([" ".join(words).encode("utf-8", "surrogateescape")], {}, {"all"}, lambda body: body)

    async def do_register(self, count):
        made = [json.dumps(phone(n)[1], separators=(",", ":")).encode() for n in range(int(count))]
        await self.send_bodies(made, {}, set(), lambda body: body)

    async def do_load(self, path, *rest):
        options = dict(word.split("=") for word in rest)
        rate, seconds = float(options["rate"]), float(options["seconds"])
        for client in self.listeners():
            chosen = [body for body in bodies(path) if client.wants(body)]
            frames = copies(chosen, int(rate * seconds))
            start, sent = time.monotonic(), 0
            while sent < len(frames):
                due = min(len(frames), int((time.monotonic() - start) * rate) + 1)
                await self.send(client, b"".join(frame(now(body)) for body in frames[sent:due]))
                sent = due
                await asyncio.sleep(0.005)
            return f"{len(frames)} events in {time.monotonic() - start:.3f} s"

    def set_list(self, name, what):
        if what == "none":
            self.lists[name] = listing([])
        elif what.isdigit() and name == "registrations":
            self.lists[name] = listing([phone(n)[0] for n in range(int(what))])
        else:
            self.lists[name] = read(what).decode("utf-8", "surrogateescape")

    async def do_registrations(self, what):
        self.set_list("registrations", what)

    async def do_channels(self, what):
        self.set_list("channels", what)

    async def do_calls(self, what):
        self.set_list("calls", what)

    async def do_answer(self, prefix, *text):
        self.answers = {prefix.replace("_", " ", 1): " ".join(text), **self.answers}

    async def do_drop(self):
        for client in list(self.clients):
            client.writer.close()

    async def do_reset(self):
        for client in list(self.clients):
            client.reset()

    async def do_hang(self):
        self.going.clear()
        for client in self.clients:
            client.writer.transport.pause_reading()

    async def do_go(self):
        self.going.set()
        for client in self.clients:
            client.writer.transport.resume_reading()

    async def do_away(self):
        self.listener.close()

    async def do_back(self):
        await self.listen()

    async def do_deny(self):
        self.denied = True

    async def do_allow(self):
        self.denied = False

    async def do_goodbye(self):
        for client in list(self.clients):
            await client.end()

    async def do_linger(self):
        for client in self.listeners():
            client.writer.write(b"Content-Type: text/disconnect-notice\nContent-Disposition: linger\n"
                                b"Linger-Time: 5\nContent-Length: 0\n\n")

    async def do_password(self, word):
        self.password = word

    async def do_clients(self):
        return str(len(self.listeners()))

    async def control(self, reader, writer):
        line = (await reader.readline()).decode("utf-8", "surrogateescape")
        name, *words = line.rstrip("\n").split(" ")
        try:
            told = await getattr(self, "do_" + name)(*words)
            writer.write(f"{told or 'ok'}\n".encode())
        except Exception as error:  # whatever it is, the test is told
            writer.write(f"error {type(error).__name__}: {error}\n".encode())
        await writer.drain()
        writer.close()


def copies(chosen, count):
    """COUNT events: those of CHOSEN over and over, each time with other ids of calls."""
    core = CORE.search(chosen[0])[1] if chosen else b""
    made = []
    while chosen and len(made) < count:
        ids = {}

        def other(match):
            if match[0] == core:
                return core
            return ids.setdefault(match[0], str(uuid.uuid4()).encode())

        made += [UUID.sub(other, body) for body in chosen]
    return made[:count]


async def serve(ready, log, port="0", password="ClueCon"):
    server = Server(open(log, "a", encoding="utf-8", errors="surrogateescape"), int(port), password)
    await server.listen()
    control = await asyncio.start_server(server.control, "127.0.0.1", 0, limit=1 << 20)
    with open(ready + ".new", "w", encoding="ascii") as file:
        print(server.port, control.sockets[0].getsockname()[1], file=file)
    os.replace(ready + ".new", ready)
    await asyncio.Event().wait()


def tell(control, *words):
    with socket.create_connection(("127.0.0.1", int(control)), timeout=120) as connection:
        connection.sendall(" ".join(words).encode("utf-8", "surrogateescape") + b"\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    text = answer.decode()
    print(text, end="")
    return text.startswith("error") or not text


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] == "serve":
        asyncio.run(serve(*sys.argv[2:]))
    elif len(sys.argv) > 3 and sys.argv[1] == "tell":
        sys.exit(tell(*sys.argv[2:]))
    else:
        sys.exit(__doc__)
