"""event_socket.py - FreeSWITCH's event socket for one client: auth, event json, api, bgapi, exit."""

import asyncio
import json

LINE_BYTES = 8192
QUEUE_EVENTS = 10_000


class Client:
    def __init__(self, pbx, password, reader, writer):
        self.pbx, self.password, self.reader, self.writer = pbx, password, reader, writer
        self.wanted = set()
        self.events = asyncio.Queue(QUEUE_EVENTS)

    def hear(self, name, event):
        """An event has happened. One that is too slow to take them is dropped, as FreeSWITCH drops it."""
        if name not in self.wanted and 'ALL' not in self.wanted:
            return
        try:
            self.events.put_nowait(event)
        except asyncio.QueueFull:
            self.writer.transport.abort()

    def send(self, headers, body=b''):
        self.writer.write((''.join(f'{name}: {value}\n' for name, value in headers.items()) + '\n').encode() + body)

    def reply(self, text):
        self.send({'Content-Type': 'command/reply', 'Reply-Text': text})

    async def run(self):
        self.send({'Content-Type': 'auth/request'})
        if await self.read() != f'auth {self.password}':
            self.reply('-ERR invalid')
            return
        self.reply('+OK accepted')
        self.pbx.listeners.add(self)
        sender = asyncio.create_task(self.send_events())
        try:
            while (command := await self.read()) is not None:
                if command == 'exit':
                    self.reply('+OK bye')
                    return
                self.obey(command)
                await self.writer.drain()
        finally:
            self.pbx.listeners.discard(self)
            sender.cancel()

    async def read(self):
        """The next command's first line, None at the end; its further lines are passed over."""
        lines = []
        while True:
            line = await self.reader.readline()
            if not line:
                return None
            text = line.decode('utf-8', 'replace').strip()
            if text:
                lines.append(text)
            elif lines:
                return lines[0]

    async def send_events(self):
        while True:
            body = json.dumps(await self.events.get(), separators=(',', ':'), ensure_ascii=False).encode()
            self.send({'Content-Length': len(body), 'Content-Type': 'text/event-json'}, body)
            await self.writer.drain()

    def obey(self, command):
        word, _, rest = command.partition(' ')
        if word == 'event':
            kind, *names = rest.split()
            if kind != 'json':
                return self.reply('-ERR this is a demo: event json only')
            self.wanted |= set(names)
            return self.reply('+OK event listener enabled json')
        if word == 'noevents':
            self.wanted.clear()
            return self.reply('+OK no longer listening for events')
        if word == 'api' and rest:
            body = self.pbx.api(rest).encode()
            return self.send({'Content-Type': 'api/response', 'Content-Length': len(body)}, body)
        if word == 'bgapi' and rest:
            return self.background(rest)
        return self.reply('-ERR command not found')

    def background(self, line):
        job = f'{self.pbx.chance.getrandbits(128):032x}'
        self.send({'Content-Type': 'command/reply', 'Reply-Text': f'+OK Job-UUID: {job}', 'Job-UUID': job})
        name, _, arguments = line.partition(' ')
        self.pbx.emit('BACKGROUND_JOB', last={'Job-UUID': job, 'Job-Command': name, 'Job-Command-Arg': arguments, '_body': self.pbx.api(line)})


async def serve(pbx, host, port, password):
    async def client(reader, writer):
        try:
            await Client(pbx, password, reader, writer).run()
            await writer.drain()
        except (ConnectionError, ValueError):
            pass  # it went, or sent a line that is too long
        finally:
            writer.close()

    return await asyncio.start_server(client, host, port, limit=LINE_BYTES)
