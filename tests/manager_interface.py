#!/usr/bin/env python3
"""manager_interface.py - stands in for Asterisk's manager interface (AMI), and does what a test says.

    manager_interface.py serve READY LOG [PORT [USER [PASSWORD]]]   as event_socket.py does; standard: callboard, Secret
    manager_interface.py tell CONTROL WORDS...

Each action that a client sends is a line of LOG, its headers separated by "|", without ActionID and Key. Requests (WORDS):

    replay FILE [id=NUMBER] [piece=BYTES] [cut=BYTES|half] [until=EVENT]
                 sends the events of a session (tests/fixtures/asterisk/ami/*.txt) as of now, that is without the header
                 Timestamp; as other channels, 300000.1 with id=300000; up to the first EVENT. Returns when all is sent
    event NAME: VALUE|NAME: VALUE...   sends one event
    contacts N|none                 what PJSIPShowContacts lists: N made-up phones, 20000 and on
    channels FILE|none              what CoreShowChannels lists: a file of CoreShowChannel events
    register N | unregister N       N ContactStatus events, of the same made-up phones
    answer ACTION MESSAGE...        from now on ACTION is answered with an error
    half ACTION | whole ACTION      from now on the rows of ACTION do not end; and do again
    drop, reset, hang, go, away, back, clients, password WORD   as in event_socket.py
"""
import asyncio
import hashlib
import os
import secrets
import sys

from event_socket import Client, Server, read, tell

ENDPOINTS = [("1000", "1000", ""), ("1001", "1001", ""), ("1002", "1002", ""), ("provider", "", "provider")]


def message(*headers):
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("utf-8", "surrogateescape") + b"\r\n"


def uri(number):
    return f"sip:{20000 + number}@192.0.2.{number % 250 + 1}:{1024 + number % 60000}"


def contact_event(number, status):
    return message(("Event", "ContactStatus"), ("Privilege", "system,all"), ("URI", uri(number)),
                   ("ContactStatus", status), ("AOR", 20000 + number), ("EndpointName", 20000 + number),
                   ("RoundtripUsec", "N/A"))


class AmiClient(Client):
    async def run(self):
        self.challenge, self.logged_in = None, False
        self.writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        while action := await self.action():
            await self.server.going.wait()
            if not await self.server.act(self, action):
                return

    async def action(self):
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("utf-8", "surrogateescape")
        lines = [line for line in text.split("\r\n") if line]
        self.server.log("|".join(line for line in lines if not line.startswith(("ActionID:", "Key:"))))
        return dict(line.split(": ", 1) for line in lines)

    def answer(self, action, *headers):
        self.writer.write(message(headers[0], ("ActionID", action["ActionID"]), *headers[1:]))

    def rows(self, action, rows, end):
        number = ("ActionID", action["ActionID"])
        self.answer(action, ("Response", "Success"), ("EventList", "start"), ("Message", "A list will follow"))
        self.writer.write(b"".join(message(row[0], number, *row[1:]) for row in rows))
        if action["Action"] not in self.server.halves:
            self.writer.write(message(("Event", end), number, ("EventList", "Complete"), ("ListItems", len(rows))))


