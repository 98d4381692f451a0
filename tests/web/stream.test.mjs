/* stream.test.mjs - how the wallboard hears: pieces of text, waiting times, health, words, times. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {EventText} from '../../web/event_text.js';
import {Health} from '../../web/health.js';
import {duration, elapsed} from '../../web/instant.js';
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
