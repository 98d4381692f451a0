/*
 * events_client.js URL USER:PASSWORD [ACTION [ARGUMENT]] - a client of the event stream, for tests: Node's ws and a reading of
 * BERT that shares nothing with ours. Prints a line of JSON a message; its first line is {"open":true} or {"refused":STATUS},
 * its last one {"closed":CODE,"reason":…}.
 *
 *   listen MS            listens so long (standard: 1000)
 *   until TEXT           listens until a message has TEXT in it
 *   send JSON            sends it when all that stands has been told, then goes on as `listen 1500`
 *   pings N              until it has been asked N times whether it is there, and has been answered when it asked the same
 *   count                until all that stands has been told; prints of each kind how many elements there are, and no messages
 *   follow ID            follows channels until one of the name ID is added; fails when a change does not fit to what it knows;
 *                        prints what it knows in the end
 */
'use strict';
const WebSocket = require('/usr/share/nodejs/ws');

const [url, credential, action = 'listen', argument = '1000'] = process.argv.slice(2);

/* ---- BERT: what the Basix client's parser reads, and nothing else ---- */

function decode(bytes) {
  let at = 0;
  const byte = () => bytes[at++];
  const number = (size) => {
    const value = bytes.readUIntBE(at, size);
    at += size;
    return value;
  };
  const text = (length) => {
    at += length;
    if (at > bytes.length) throw new Error('cut');
    return bytes.toString('latin1', at - length, at);
  };
  const term = () => {
    const tag = byte();
    switch (tag) {
      case 97: return byte();
      case 98: at += 4; return bytes.readInt32BE(at - 4);
      case 100: {
        const atom = text(number(2));
        return atom === 'undefined' ? null : atom === 'true' ? true : atom === 'false' ? false : atom;
      }
      case 104: return Array.from({length: byte()}, term);
      case 106: return [];
      case 107: return text(number(2));
      case 108: {
        const list = Array.from({length: number(4)}, term);
        if (byte() !== 106) throw new Error('an improper list');
        return list;
      }
      case 109: return text(number(4));
      case 110: {
        const length = byte(), negative = byte();
        let value = 0n;
        for (let i = 0; i < length; i++) value += BigInt(byte()) << BigInt(8 * i);
        return Number(negative ? -value : value);
      }
      default: throw new Error(`tag ${tag}`);
    }
  };
  if (byte() !== 131) throw new Error('no BERT');
  const value = term();
  if (at !== bytes.length) throw new Error('bytes behind the term');
  return value;
}

/* ---- what the Basix client makes of it ---- */

const specs = {};

const named = (entity, tuple) => {
  if (!specs[entity]) throw new Error(`${entity} before its field_spec`);
  const item = {};
  specs[entity].forEach((field, place) => {
    const value = tuple[place];
    if (value === null || value === undefined) return;
    item[field] = field === 'label' ? new TextDecoder('utf-8', {fatal: true}).decode(Buffer.from(value, 'latin1')) : value;
  });
  return item;
};

function readBasix(bytes) {
  const [message, entity, what, event] = decode(bytes);
  switch (message) {
    case 'field_spec': specs[entity] = what; return {message, element: entity, fields: what};
    case 'initial_info': return {message, element: entity, items: what.map((tuple) => named(entity, tuple))};
    case 'info_event': return {message, element: entity, event, data: named(entity, what)};
    default: return {message, text: entity};
  }
}

/* ---- following ---- */

const known = new Map();
const say = (value) => process.stdout.write(JSON.stringify(value) + '\n');
const fail = (why) => {
  say({failed: why});
  process.exit(1);
};

let last = '';
const later = (a, b) => {
  const [x, y] = [a, b].map((id) => id.split('-').map(BigInt));
  return x[0] > y[0] || (x[0] === y[0] && x[1] > y[1]);
};

function follow(message) {
  if (message.element !== 'channel') return;
  if (message.items) {
    for (const item of message.items) known.set(item.uuid, item.called_number);
    return;
  }
  if (message.message !== 'info_event') return;
  const {uuid, called_number: value} = message.data;
  if (message.seq !== undefined && last && !later(message.seq, last)) fail(`${message.seq} behind ${last}`);
  last = message.seq ?? last;
  if (message.event === 'added' && known.has(uuid)) fail(`${uuid} is added and was there`);
  if (message.event !== 'added' && !known.has(uuid)) fail(`${uuid} is ${message.event} and was not there`);
  if (message.event === 'updated' && Number(value) !== Number(known.get(uuid)) + 1)
    fail(`${uuid}: ${value} follows ${known.get(uuid)}`);
  if (message.event === 'removed') known.delete(uuid);
  else known.set(uuid, value);
  if (uuid === argument) {
    say(Object.fromEntries([...known].sort()));
    process.exit(0);
  }
}

const counts = {};

function count({message, element, items}, binary) {
  if (message === 'initial_info') counts[element] = items.length;
  if (message !== 'ready' && !(binary && message === 'initial_info' && element === 'domain')) return;
  say(counts);
  process.exit(0);
}

/* ---- the connection ---- */

/* AS_PAGE: the credential as a page in a browser gives it, which can set no header. */
const asPage = Boolean(process.env.AS_PAGE);
const socket = new WebSocket(url, asPage ? ['events', `basic.${Buffer.from(credential).toString('base64url')}`] : [], {
  headers: {
    ...(asPage ? {} : {Authorization: 'Basic ' + Buffer.from(credential).toString('base64')}),
    ...(process.env.ORIGIN ? {Origin: process.env.ORIGIN} : {}),
  },
  rejectUnauthorized: false,
  perMessageDeflate: false,
});
const leave = () => socket.close();

socket.on('open', () => {
  if (action !== 'follow') say({open: true});
  if (action === 'listen') setTimeout(leave, Number(argument));
});
let pings = 0, pongs = 0;
const enough = () => action === 'pings' && pings >= Number(argument) && pongs > 0 && leave();
socket.on('ping', () => {
  pings++;
  if (action === 'pings') socket.ping();
  enough();
});
socket.on('pong', () => {
  pongs++;
  enough();
});
socket.on('unexpected-response', (request, response) => {
  say({refused: response.statusCode});
  process.exit(0);
});
socket.on('message', (data, binary) => {
  let message;
  try {
    message = binary ? readBasix(data) : JSON.parse(data);
  } catch (error) {
    return fail(error.message);
  }
  if (action === 'follow') return follow(message);
  if (action === 'count') return count(message, binary);
  say(message);
  const stands = message.message === 'ready' || (message.message === 'initial_info' && message.element === 'domain');
  if (action === 'send' && stands && (binary || message.message === 'ready')) {
    socket.send(argument);
    setTimeout(leave, 1500);
  }
  if (action === 'until' && JSON.stringify(message).includes(argument)) leave();
});
socket.on('close', (code, reason) => {
  say({closed: code, reason: reason.toString()});
  process.exit(action === 'follow' ? 1 : 0);
});
socket.on('error', () => {});
