/* model.test.mjs - the wallboard's state: elements, calls, extensions, queues, made of a stream's messages. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {callsOf} from '../../web/calls.js';
import {byNumber, extensionOf, isWanted} from '../../web/extensions.js';
import {Model} from '../../web/model.js';
import {awayServers, queuesOf} from '../../web/queues.js';

const SECOND = 1_000_000; // the stream's times are microseconds
const at = (seconds) => 1_795_000_000 * SECOND + seconds * SECOND;
const ms = (seconds) => at(seconds) / 1000;

function snapshot(element, ...items) {
  return {message: 'initial_info', element, items};
}
function change(element, event, data) {
  return {message: 'info_event', element, event, id: data.uuid ?? data.id, data};
}
function office(...messages) {
  const model = new Model();
  model.apply(snapshot('user', {id: '1000', name: '1000', label: 'Ana'}, {id: '1001', name: '1001', label: 'Luis'}));
  model.apply(snapshot('terminal', {id: 't0', assoc_user_id: '1000', registered: true}, {id: 't1', assoc_user_id: '1001', registered: true}));
  for (const message of messages) model.apply(message);
  return model;
}
const caller = {uuid: 'a', direction: 'inbound', calling_number: '1000', called_number: '1001', user_id: '1000', offer_timestamp: at(0)};
const callee = {uuid: 'b', direction: 'outbound', calling_number: '1000', called_number: '1001', user_id: '1001', offer_timestamp: at(1), other_uuid: 'a'};
const ringing = [change('channel', 'added', {...caller, other_uuid: 'b'}), change('channel', 'added', callee)];
const talking = [
  change('channel', 'updated', {...callee, answer_timestamp: at(5)}),
  change('channel', 'updated', {...caller, other_uuid: 'b', answer_timestamp: at(6)}),
];

test('two legs are one call: ringing, then talking, then gone', () => {
  const model = office(...ringing);
  let [call, ...more] = callsOf(model);
  assert.equal(more.length, 0);
  assert.deepEqual([call.id, call.state, call.since], ['a', 'ringing', ms(1)]);
  assert.deepEqual([call.from.name, call.from.number, call.to.name, call.to.number], ['Ana', '1000', 'Luis', '1001']);
  talking.forEach((message) => model.apply(message));
  [call] = callsOf(model);
  assert.deepEqual([call.state, call.since], ['talking', ms(6)]);
  model.apply(change('channel', 'removed', callee));
  model.apply(change('channel', 'removed', caller));
  assert.deepEqual(callsOf(model), []);
});

test('an extension says what it does and with whom, at both ends', () => {
  const model = office(...ringing);
  assert.deepEqual([extensionOf(model, '1000').state, extensionOf(model, '1000').peer.name], ['calling', 'Luis']);
  assert.deepEqual([extensionOf(model, '1001').state, extensionOf(model, '1001').peer.name], ['ringing', 'Ana']);
  talking.forEach((message) => model.apply(message));
  assert.equal(extensionOf(model, '1000').state, 'talking');
  model.apply(change('channel', 'updated', {...callee, answer_timestamp: at(5), hold: true}));
  assert.equal(extensionOf(model, '1001').state, 'held');
  assert.equal(callsOf(model)[0].state, 'held');
});

test('an extension without a phone is away, one without a user is known all the same', () => {
  const model = office(change('terminal', 'removed', {id: 't1', assoc_user_id: '1001'}), change('terminal', 'added', {id: 't9', assoc_user_id: '1009', registered: true}));
  assert.equal(extensionOf(model, '1000').state, 'idle');
  assert.equal(extensionOf(model, '1001').state, 'away');
  assert.deepEqual(['1000', '1001', '1008', '1009'].map((user) => model.isExtension(user)), [true, true, false, true]);
});

test('a change touches both ends of a call, and no other extension', () => {
  const model = office(snapshot('user', {id: '1000'}, {id: '1001'}, {id: '1002'}), ...ringing);
  model.takeChangedUsers();
  model.apply(talking[0]);
  assert.deepEqual([...model.takeChangedUsers()].sort(), ['1000', '1001']);
  assert.equal(model.takeChangedUsers().size, 0);
});

test('a snapshot takes away what it has not', () => {
  const model = office(...ringing);
  model.takeChangedUsers();
  model.apply(snapshot('channel'));
  assert.deepEqual(callsOf(model), []);
  assert.deepEqual([...model.takeChangedUsers()].sort(), ['1000', '1001']);
  assert.equal(extensionOf(model, '1001').state, 'idle');
});

test('a queue has its length and its longest wait; a call in it waits there', () => {
  const model = office(
    snapshot('group', {id: 'support', label: 'Help', queue: true}, {id: 'ring', queue: false}),
    snapshot('group_member', {group_id: 'support', user_id: '1000', login_status: true}, {group_id: 'support', user_id: '1001', login_status: false}),
    snapshot('channel', {uuid: 'q', calling_number: '555', called_number: '7000', offer_timestamp: at(0), answer_timestamp: at(0)}),
    snapshot('queued_channel', {uuid: 'q', state: {ts: at(3), name: 'calling', type: 'group', data: {queue_id: 'support@default'}}}),
  );
  assert.deepEqual(queuesOf(model), [{id: 'support', name: 'Help', waiting: 1, longest: ms(3), agents: 2, loggedIn: 1}]);
  const [call] = callsOf(model);
  assert.deepEqual([call.state, call.where, call.since], ['queued', 'Help', ms(3)]);
});

test('a parked call says in which slot', () => {
  const model = office(snapshot('channel', {uuid: 'p', calling_number: '555', offer_timestamp: at(0), answer_timestamp: at(0)}), snapshot('parked_channel', {uuid: 'p', state: {ts: at(9), name: 'park', slot: '6001'}}));
  assert.deepEqual([callsOf(model)[0].state, callsOf(model)[0].where], ['parked', '6001']);
});

test('a PBX that is away is told with since when', () => {
  const model = office(snapshot('server', {id: 'pbx1', state: 'up'}, {id: 'pbx2', state: 'away', since: at(2)}));
  assert.deepEqual(awayServers(model), [{id: 'pbx2', since: ms(2)}]);
});

test('messages that are not for it change nothing', () => {
  const model = office();
  for (const message of [{}, {message: 'ready'}, {message: 'info_event', element: 'weather', id: '1', data: {}}, {message: 'field_spec', element: 'user', fields: ['id']}]) {
    assert.equal(model.apply(message), false);
  }
  model.apply({message: 'initial_info', element: 'channel', items: [null, 7]});
  assert.deepEqual(callsOf(model), []);
});

test('extensions are ordered as people count and found without accents', () => {
  const list = ['1010', '999', 'desk', '1002'].map((number) => ({id: number, number}));
  assert.deepEqual(list.sort(byNumber).map(({number}) => number), ['999', '1002', '1010', 'desk']);
  const jose = {id: '1003', number: '1003', name: 'José', state: 'idle'};
  assert.ok(isWanted(jose, 'all', 'jose'));
  assert.ok(isWanted(jose, 'free', ''));
  assert.ok(!isWanted(jose, 'busy', ''));
  assert.ok(!isWanted(jose, 'all', 'maria'));
});

test('of a call whose other leg is not shown the own one says who, with whom and what', () => {
  const own = {...callee, calling_name: 'Eva', calling_number: '1007', other_uuid: 'unseen'};
  const model = office(change('channel', 'added', own));
  const [ringing] = callsOf(model);
  assert.deepEqual([ringing.state, ringing.from.name, ringing.from.number, ringing.to.name], ['ringing', 'Eva', '1007', 'Luis']);
  assert.deepEqual([extensionOf(model, '1001').state, extensionOf(model, '1001').peer.name], ['ringing', 'Eva']);
  model.apply(change('channel', 'updated', {...own, answer_timestamp: at(5)}));
  assert.deepEqual([callsOf(model)[0].state, extensionOf(model, '1001').state], ['talking', 'talking']);
});
