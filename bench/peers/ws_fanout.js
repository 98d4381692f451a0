// The event stream as one would write it with Node's ws: what stands, then every change, to all alike.
// Usage: node ws_fanout.js SOCKET REDIS_SOCKET USER:PASSWORD ELEMENT...
'use strict';

const http = require('node:http');
const { createClient } = require('redis');
const { WebSocketServer } = require('ws');

const [socket, redisSocket, credential, ...elements] = process.argv.slice(2);
const domain = credential.split(':')[0];
const stream = `callboard:events:${domain}`;
const expected = 'Basic ' + Buffer.from(credential).toString('base64');
const state = new Map(elements.map((element) => [element, new Map()]));
let snapshot = null; // of each element its message, until a change
let seq = '0-0';

function messages() {
  snapshot ??= elements.map((element) => JSON.stringify(
    { seq: '0-0', message: 'initial_info', element, items: [...state.get(element).values()] }));
  return [...snapshot, JSON.stringify({ seq, message: 'ready' })];
}

function take({ id: entry, message: { element, id, event, data } }) {
  const item = JSON.parse(data);
  if (event === 'removed') state.get(element).delete(id);
  else state.get(element).set(id, item);
  snapshot = null;
  seq = entry;
  return JSON.stringify({ seq, message: 'info_event', element, event, id, data: item });
}

async function main() {
  const redis = createClient({ socket: { path: redisSocket } });
  await redis.connect();
  for (const element of elements) {
    const all = await redis.hGetAll(`callboard:elements:${domain}:${element}`);
    for (const [id, text] of Object.entries(all)) state.get(element).set(id, JSON.parse(text));
  }
  const server = http.createServer();
  const clients = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request, connection, head) => {
    if (request.headers.authorization !== expected) return connection.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    clients.handleUpgrade(request, connection, head, (client) => messages().forEach((text) => client.send(text)));
  });
  server.listen({ path: socket, backlog: 4096 }, () => console.log('listens'));
  for (;;) {
    const found = await redis.xRead({ key: stream, id: seq }, { BLOCK: 5000, COUNT: 500 });
    for (const entry of found?.[0].messages ?? []) {
      const text = Buffer.from(take(entry));
      for (const client of clients.clients) client.send(text, { binary: false });
    }
  }
}

main();
