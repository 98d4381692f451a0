#!/usr/bin/env python3
"""fastcgi_client.py ADDRESS SCENARIO [ARGUMENT] - speaks FastCGI to the pool itself, as no web server would.

ADDRESS is a unix socket's path or 127.0.0.1:port. Prints what the pool answered, in a line a scenario documents.
"""
import select
import socket
import struct
import sys

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, GET_VALUES, VALUES, UNKNOWN = 1, 2, 3, 4, 5, 6, 9, 10, 11
HEADER = struct.Struct(">BBHHBx")


def connect(address):
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address)
    else:
        host, port = address.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)))
    connection.settimeout(20)
    return connection


def record(kind, request_id=1, content=b"", padding=0):
    return HEADER.pack(1, kind, request_id, len(content), padding) + content + bytes(padding)


def begin(request_id=1, role=1, keep=True):
    return record(BEGIN, request_id, struct.pack(">HB5x", role, keep))


def length(number):
    return bytes([number]) if number < 128 else struct.pack(">I", number | 0x80000000)


def pair(name, value):
    name, value = name.encode(), value.encode()
    return length(len(name)) + length(len(value)) + name + value


def parameters(method="GET", path="/status", **more):
    more = {"REQUEST_METHOD": method, "REQUEST_URI": path, "REMOTE_USER": "tester", **more}
    return b"".join(pair(name, value) for name, value in more.items())


def request(request_id=1, keep=True, body=b"", role=1, **more):
    return (begin(request_id, role, keep) + record(PARAMS, request_id, parameters(**more)) +
            record(PARAMS, request_id) + (record(STDIN, request_id, body) if body else b"") +
            record(STDIN, request_id))


class Reader:
    """The records that come from the pool."""

    def __init__(self, connection):
        self.connection, self.bytes = connection, b""

    def take(self, count):
        while len(self.bytes) < count:
            try:
                more = self.connection.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                raise EOFError
            self.bytes += more
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def next(self):
        _, kind, request_id, size, padding = HEADER.unpack(self.take(8))
        return kind, request_id, self.take(size + padding)[:size]

    def answer(self):
        """Of one request: its status, or the protocol status, or "end" of the connection."""
        text = b""
        try:
            while True:
                kind, request_id, content = self.next()
                if kind == STDOUT:
                    text += content
                elif kind == END and text:
                    return request_id, int(text.split()[1])
                elif kind == END:
                    return request_id, {0: "aborted", 2: "overloaded", 3: "role"}[content[4]]
                elif kind == VALUES:
                    return 0, "values"
                elif kind == UNKNOWN:
                    return 0, "unknown"
        except EOFError:
            return 0, "end"


def odd(address):
    """Each odd thing on a connection of its own, with a good request behind it where it is survived."""
    json = {"method": "POST", "path": "/cticache/DNIS-ANI", "CONTENT_TYPE": "application/json"}
    body = b'{"value":1,"ani":"1"}'
    long = "x" * 60000
    cases = [
        ("good", request()),
        ("not kept", request(keep=False)),
        ("not FastCGI", b"GET / HTTP/1.1\r\n\r\n"),
        ("version", b"\2" + request()[1:]),
        ("id 0", begin(0)),
        ("short begin", record(BEGIN, 1, b"\0\1\1")),
        ("id twice", begin() + begin()),
        ("filter", request(role=3)),
        ("values", record(GET_VALUES, 0, pair("FCGI_MPXS_CONNS", ""))),
        ("torn values", record(GET_VALUES, 0, b"\xff" * 60000)),
        ("unknown type", record(99, 0, b"x" * 65535, 255)),
        ("strays", record(STDIN, 7, b"x") + record(PARAMS, 7) + record(ABORT, 7) + request()),
        ("no parameters", begin() + record(PARAMS) + record(STDIN)),
        ("torn parameters", begin() + record(PARAMS, 1, b"\xff" * 8) + record(PARAMS) + record(STDIN)),
        ("large parameters", begin() + 2 * record(PARAMS, 1, pair("A", long)) + record(PARAMS) + record(STDIN)),
        ("large body", request(body=b"x" * 60000, CONTENT_LENGTH="60000")),
        ("huge length", request(**json, CONTENT_LENGTH="9" * 18)),
        ("bad length", request(**json, CONTENT_LENGTH="-1")),
        ("short body", request(**json, body=body, CONTENT_LENGTH="99")),
        ("long body", request(**json, body=body, CONTENT_LENGTH="3")),
        ("good body", request(**json, body=body, CONTENT_LENGTH=str(len(body)))),
        ("abort", begin() + record(PARAMS, 1, parameters()) + record(ABORT)),
        ("authorizer", begin(role=2) + record(PARAMS, 1, parameters(path="/status")) + record(PARAMS)),
    ]
    for name, sent in cases:
        connection = connect(address)
        connection.sendall(sent)
        reader = Reader(connection)
        answers = [str(reader.answer()[1])]
        if answers != ["end"]:
            try:
                connection.sendall(request(500))
                answers.append(str(reader.answer()[1]))
            except ConnectionError:
                answers.append("end")
        print(f"{name}: {' '.join(answers)}")


def pieces(address):
    """A good request byte by byte: its status."""
    connection = connect(address)
    for byte in request(body=b""):
        connection.sendall(bytes([byte]))
    print(Reader(connection).answer()[1])


def many(address):
    """100 requests at once on one connection: how many answers there are of which kind."""
    connection = connect(address)
    connection.sendall(b"".join(request(i) for i in range(1, 101)))
    reader = Reader(connection)
    answers = dict(reader.answer() for _ in range(100))
    print(len(answers), sorted({str(answer) for answer in answers.values()} - {"overloaded"}))


def slow(address, count):
    """Opens COUNT requests that never end, says "open", and waits for what becomes of each: a count of answers."""
    connections = []
    for i in range(int(count)):
        connection = connect(address)
        connection.sendall(begin() + (record(PARAMS, 1, parameters("POST", "/cticache/DNIS-ANI", CONTENT_LENGTH="9"))) +
                           (record(PARAMS) if i % 2 else b""))
        connections.append(connection)
    print("open", flush=True)
    answers = {}
    for connection in connections:
        answer = Reader(connection).answer()[1]
        answers[answer] = answers.get(answer, 0) + 1
    print(answers)


def drain(address):
    """A request that is under way while the pool is told to end ("open" is said before): its status."""
    connection = connect(address)
    connection.sendall(begin() + record(PARAMS, 1, parameters()) + record(PARAMS))
    print("open", flush=True)
    select.select([connection], [], [], 1)
    connection.sendall(record(STDIN))
    print(Reader(connection).answer()[1])


globals()[sys.argv[2]](sys.argv[1], *sys.argv[3:])
