/*
 * stream_server.mjs - the wallboard's files and a stream to show, without a PBX, for tests of the page alone. On loopback; prints
 * its address. Each line of standard input is a message of the stream, sent to all who listen, or one of these words:
 *
 *     break     ends all connections
 *     since     prints with which ?since= the last listener came
 *     refuse    from now on 503 instead of a stream;   accept   no longer
 *     forbid    from now on records and /status are not for this login
 *     records   and a list behind it: what /direct/items/phonecalls/list has for the token "secret", none to begin with
 *     commands  prints the commands that have come over WebSocket since it was said last
 *     answers   and a list behind it: texts of errors, one for each command to come, "" for done
 *
 * argument: a file with the messages that everyone is given first, one JSON a line.
 */
import {createRequire} from 'node:module';
import {createServer} from 'node:http';
import {readFile} from 'node:fs/promises';
import {readFileSync} from 'node:fs';
import {extname, join, normalize} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

const {WebSocketServer} = createRequire(import.meta.url)('/usr/share/nodejs/ws');
const web = fileURLToPath(new URL('../../web/', import.meta.url));
const types = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css', '.svg': 'image/svg+xml'};
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const login = (text) => `Basic ${Buffer.from(text).toString('base64')}`;
const allowed = login('callboard.test:secret');
const allowedUser = login('eva@callboard.test:secret'); // no administrator
const first = process.argv[2] ? readFileSync(process.argv[2], 'utf8').split('\n').filter((line) => line !== '') : [];

const listeners = new Set();
const commands = [];
let answers = [];
let records = [];
let refusing = false;
let forbidding = false;
let sequence = 1;
let since = null;

function send(response, line) {
  response.write(`id: ${sequence}-0\ndata: ${line}\n\n`);
}

const server = createServer(async (request, response) => {
  const {pathname, searchParams} = new URL(request.url, 'http://localhost');
  if (pathname === '/events' || pathname === '/status') {
    if (![allowed, allowedUser].includes(request.headers.authorization)) return response.writeHead(401, {'WWW-Authenticate': 'Basic realm="callboard"'}).end();
    if (refusing) return response.writeHead(503).end();
    if (pathname === '/status' && forbidding) return response.writeHead(401, {'WWW-Authenticate': 'Basic realm="callboard"'}).end();
    if (pathname === '/status') return response.end('{"pools":[{"name":"default","numbers":40,"entries":13,"ttl":300},{"name":"vip","numbers":4,"entries":3,"ttl":300}]}');
    response.writeHead(200, {'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store'});
    since = searchParams.get('since');
    if (since !== null) send(response, '{"message":"resumed"}');
    else for (const line of first) send(response, request.headers.authorization === allowedUser ? line.replace('"channels":"all"', '"channels":"own"') : line);
    listeners.add(response);
    request.on('close', () => listeners.delete(response));
    return undefined;
  }
  if (pathname === '/direct/items/phonecalls/list') {
    const form = new URLSearchParams((await request.toArray()).join(''));
    if (forbidding || form.get('token') !== 'secret') return response.writeHead(403).end('{"error":true}');
    return response.end(JSON.stringify({error: false, phonecalls: records, next: null}));
  }
  const file = normalize(pathname.replace(/^\/wallboard\/?/, '')) || '.';
  try {
    const body = await readFile(join(web, file === '.' ? 'index.html' : file));
    return response.writeHead(200, {'Content-Type': types[extname(file)] ?? types['.html'], 'Content-Security-Policy': policy}).end(body);
  } catch {
    return response.writeHead(404).end();
  }
});

createInterface({input: process.stdin}).on('line', (line) => {
  if (line === 'break') for (const response of listeners) response.destroy();
  else if (line === 'since') console.log(String(since));
  else if (line === 'refuse') refusing = true;
  else if (line === 'accept') refusing = false;
  else if (line === 'forbid') forbidding = true;
  else if (line === 'commands') console.log(JSON.stringify(commands.splice(0)));
  else if (line.startsWith('records ')) records = JSON.parse(line.slice(8));
  else if (line.startsWith('answers ')) answers = JSON.parse(line.slice(8));
  else {
    sequence++;
    for (const response of listeners) send(response, line);
  }
}).on('close', () => process.exit());

/* Commands, as the gateway takes them from a page: the credential is a subprotocol. */
const sockets = new WebSocketServer({server, path: '/events', handleProtocols: (offered) => offered.has('events') && 'events'});
sockets.on('connection', (socket, request) => {
  const credential = /basic\.([\w-]+)/.exec(request.headers['sec-websocket-protocol'])?.[1] ?? '';
  if (`Basic ${Buffer.from(credential, 'base64url').toString('base64')}` !== allowed) return socket.close();
  socket.send('{"seq":"0-0","message":"snapshot","commands":[],"channels":"all"}');
  socket.send('{"seq":"1-0","message":"ready"}');
  socket.on('message', (text) => {
    const command = JSON.parse(text);
    const error = answers.shift();
    commands.push(command);
    socket.send(JSON.stringify({seq: '0-0', message: 'answer', cmd: command.cmd, ...(error ? {ok: false, error} : {ok: true})}));
  });
});

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/wallboard/`));
