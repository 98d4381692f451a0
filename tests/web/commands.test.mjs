/* commands.test.mjs - what may be asked of a call, and the way of a command there and back. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Abilities} from '../../web/abilities.js';
import {callsOf} from '../../web/calls.js';
import {Commands, protocolsOf} from '../../web/commands.js';
import {Model} from '../../web/model.js';
import {authorizationOf} from '../../web/sign_in.js';

const EVERYTHING = ['park', 'hangup', 'transfer', 'eavesdrop'];
const channel = (uuid, more) => ({uuid, server: 'pbx1', offer_timestamp: 1, answer_timestamp: 2, ...more});

function office(...channels) {
  const model = new Model();
  model.apply({message: 'initial_info', element: 'channel', items: channels});
  return model;
}
const model = office(
  channel('a', {calling_number: '555', other_uuid: 'b'}),
  channel('b', {offer_timestamp: 2, user_id: 'ada', called_number: '1001', other_uuid: 'a'}),
  channel('c', {user_id: 'boss', calling_number: '1009'}),
  channel('d', {user_id: 'eve', server: 'pbx2'}),
);
const call = callsOf(model).find(({id}) => id === 'a');

function abilities(name, commands, channels) {
  const may = new Abilities(name);
  may.hear({message: 'snapshot', commands, channels});
  return may;
}

test('nothing may be asked unless the gateway says so', () => {
  assert.deepEqual(new Abilities('callboard.test').of(model, call).commands, []);
  assert.deepEqual(abilities('callboard.test', [], 'all').of(model, call).commands, []);
  assert.deepEqual(abilities('callboard.test', undefined, undefined).of(model, call).commands, []);
});

test('of all channels: both legs, the caller first, and phones of the same PBX that could listen', () => {
  const may = abilities('boss@callboard.test', EVERYTHING, 'all');
  const {commands, legs, target} = may.of(model, call);
  assert.deepEqual(commands, ['transfer', 'park', 'eavesdrop', 'hangup']);
  assert.deepEqual(legs.map(({uuid}) => uuid), ['a', 'b']);
  assert.equal(target.uuid, 'b', 'the extension is whom one listens to and whispers to');
  assert.deepEqual(may.listeners(model, call).map(({uuid, party}) => [uuid, party.number]), [['c', 'boss']]);
});

test('of own channels only: the own leg, and nothing of the calls of others', () => {
  const may = abilities('ada@callboard.test', ['park', 'hangup', 'transfer'], 'own');
  assert.deepEqual(may.of(model, call).legs.map(({uuid}) => uuid), ['b']);
  assert.equal(may.seesOwnOnly, true);
  assert.equal(abilities('boss@callboard.test', [], 'all').seesOwnOnly, false);
  assert.equal(abilities('callboard.test', [], 'all').seesOwnOnly, false);
  assert.deepEqual(abilities('eva@callboard.test', ['park', 'hangup'], 'own').of(model, call).commands, []);
});

test('a command that was taken back is not offered any more', () => {
  const may = abilities('callboard.test', EVERYTHING, 'all');
  may.hear({message: 'resumed', commands: [], channels: 'all'});
  assert.deepEqual(may.of(model, call).commands, []);
});

/* A WebSocket that the test plays the gateway for. */
class Socket {
  sent = [];
  closed = false;

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  say(message) {
    this.onmessage({data: JSON.stringify(message)});
  }

  close() {
    this.closed = true;
  }
}

function wire() {
  const sockets = [];
  const asked = [];
  const commands = new Commands('https://host/events?app_name=x', authorizationOf({name: 'a@b', secret: '>?ñ'}), (url, protocols) => {
    asked.push([String(url), protocols]);
    sockets.push(new Socket());
    return sockets.at(-1);
  });
  return {commands, sockets, asked};
}

test('the credential is a subprotocol, in letters that one may have', () => {
  const [spoken, credential] = protocolsOf(authorizationOf({name: 'a@b', secret: '>?ñ'}));
  assert.equal(spoken, 'events');
  assert.match(credential, /^basic\.[\w-]+$/);
  assert.equal(Buffer.from(credential.slice(6), 'base64url').toString(), 'a@b:>?ñ');
});

test('commands go one by one, once the gateway is ready, and each has its answer', async () => {
  const {commands, sockets, asked} = wire();
  const answers = [commands.send({cmd: 'park', uuid: 'a'}), commands.send({cmd: 'hangup', uuid: 'b'})];
  assert.equal(asked[0][0], 'wss://host/events?app_name=x&element=server');
  const [socket] = sockets;
  assert.deepEqual(socket.sent, []);
  socket.say({message: 'snapshot'});
  socket.say({message: 'ready'});
  assert.deepEqual(socket.sent, [{cmd: 'park', uuid: 'a'}]);
  socket.say({message: 'answer', cmd: 'park', ok: true});
  assert.deepEqual(socket.sent.at(-1), {cmd: 'hangup', uuid: 'b'});
  socket.say({message: 'answer', cmd: 'hangup', ok: false, error: 'no'});
  assert.deepEqual(await Promise.all(answers), [{ok: true, error: undefined}, {ok: false, error: 'no'}]);
  commands.stop();
  assert.ok(socket.closed);
});

test('a connection that is lost is told, and the next command opens another', async () => {
  const {commands, sockets} = wire();
  const answer = commands.send({cmd: 'park', uuid: 'a'});
  sockets[0].onclose();
  assert.deepEqual(await answer, {ok: false});
  const next = commands.send({cmd: 'park', uuid: 'a'});
  sockets[1].say({message: 'ready'});
  sockets[1].say({message: 'answer', cmd: 'park', ok: true});
  assert.equal((await next).ok, true);
  commands.stop();
});
