#!/usr/bin/env python3
"""echo_pool.py SOCKET - stands in for the pool where the web server is what a test is about.

Speaks FastCGI with kept connections, one request at a time on each. Answers with the parameters of the
request as a JSON object, and prints a line "METHOD REQUEST_URI" for each request it gets. In the query:
  drop     closes the connection instead of answering
  bytes=N  answers with N bytes of text
"""
import asyncio
import json
import os
import struct
import sys
from urllib.parse import parse_qs

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
HEADER = struct.Struct(">BBHHBx")  # version, type, request id, content length, padding length


def record(kind, request_id, content):
    return HEADER.pack(1, kind, request_id, len(content), 0) + content


def pairs(data):
    """The name-value pairs of a PARAMS stream."""
    at = 0

    def length():
        nonlocal at
        if data[at] < 128:
            at += 1
            return data[at - 1]
        at += 4
        return struct.unpack(">I", data[at - 4:at])[0] & 0x7FFFFFFF

    while at < len(data):
        name, value = length(), length()
        yield data[at:at + name].decode(), data[at + name:at + name + value].decode("latin-1")
        at += name + value


def answer(request_id, parameters):
    query = parse_qs(parameters["QUERY_STRING"])
    if "bytes" in query:
        text = "Content-Type: text/plain\r\n\r\n" + "x" * int(query["bytes"][0])
    else:
        text = "Content-Type: application/json\r\n\r\n" + json.dumps(parameters)
    content = text.encode()
    for start in range(0, len(content), 32768):
        yield record(STDOUT, request_id, content[start:start + 32768])
    yield record(STDOUT, request_id, b"")
    yield record(END_REQUEST, request_id, bytes(8))


async def serve(reader, writer):
    stream = b""
    try:
        while True:
            _, kind, request_id, length, padding = HEADER.unpack(await reader.readexactly(8))
            content = (await reader.readexactly(length + padding))[:length]
            if kind == BEGIN_REQUEST:
                stream = b""
            elif kind == PARAMS:
                stream += content
            elif kind == STDIN and not content:
                parameters = dict(pairs(stream))
                print(parameters["REQUEST_METHOD"], parameters["REQUEST_URI"], flush=True)
                if parameters["QUERY_STRING"] == "drop":
                    break
                writer.writelines(answer(request_id, parameters))
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    async with await asyncio.start_unix_server(serve, sys.argv[1]) as server:
        os.chmod(sys.argv[1], 0o666)
        await server.serve_forever()


asyncio.run(main())
