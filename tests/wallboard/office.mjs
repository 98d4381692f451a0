/*
 * office.mjs - the wallboard in a browser on the real gateway, with the simulated PBX behind it. Prints "ok - …" and "not ok - …".
 * arguments: the wallboard's address; a folder: for screenshots, and for the file "restart", which asks for the gateway to be
 * started anew and is taken away when that is done; the socket of Redis; the address for user 1016, who is no administrator.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Browser} from './browser.mjs';
import {check, noComplaints, same, text} from './harness.mjs';

const [, , url, folder, socket, userUrl] = process.argv;
const browser = new Browser();
const page = await browser.page(1920, 1080, 'dark');
const live = `${text('#health-text')} === 'Live'`;

/* The elements of KIND as they stand in Redis. */
function elements(kind) {
  const values = execFileSync('redis-cli', ['-s', socket, 'HVALS', `callboard:elements:callboard.test:${kind}`], {encoding: 'utf8'});
  return values.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}

/* Tries RUN again when the office was too quick for it: calls end as they like. */
async function often(run, tries = 4) {
  for (let left = tries - 1; ; left--) {
    try {
      return await run();
    } catch (error) {
      if (left === 0) throw error;
      await page.value("document.getElementById('actions').close()");
    }
  }
}

/* The page may be live before the one who started the gateway has said so. */
async function until(good, seconds, what) {
  for (const end = Date.now() + 1000 * seconds; !good();) {
    if (Date.now() > end) throw new Error(what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/* Notes in window.seen in which states each call was shown, and which are gone. */
const watch = `(() => {
  window.seen = new Map();
  const look = () => {
    for (const node of document.querySelectorAll('.call')) {
      if (!seen.has(node)) seen.set(node, new Set());
      seen.get(node).add(node.dataset.state);
    }
  };
  new MutationObserver(look).observe(document.getElementById('calls'), {childList: true, subtree: true, attributes: true});
  look();
})()`;

await check('the address with a login behind the # is enough, and keeps it to itself', async () => {
  await page.go(url);
  await page.until(live, 30);
  await page.until("location.hash === ''");
  await page.value(watch);
});
await check('the extensions of the directory are there, with their names', async () => {
  await page.until("document.querySelectorAll('.extension').length === 20", 30);
  await page.until("document.querySelector('.extension [data-part=who]').textContent === 'Ana Pérez'", 30);
});
await check('a call rings, then is answered', () => page.until("[...seen.values()].some((states) => states.has('ringing') && states.has('talking'))", 60));
await check('a call ends, and is among the latest', async () => {
  await page.until('[...seen.keys()].some((node) => !node.isConnected)', 60);
  await page.until("document.querySelectorAll('#latest > li').length > 0", 60);
});
await check('callers wait in the queue, which is called as its group is', async () => {
  await page.until("[...seen.values()].some((states) => states.has('queued'))", 60);
  await page.until("[...document.querySelectorAll('.queue .name')].map((node) => node.textContent).join() === 'Support'", 30);
});
await check('the pools of numbers are there', () => page.until("document.querySelector('.pool .name').textContent === 'default'", 30));
await check('its figures are those of Redis', () => often(async () => {
  const phones = new Set(elements('terminal').filter(({registered}) => registered !== false).map((terminal) => terminal.assoc_user_id));
  const channels = elements('channel');
  const here = new Set(channels.map(({uuid}) => uuid));
  const calls = new Set(channels.map(({uuid, other_uuid: other}) => (here.has(other) && other < uuid ? other : uuid)));
  const busy = new Set(channels.map((channel) => channel.user_id));
  const expected = {
    waiting: elements('queued_channel').length, parked: elements('parked_channel').length, calls: calls.size,
    free: [...phones].filter((phone) => !busy.has(phone)).length, phones: `of ${phones.size} with a phone`, support: String(elements('queued_channel').length),
  };
  await page.until(`JSON.stringify({
    waiting: Number(${text('#figure-waiting')}), parked: Number(${text('#figure-parked')}), calls: document.querySelectorAll('.call').length,
    free: Number(${text('#figure-free')}), phones: ${text('#free-phones')}, support: ${text('.queue .waiting')},
  }) === ${JSON.stringify(JSON.stringify(expected))}`, 2);
}, 20));
await check('all calls are in one of the figures', () => often(async () => {
  const [calls, ...figures] = await page.value(`[document.querySelectorAll('.call').length, ...['waiting', 'ringing', 'talking', 'parked'].map((name) => Number(document.getElementById('figure-' + name).textContent))]`);
  same(figures.reduce((sum, figure) => sum + figure, 0), calls);
}));

/* ---- commands, all the way to the PBX and back ---- */

/* Opens the window of a call that is STATE and has COMMAND, and answers with its id. */
async function open(state, command) {
  const row = `document.querySelector('.call[data-state=${state}]:has(.act:not([hidden]))')`;
  await page.until(`${row} !== null`, 30);
  const id = await page.value(`(() => { const row = ${row}; row.querySelector('.act').click(); return row.dataset.call; })()`);
  await page.value(`document.querySelector('#actions-choices [data-command=${command}]').click()`);
  return id;
}
const go = "document.getElementById('actions-go').click()";
const told = (words) => page.until(`${text('#notice')} === ${JSON.stringify(words)} && !document.getElementById('actions').open`, 10);
const row = (id) => `document.querySelector('.call[data-call="${id}"]')`;

await check('a call is hung up', () => often(async () => {
  const id = await open('talking', 'hangup');
  await page.value(go);
  await told('Hung up.');
  await page.until(`${row(id)} === null`, 5);
  same(elements('channel').some(({uuid}) => uuid === id), false);
}));
let parked;
await check('a call is parked, and stays so', () => often(async () => {
  parked = await open('talking', 'park');
  await page.value(go);
  await told('Parked.');
  await page.until(`${row(parked)}?.dataset.state === 'parked'`, 5);
  same(elements('parked_channel').some(({uuid}) => uuid === parked), true);
}));
await check('and transferred to somebody else, whose phone rings', () => often(async () => {
  await page.value(`${row(parked)}.querySelector('.act').click()`);
  await page.value("document.querySelector('#actions-choices [data-command=transfer]').click()");
  const number = await page.value("document.querySelector('.extension[data-state=idle] [data-part=number]').textContent");
  await page.value(`document.getElementById('destination').value = ${JSON.stringify(number)}`);
  await page.value(go);
  await told('Transferred.');
  await page.until(`['ringing', 'talking'].includes(${row(parked)}?.dataset.state) && ${row(parked)}.querySelector('[data-part=to] [data-part=number]').textContent === ${JSON.stringify(number)}`, 10);
}));
await check('a supervisor listens in with a phone that is on another call', () => often(async () => {
  await open('talking', 'eavesdrop');
  await page.until("document.getElementById('listener').options.length > 0 && !document.getElementById('actions-go').hidden", 3);
  const listener = await page.value("document.getElementById('listener').value");
  await page.value(go);
  await told('Listening.');
  await page.until(`[...document.querySelectorAll('.call .where')].some((node) => node.textContent === 'Listening in')`, 5);
  same(elements('channel').find(({uuid}) => uuid === listener)?.state?.name, 'eavesdrop');
}, 6));
await check('what the PBX cannot do is told', () => often(async () => {
  await open('talking', 'transfer');
  await page.value("document.getElementById('destination').value = 'no number'");
  await page.value(go);
  await page.until(`/^Not done: destination is not a number or name/.test(${text('#actions-error')})`, 10);
  await page.value("document.getElementById('actions').close()");
}));

await check('a user sees his own calls, with whom, and may end them', async () => {
  const own = await browser.page(1366, 768);
  await own.go(userUrl);
  await own.until(`/^only yours/.test(${text('#scope')})`, 20);
  await often(async () => {
    await own.until("document.querySelector('.call[data-state=talking]') !== null", 60);
    const [id, ...ends] = await own.value(`(() => {
      const row = document.querySelector('.call[data-state=talking]');
      row.querySelector('.act').click();
      document.querySelector('#actions-choices [data-command=hangup]').click();
      document.getElementById('actions-go').click();
      return [row.dataset.call, ...['from', 'to'].map((end) => row.querySelector('[data-part=' + end + ']').textContent.trim())];
    })()`);
    if (!ends.some((end) => / 1016$/.test(end)) || ends.some((end) => end === 'unknown')) throw new Error(ends.join(' -> '));
    await own.until(`${text('#notice')} === 'Hung up.' && document.querySelector('.call[data-call="' + ${JSON.stringify(id)} + '"]') === null`, 5);
  });
  same(await own.value("[...document.querySelectorAll('#actions-choices > button:not([hidden])')].some((button) => button.dataset.command === 'eavesdrop')"), false);
});

/* ---- the hour ---- */

await check('who comes later sees the calls of before', async () => {
  const ended = await page.value("document.querySelectorAll('#latest > li').length");
  const other = await browser.page(1366, 768);
  await other.go(url);
  await other.until(`document.querySelectorAll('#latest > li').length >= ${Math.min(ended, 3)} && ${text('#hour-note')} === ''`, 20);
});
await check('who may not read records is told since when calls are known', async () => {
  const other = await browser.page(1366, 768);
  await other.go(url.replace(/&records=.*/, ''));
  await other.until(`/^Since .*records of calls/.test(${text('#hour-note')})`, 20);
});
await page.screenshot(join(folder, 'office-dark.png'));
await check('the gateway is started anew: stale meanwhile, then live again by itself', async () => {
  await page.value("window.wasAway = false; new MutationObserver(() => { window.wasAway ||= document.documentElement.dataset.health === 'away'; }).observe(document.documentElement, {attributes: true}); true");
  writeFileSync(join(folder, 'restart'), '');
  await page.until('window.wasAway', 30);
  await page.until(live, 60);
  await until(() => !existsSync(join(folder, 'restart')), 30, 'it was not started anew');
});
await check('and goes on showing what happens', async () => {
  await page.value('window.seen.clear(); true');
  await page.until('[...seen.keys()].some((node) => node.isConnected)', 60);
});
await check('the browser has nothing to complain of; nothing outside was asked for', () => noComplaints(page, /^network: .*(502|504|ERR_)/));
await page.screenshot(join(folder, 'office-later.png'));
await browser.close();
