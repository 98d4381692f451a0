/* stream.test.mjs - how the wallboard hears: pieces of text, waiting times, health, words, times, the last hour. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {EventText} from '../../web/event_text.js';
import {Health} from '../../web/health.js';
import {History} from '../../web/history.js';
import {duration, elapsed} from '../../web/instant.js';
import {Model} from '../../web/model.js';
import {barsOf} from '../../web/plot.js';
import {authorizationOf, credentialIn} from '../../web/sign_in.js';
import {waitBefore} from '../../web/stream.js';
import {keysOf, languageOf, speaker} from '../../web/words.js';

test('events come whole however their text is cut', () => {
  const text = ': hello\r\n\r\nid: 1-0\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata:two\n\nretry: 5\rid: 2-0\rdata: three\r\rdata: cut';
  const whole = [{id: '1-0', data: '{"a":\n1}'}, {id: '1-0', data: 'two'}, {id: '2-0', data: 'three'}];
  for (let size = 1; size <= text.length; size++) {
    const events = [];
    const reader = new EventText((event) => events.push(event));
    for (let place = 0; place < text.length; place += size) reader.add(text.slice(place, place + size));
    assert.deepEqual(events, whole, `in pieces of ${size}`);
  }
});

test('each wait is longer than the last, up to half a minute, and not the same for all', () => {
  assert.equal(waitBefore(0, () => 1), 500);
  assert.equal(waitBefore(3, () => 1), 4000);
  assert.equal(waitBefore(3, () => 0), 2000);
  assert.equal(waitBefore(40, () => 1), 30000);
});

test('health: the worst there is, and stale since the last word', () => {
  const health = new Health();
  assert.deepEqual(health.worst([]), {name: 'connecting'});
  health.stream('live', 1000);
  assert.deepEqual(health.worst([]), {name: 'live'});
  assert.equal(health.worst([{id: 'pbx1', since: 7}]).name, 'server');
  health.stream('away', 5000);
  health.stream('connecting', 9000);
  assert.deepEqual(health.worst([]), {name: 'away', since: 5000});
  health.stream('live', 9500);
  health.store(false);
  assert.deepEqual(health.worst([]), {name: 'store'});
});

test('both languages say the same things, with the same places', () => {
  assert.deepEqual(keysOf('es').sort(), keysOf('en').sort());
  const places = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of keysOf('en')) assert.deepEqual(places(speaker('es')(key)), places(speaker('en')(key)), key);
  assert.equal(languageOf(['fr-FR', 'es-VE', 'en']), 'es');
  assert.equal(languageOf(['de']), 'en');
  assert.equal(speaker('es')('slot', {slot: '<b>'}), 'Plaza <b>');
});

test('times as clocks show them', () => {
  assert.deepEqual([elapsed(0, 7000), elapsed(0, 760_000), elapsed(0, 11_100_000), elapsed(9000, 0), elapsed(undefined, 5)], ['0:07', '12:40', '3:05:00', '0:00', '']);
  assert.equal(duration(0, 61_000), 'PT61S');
});

test('credentials: from the address, and as basic auth in UTF-8', () => {
  assert.deepEqual(credentialIn('#callboard.test:a%2Bb:c'), {name: 'callboard.test', secret: 'a+b:c'});
  for (const fragment of ['', '#', '#:x', '#name', '#a%ZZ:b']) assert.equal(credentialIn(fragment), undefined);
  assert.equal(authorizationOf({name: 'ñ', secret: 'x'}), `Basic ${Buffer.from('ñ:x').toString('base64')}`);
});

/* --- the last hour --- */

const NOW = 1_795_000_020_000; // ms
const us = (seconds) => (NOW + seconds * 1000) * 1000;

function past(messages) {
  const model = new Model();
  const history = new History();
  for (const message of messages) {
    model.apply(message);
    history.note(model, message, NOW);
  }
  return history;
}
const event = (kind, data) => ({message: 'info_event', element: 'channel', event: kind, id: data.uuid, data});
const first = {uuid: 'a', calling_number: '555', called_number: '1001', offer_timestamp: us(-60)};
const second = {uuid: 'b', called_number: '1001', user_id: '1001', offer_timestamp: us(-59), other_uuid: 'a'};

test('a call of two legs is one call, told once, with both parties', () => {
  const answered = {answer_timestamp: us(-50)};
  const history = past([
    event('added', first), event('added', second), event('updated', {...second, ...answered}),
    event('updated', {...first, ...answered, other_uuid: 'b'}),
    event('removed', {...second, ...answered, hangup_timestamp: us(-10)}), event('removed', {...first, ...answered, hangup_timestamp: us(-10)}),
  ]);
  assert.equal(history.latest().length, 1);
  const [call] = history.latest();
  assert.deepEqual([call.from.number, call.to.number, call.answered, call.talked], ['555', '1001', true, 40_000]);
  const minutes = history.minutes(NOW);
  assert.equal(minutes.length, 60);
  assert.equal(minutes.reduce((sum, minute) => sum + minute.answered, 0), 1);
  assert.equal(minutes.reduce((sum, minute) => sum + minute.unanswered, 0), 0);
});

test('a call that nobody answered is missed', () => {
  const history = past([event('added', first), event('removed', {...first, hangup_timestamp: us(-30)})]);
  assert.deepEqual([history.latest()[0].answered, history.latest()[0].talked, history.latest()[0].to.number], [false, 0, '1001']);
  assert.equal(history.minutes(NOW).reduce((sum, minute) => sum + minute.unanswered, 0), 1);
  assert.equal(history.minutes(NOW + 3_700_000).reduce((sum, minute) => sum + minute.unanswered, 0), 0);
});

test('a leg that outlives its call is a call of its own', () => {
  const history = past([
    event('added', first), event('added', second), event('removed', {...first, hangup_timestamp: us(-40)}),
    event('removed', {...second, hangup_timestamp: us(-5)}),
  ]);
  assert.equal(history.latest().length, 2);
});

test('what was kept comes back, and nothing else does', () => {
  const before = past([event('added', first), event('removed', first)]);
  const stored = (value) => JSON.parse(JSON.stringify(value));
  const after = new History();
  after.restore(stored(before.save()));
  assert.deepEqual(after.latest(), stored(before.latest()));
  assert.deepEqual(after.minutes(NOW), before.minutes(NOW));
  for (const junk of [null, {}, {starts: 1, latest: 'x'}]) after.restore(junk);
  assert.equal(after.latest().length, 1);
});

test('bars stand on each other and stay in the drawing', () => {
  const minutes = Array.from({length: 60}, (_, index) => ({at: index, answered: index === 3 ? 6 : 0, unanswered: index === 3 ? 2 : 0}));
  const [answered, unanswered, ...more] = barsOf(minutes);
  assert.equal(more.length, 0);
  assert.deepEqual([answered.y, answered.height, unanswered.y, unanswered.height], [25, 75, 0, 25]);
});