class AmiServer(Server):
    client_class = AmiClient

    def __init__(self, log, port, user, password):
        super().__init__(log, port, password)
        self.user, self.contacts, self.channels = user, 0, []
        self.refused, self.halves = {}, set()

    async def act(self, client, action):
        """Answers ACTION. False: the connection ends."""
        name = action["Action"]
        if name in self.refused:
            client.answer(action, ("Response", "Error"), ("Message", self.refused[name]))
        elif name == "Challenge":
            client.challenge = secrets.token_hex(5)
            client.answer(action, ("Response", "Success"), ("Challenge", client.challenge))
        elif name == "Login":
            return await self.log_in(client, action)
        elif not client.logged_in:
            client.answer(action, ("Response", "Error"), ("Message", "Permission denied"))
        else:
            getattr(self, "act_" + name.lower(), self.unknown)(client, action)
        await client.writer.drain()
        return True

    async def log_in(self, client, action):
        key = hashlib.md5(f"{client.challenge}{self.password}".encode()).hexdigest()
        client.logged_in = action.get("Username") == self.user and action.get("Key") == key
        if client.logged_in:
            client.answer(action, ("Response", "Success"), ("Message", "Authentication accepted"))
            client.writer.write(message(("Event", "FullyBooted"), ("Privilege", "system,all"), ("Status", "Fully Booted")))
            return True
        client.answer(action, ("Response", "Error"), ("Message", "Authentication failed"))
        await client.writer.drain()
        return False

    def unknown(self, client, action):
        client.answer(action, ("Response", "Error"), ("Message", "Invalid/unknown command: " + action["Action"]))

    def act_ping(self, client, action):
        client.answer(action, ("Response", "Success"), ("Ping", "Pong"), ("Timestamp", "1700000000.000000"))

    def act_filter(self, client, action):
        client.answer(action, ("Response", "Success"), ("Message", "Filter Added"))

    def act_events(self, client, action):
        client.subscribed = True
        client.answer(action, ("Response", "Success"), ("Events", "On"))

    def act_pjsipshowendpoints(self, client, action):
        client.rows(action, [(("Event", "EndpointList"), ("ObjectType", "endpoint"), ("ObjectName", name), ("Auths", auth),
                              ("OutboundAuths", outbound)) for name, auth, outbound in ENDPOINTS], "EndpointListComplete")

    def act_pjsipshowcontacts(self, client, action):
        if not self.contacts:
            return client.answer(action, ("Response", "Error"), ("Message", "No Contacts found"))
        return client.rows(action, [(("Event", "ContactList"), ("ObjectType", "contact"), ("ObjectName", f"{20000 + n};@{n:x}"),
                                     ("ViaAddr", "192.0.2.1"), ("Endpoint", 20000 + n), ("Uri", uri(n)), ("UserAgent", "ua/1.0"),
                                     ("ExpirationTime", 4000000000), ("Status", "Reachable")) for n in range(self.contacts)],
                           "ContactListComplete")

    def act_parkedcalls(self, client, action):
        client.rows(action, [], "ParkedCallsComplete")

    def act_coreshowchannels(self, client, action):
        client.rows(action, self.channels, "CoreShowChannelsComplete")

    def do_action(self, client, action):
        client.answer(action, ("Response", "Success"), ("Message", "Done"))

    act_hangup = act_redirect = act_park = act_originate = act_setvar = do_action

    # ---- what tests ask for ----

    async def send_all(self, data, piece=0, cut=None):
        if cut:
            data = data[: len(data) // 2 if cut == "half" else int(cut)]
        for client in self.listeners():
            await self.send(client, data, piece)
            if cut:
                client.writer.close()

    async def do_replay(self, path, *rest):
        options = dict(word.split("=") for word in rest if "=" in word)
        data = b"\r\n".join(line for line in read(path).split(b"\r\n") if not line.startswith(b"Timestamp: "))
        data = data.replace(b"100000.", options.get("id", "100000").encode() + b".")
        if "until" in options:
            data = data[: data.index(b"\r\n\r\n", data.index(f"Event: {options['until']}\r\n".encode())) + 4]
        await self.send_all(data, int(options.get("piece", 0)), options.get("cut"))

    async def do_event(self, *words):
        await self.send_all(message(*(part.split(": ", 1) for part in " ".join(words).split("|"))))

    async def do_contacts(self, what):
        self.contacts = 0 if what == "none" else int(what)

    async def do_channels(self, what):
        texts = [] if what == "none" else read(what).decode("utf-8", "surrogateescape").split("\r\n\r\n")
        self.channels = [[line.split(": ", 1) for line in text.split("\r\n")] for text in texts if text]

    async def do_register(self, count):
        await self.send_all(b"".join(contact_event(n, "NonQualified") for n in range(int(count))))

    async def do_unregister(self, count):
        await self.send_all(b"".join(contact_event(n, "Removed") for n in range(int(count))))

    async def do_answer(self, action, *text):
        self.refused[action] = " ".join(text)

    async def do_half(self, action):
        self.halves.add(action)

    async def do_whole(self, action):
        self.halves.discard(action)


async def serve(ready, log, port="0", user="callboard", password="Secret"):
    server = AmiServer(open(log, "a", encoding="utf-8", errors="surrogateescape"), int(port), user, password)
    await server.listen()
    control = await asyncio.start_server(server.control, "127.0.0.1", 0, limit=1 << 20)
    with open(ready + ".new", "w", encoding="ascii") as file:
        print(server.port, control.sockets[0].getsockname()[1], file=file)
    os.replace(ready + ".new", ready)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] == "serve":
        asyncio.run(serve(*sys.argv[2:]))
    elif len(sys.argv) > 3 and sys.argv[1] == "tell":
        sys.exit(tell(*sys.argv[2:]))
    else:
        sys.exit(__doc__)
