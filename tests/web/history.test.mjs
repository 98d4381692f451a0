/* history.test.mjs - the last hour: calls as they happen, records of earlier ones, the plot. */
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {History} from '../../web/history.js';
import {Model} from '../../web/model.js';
import {barsOf, unknownWidth} from '../../web/plot.js';
import {recordOf, recordsSince} from '../../web/records.js';

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
  const minutes = Array.from({length: 60}, (_, index) => ({at: index, answered: index === 3 ? 6 : 0, open: 0, unanswered: index === 3 ? 2 : 0}));
  const [answered, unanswered, ...more] = barsOf(minutes);
  assert.equal(more.length, 0);
  assert.deepEqual([answered.y, answered.height, unanswered.y, unanswered.height], [25, 75, 0, 25]);
});

const sums = (history, now = NOW) => ['answered', 'open', 'unanswered'].map((kind) => history.minutes(now).reduce((sum, minute) => sum + minute[kind], 0));

test('a call that still rings is neither answered nor missed', () => {
  assert.deepEqual(sums(past([event('added', first), event('added', second)])), [0, 1, 0]);
});

test('who has waited in a queue for nothing was not answered, though the queue has', () => {
  const waiting = {...first, answer_timestamp: us(-59)};
  const queued = {message: 'info_event', element: 'queued_channel', event: 'added', id: 'a', data: {uuid: 'a'}};
  const gone = event('removed', {...waiting, hangup_timestamp: us(-5)});
  assert.deepEqual(sums(past([event('added', waiting), gone])), [1, 0, 0], 'a menu answers');
  assert.deepEqual(sums(past([event('added', waiting), queued])), [0, 1, 0]);
  assert.deepEqual(sums(past([event('added', waiting), queued, gone])), [0, 0, 1]);
  const agent = {...second, answer_timestamp: us(-20)};
  assert.deepEqual(sums(past([event('added', waiting), queued, event('added', agent), gone])), [1, 0, 0]);
});

test('records fill what was not seen; no call is told twice', () => {
  const history = new History();
  const model = new Model();
  const snapshot = {message: 'initial_info', element: 'channel', items: [first]};
  model.apply({message: 'initial_info', element: 'user', items: [{id: '1002', label: 'Ana'}]});
  model.apply(snapshot);
  history.note(model, snapshot, NOW);
  assert.equal(history.knownSince(NOW), NOW);
  const record = (id, seconds, more) => ({id: `record:${id}`, at: NOW - seconds * 1000, from: '0212', to: '1002', seconds: 0, ...more});
  const records = [record(1, 60.4, {to: '1001'}), record(2, 900, {seconds: 30}), record(3, 1200), record(4, 4000)];
  const from = NOW - 3_600_000;
  history.fill(model, records, from);
  history.fill(model, records, from);
  assert.deepEqual(sums(history), [1, 1, 1], 'one of the records is the call that was seen, one is of before the hour');
  assert.deepEqual(history.latest().map(({to, talked}) => [to.name, talked]), [['Ana', 30_000], ['Ana', 0]]);
  assert.equal(history.knownSince(NOW), undefined);
});

test('what is not known is said: after a gap, not after a short one', () => {
  const history = new History();
  const model = new Model();
  const snapshot = {message: 'initial_info', element: 'channel', items: []};
  const at = (seconds) => NOW + seconds * 1000;
  history.note(model, snapshot, at(0));
  history.alive(at(100));
  history.note(model, snapshot, at(105));
  assert.equal(history.knownSince(at(105)), at(0));
  history.note(model, snapshot, at(300));
  assert.equal(history.knownSince(at(300)), at(300));
  assert.equal(history.knownSince(at(300 + 3700)), undefined);
  const minutes = history.minutes(at(300));
  assert.equal(Math.round(unknownWidth(minutes, at(300)) / 10), 59);
  assert.equal(unknownWidth(minutes, undefined), 0);
});

test('records are read page by page, as far back as is wanted', async () => {
  const item = (id, seconds) => ({phonecallId: id, initiated: new Date(NOW - seconds * 1000).toISOString(), source: 7222, destination: '0212', duration: null});
  assert.deepEqual(recordOf(item(5, 1)), {id: 'record:5', at: NOW - 1000, from: '7222', to: '0212', seconds: 0});
  assert.equal(recordOf({initiated: 'yesterday'}), undefined);
  const asked = [];
  const pages = {undefined: {phonecalls: [item(1, 10), item(2, 20)], next: 'x'}, x: {phonecalls: [item(3, 30), item(4, 4000)], next: 'y'}};
  const get = async (_, {body}) => {
    asked.push(`${body.get('token')} ${body.get('from')} ${body.get('to')} ${body.get('cursor')}`);
    return {ok: true, status: 200, json: async () => pages[body.get('cursor') ?? 'undefined']};
  };
  const records = await recordsSince('/list', 'secret', NOW - 3_600_000, NOW, get);
  assert.deepEqual(records.map(({id}) => id), ['record:1', 'record:2', 'record:3']);
  assert.equal(asked.length, 2);
  const [from, to] = asked[0].split(' ').slice(1).map((date) => Date.parse(date));
  assert.ok(from < NOW - 86_400_000 && to > NOW + 86_400_000, 'the days of any time zone');
  assert.equal(await recordsSince('/list', 'x', 0, NOW, async () => ({status: 403})), 'refused');
  await assert.rejects(recordsSince('/list', 'x', 0, NOW, async () => ({status: 502, ok: false})));
});
