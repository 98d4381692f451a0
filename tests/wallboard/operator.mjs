/*
 * operator.mjs - the wallboard without a mouse: keyboard alone, what a screen reader is told, commands and their answers, what a login
 * may not see. Prints "ok - …" and "not ok - …". arguments: folder for screenshots, axe-core's axe.min.js, if there is one.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Browser} from './browser.mjs';
import {Gateway, check, noComplaints, same, text, us} from './harness.mjs';

const [, , pictures = '.', axe] = process.argv;
const may = {commands: ['park', 'hangup', 'transfer', 'eavesdrop'], channels: 'all'};
const person = (id, label) => ({id, label, main_extension: id});
const leg = (uuid, other_uuid, more) => ({uuid, other_uuid, server: 'pbx1', offer_timestamp: us(40), answer_timestamp: us(30), ...more});
const first = [
  {message: 'snapshot', ...may},
  {message: 'initial_info', element: 'user', items: [person('1000', 'Ana'), person('1001', 'Luis'), person('1002', 'Eva')]},
  {message: 'initial_info', element: 'terminal', items: ['1000', '1001', '1002'].map((id) => ({id: `${id}:1`, assoc_user_id: id, registered: true}))},
  {message: 'initial_info', element: 'group', items: [{id: 'support', label: 'Support', queue: true}]},
  {message: 'initial_info', element: 'channel', items: [
    leg('a', 'b', {direction: 'inbound', calling_number: '555', calling_name: 'Ada Example', called_number: '1000'}),
    leg('b', 'a', {direction: 'outbound', called_number: '1000', user_id: '1000', offer_timestamp: us(39)}),
    leg('c', undefined, {direction: 'inbound', calling_number: '1002', called_number: '*98', user_id: '1002', state: {name: 'checking_voicemail', ts: us(30)}}),
  ]},
  {message: 'initial_info', element: 'server', items: [{id: 'pbx1', state: 'up', since: us(60)}]},
  {message: 'ready'},
];
const gateway = await new Gateway().start(first);
const browser = new Browser();
const page = await browser.page(1366, 768);
const focus = '(document.activeElement.id || document.activeElement.name || document.activeElement.className)';
const row = '.call[data-call=a]';
const shown = (id) => `!document.getElementById('${id}').hidden`;

async function tabTo(expression, most = 25) {
  for (let presses = 0; presses <= most; presses++) {
    if (presses > 0) await page.press('Tab');
    if (await page.value(expression)) return;
  }
  throw new Error(`${most} times Tab do not lead to it: ${expression}; the focus is at ${await page.value(focus)}`);
}

/* Opens the window of call a and chooses COMMAND, by keyboard. */
async function choose(command) {
  await page.value("document.getElementById('calls').focus()");
  await tabTo(`document.activeElement.closest('${row}') !== null`);
  await page.press('Enter');
  await page.until("document.getElementById('actions').open");
  await tabTo(`document.activeElement.dataset.command === '${command}'`);
  await page.press('Enter');
  await page.until(shown('actions-form'));
}
const closed = "!document.getElementById('actions').open";
const notice = text('#notice');

/* ---- in ---- */

await check('signing in needs no mouse', async () => {
  await page.go(gateway.url);
  await page.until(`document.getElementById('sign-in').open && ${focus} === 'name'`);
  await page.type('callboard.test');
  await page.press('Tab');
  await page.type('secret');
  await page.press('Enter');
  await page.until(`${text('#health-text')} === 'Live'`);
});
await check('the first Tab leads past the top to the calls', async () => {
  await page.go(gateway.url); // who is signed in stays so
  await page.until(`${text('#health-text')} === 'Live' && document.querySelectorAll('.call').length === 2`);
  await page.press('Tab');
  same(await page.value('document.activeElement.className'), 'skip');
  await page.press('Enter');
  await page.until(`${focus} === 'calls-panel'`);
});
await check('Tab reaches everything that can be used, in the order in which it stands, and always shows where it is', async () => {
  await page.go(gateway.url);
  await page.until(`${text('#health-text')} === 'Live' && document.querySelectorAll('.call').length === 2`);
  const seen = [];
  for (let presses = 0; presses < 30; presses++) {
    await page.press('Tab');
    const [name, visible] = await page.value(`(() => {
      const node = document.activeElement;
      const style = getComputedStyle(node.type === 'radio' ? node.nextElementSibling : node);
      return [${focus}, style.outlineStyle !== 'none' || node.className === 'skip'];
    })()`);
    if (name === '' || (seen.includes(name) && name !== 'act')) break;
    if (!visible) throw new Error(`${name} has the focus, and nothing shows it`);
    seen.push(name);
  }
  same(seen.slice(0, 11), ['skip', 'language', 'theme', 'leave', 'calls', 'act', 'act', 'filter', 'search', 'extensions', 'queues']);
});
await check('extensions are chosen with the arrows and searched by typing', async () => {
  await page.value("document.querySelector('#filter input:checked').focus()");
  await page.press('ArrowRight');
  await page.until("document.querySelector('#filter input:checked').value === 'busy' && document.querySelectorAll('.extension').length === 2");
  await page.press('ArrowLeft');
  await page.press('Tab');
  await page.type('lui');
  await page.until("document.querySelectorAll('.extension').length === 1");
  for (let letter = 0; letter < 3; letter++) await page.press('Backspace');
  await page.until("document.querySelectorAll('.extension').length === 3");
});

/* ---- what a screen reader is told ---- */

await check('all lists have names, and each call says who, with whom and what', async () => {
  same(await page.value("[...document.querySelectorAll('main ul, main ol')].filter((list) => !document.getElementById(list.getAttribute('aria-labelledby'))?.textContent).length"), 0);
  same(await page.value(text(`${row} [data-part=state]`)), 'Talking');
  same(await page.value(`document.querySelector('${row} .act').getAttribute('aria-label')`), 'Ask something of the call Ada Example (555) to Ana (1000)');
});
await check('only what is meant to be heard is live, and politely', async () => {
  same(await page.value(`[...document.querySelectorAll('[aria-live], [role=status], [role=alert], [role=log], [role=timer]')]
    .map((node) => node.id + ' ' + (node.getAttribute('role') ?? node.getAttribute('aria-live'))).sort()`),
  ['actions-error alert', 'announcer status', 'notice status', 'sign-in-refused alert']);
});
await check('it is not chatty: twenty changes in a row are two sentences at most', async () => {
  await page.value(`(() => {
    window.spoken = [];
    new MutationObserver(() => spoken.push(document.getElementById('announcer').textContent)).observe(document.getElementById('announcer'), {childList: true, characterData: true, subtree: true});
  })()`);
  for (let turn = 0; turn < 10; turn++) {
    gateway.change('channel', 'added', {uuid: `x${turn}`, direction: 'inbound', calling_number: '1', called_number: '1001', offer_timestamp: us(0)});
    await new Promise((resolve) => setTimeout(resolve, 100));
    gateway.change('channel', 'removed', {uuid: `x${turn}`});
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await page.until("document.querySelectorAll('.call').length === 2");
  const spoken = await page.value('spoken');
  if (spoken.length > 2) throw new Error(spoken.join('\n'));
});
const states = ['the board', 'the window of a call', 'a question', 'dark', 'Spanish on a phone'];
async function audit(what) {
  if (!axe) return;
  await check(`axe-core finds nothing wrong with ${what}`, async () => {
    await page.value(`${readFileSync(axe, 'utf8')}; undefined`);
    const {violations, passes} = await page.value(`axe.run(document, {resultTypes: ['violations']}).then(({violations, passes}) => ({passes: passes.length,
      violations: violations.map(({id, help, nodes}) => id + ': ' + help + ' ' + nodes.slice(0, 3).map((node) => node.html.slice(0, 120) + ' ' + (node.any[0]?.message ?? '')).join(' | '))}))`);
    if (violations.length > 0) throw new Error(violations.join('\n'));
    if (passes < 20) throw new Error(`only ${passes} rules were looked at`);
  });
}
await audit(states[0]);

/* ---- commands ---- */

await check('hanging up asks first; Escape goes back to where one was', async () => {
  await choose('hangup');
  same(await page.value(`[${text('#actions-question')}, ${focus}]`), ['End this call for both sides?', 'actions-back']);
  await page.press('Escape');
  await page.until(`${closed} && document.activeElement.closest('${row}') !== null`);
  same(await gateway.answer('commands'), '[]');
});
await page.value("document.querySelector('.call[data-call=a] .act').click()");
await audit(states[1]);
await page.screenshot(join(pictures, 'wallboard-actions.png'));
await page.value("document.getElementById('actions-close').click()");
await check('hung up: the gateway is asked, the answer is told', async () => {
  await choose('hangup');
  await page.press('Tab');
  await page.press('Enter');
  await page.until(`${closed} && ${notice} === 'Hung up.'`);
  same(JSON.parse(await gateway.answer('commands')), [{cmd: 'hangup', uuid: 'a'}]);
});
await check('parked: the caller unless another is chosen', async () => {
  await choose('park');
  await tabTo(`${focus} === 'leg'`, 4);
  await page.press('ArrowDown');
  await tabTo(`${focus} === 'actions-go'`, 4);
  await page.press('Enter');
  await page.until(`${closed} && ${notice} === 'Parked.'`);
  same(JSON.parse(await gateway.answer('commands')), [{cmd: 'park', uuid: 'b'}]);
});
await check('a transfer that is refused says why, and can be tried again', async () => {
  gateway.say('answers ["FreeSWITCH: No such channel!"]');
  await choose('transfer');
  await page.until(`${focus} === 'destination'`);
  await page.type('1002');
  await page.press('Enter');
  await page.until(`${text('#actions-error')} === 'Not done: FreeSWITCH: No such channel!'`);
  await page.press('Enter');
  await page.until(`${closed} && ${notice} === 'Transferred.'`);
  same(JSON.parse(await gateway.answer('commands')), Array(2).fill({cmd: 'transfer', uuid: 'a', destination: '1002'}));
});
await check('listening in: with a phone that is on another call', async () => {
  await choose('eavesdrop');
  await page.until(`${focus} === 'listener'`);
  same(await page.value("[...document.getElementById('listener').options].map(({text}) => text)"), ['Eva (1002)']);
  await tabTo(`${focus} === 'mode'`, 3);
  await page.press('ArrowDown');
  await page.until(`${text('#mode-whisper')} === 'Speak to Ana (1000) alone'`);
  await page.press('Enter');
  await page.until(`${closed} && ${notice} === 'Listening.'`);
  same(JSON.parse(await gateway.answer('commands')), [{cmd: 'eavesdrop', uuid: 'c', target_uuid: 'b', subcommand: 'whisper'}]);
});
await check('a call that ends meanwhile can be asked nothing any more', async () => {
  await choose('transfer');
  gateway.change('channel', 'removed', {uuid: 'b'});
  gateway.change('channel', 'removed', {uuid: 'a'});
  await page.until(`${text('#actions-state')} === 'This call is over.' && document.getElementById('actions-go').disabled`);
  await audit(states[2]);
  await page.press('Escape');
  await page.until(closed);
  await page.until(`${focus} === 'calls-panel'`);
});
await check('who may give no commands is offered none', async () => {
  gateway.say({...first[0], commands: []});
  gateway.change('channel', 'added', {uuid: 'n', server: 'pbx1', direction: 'inbound', calling_number: '5', called_number: '1001', offer_timestamp: us(2)});
  await page.until("document.querySelectorAll('.call').length === 2 && [...document.querySelectorAll('.act')].every((node) => node.hidden)");
});

await check('a user who sees his own calls only is told so, and nobody is said to be free', async () => {
  const other = await browser.page(1366, 768);
  await other.go(`${gateway.url}#eva@callboard.test:secret`);
  await other.until(`/^only yours/.test(${text('#scope')}) && ${text('#figure-free')} === '–' && document.querySelectorAll('.extension').length === 3`);
  same(await other.value("[...document.querySelectorAll('.extension[data-state=idle] [data-part=state]')].map((node) => node.textContent)"), ['Phone on']);
});

/* ---- looks ---- */

await page.value("(() => { const t = document.getElementById('theme'); t.value = 'dark'; t.dispatchEvent(new Event('change')); })()");
await audit(states[3]);
await page.value("(() => { const l = document.getElementById('language'); l.value = 'es'; l.dispatchEvent(new Event('change')); })()");
await page.size(360, 740);
await audit(states[4]);
if (!axe) console.log('# skipped: axe-core, which is not there');
await check('in Spanish it fits the smallest phone', () => page.until('document.documentElement.scrollWidth <= document.documentElement.clientWidth'));
await check('nothing that has a place moves when calls come and go', async () => {
  await page.size(1366, 768);
  const places = () => page.value("JSON.stringify([...document.querySelectorAll('header, .panel, .figures dl > div')].map((node) => { const {x, y, width, height} = node.getBoundingClientRect(); return [x, y, width, height]; }))");
  await page.until("document.querySelectorAll('.extension').length === 3");
  const before = await places();
  for (let turn = 0; turn < 30; turn++) gateway.change('channel', 'added', {uuid: `y${turn}`, direction: 'inbound', calling_number: `+5821228533${turn}`, called_number: '1001', offer_timestamp: us(1)});
  gateway.change('queued_channel', 'added', {uuid: 'y3', state: {ts: us(1), data: {queue_id: 'support'}}});
  await page.until("document.querySelectorAll('.call').length === 32");
  gateway.change('server', 'updated', {id: 'pbx1', state: 'away', since: us(30)});
  await page.until("!document.getElementById('warning').hidden");
  same(await places(), before);
});
await check('nothing the browser complains of, outside or against the policy', () => noComplaints(page, /^$/));
await check('and it would tell', async () => {
  await page.value("document.body.append(Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:9/'}))");
  await page.value("document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.evil = true'}))");
  for (let tries = 0; tries < 50 && page.violations.length < 2; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
  if (page.violations.length < 2 || (await page.value('window.evil === true'))) throw new Error(`seen: ${page.violations.join('; ') || 'nothing'}`);
});

/* ---- the hour, and what a login may not see ---- */

const minutesAgo = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
gateway.say(`records ${JSON.stringify([
  {phonecallId: 3, initiated: minutesAgo(10), source: '555', destination: '1001', duration: 70},
  {phonecallId: 2, initiated: minutesAgo(30), source: '1000', destination: '0212', duration: 0},
  {phonecallId: 1, initiated: minutesAgo(90), source: '1000', destination: '0212', duration: 9},
])}`);
await check('the last hour is filled from records, and they are among the latest calls', async () => {
  const other = await browser.page(1366, 768);
  await other.go(`${gateway.url}#callboard.test:secret`);
  await other.until(`${text('#plot-unanswered')} === '1' && ${text('#plot-calls')} === '4'`);
  same(await other.value(text('#hour-note')), '');
  same(await other.value("[...document.querySelectorAll('#latest > li')].map((node) => node.querySelector('[data-part=to]').textContent.trim().split(' ')[0] + ' ' + node.querySelector('[data-part=talked]').textContent)"), ['Luis 1:10', '0212 Missed']);
});
await check('who may not read them is told from when on calls are known, and that pools are not for him', async () => {
  gateway.say('forbid');
  const other = await browser.page(1366, 768);
  await other.go(`${gateway.url}#callboard.test:secret`);
  await other.until(`/^Since .*: this login may not read records of calls\\.$/.test(${text('#hour-note')}) && document.querySelector('#plot .unknown') !== null`);
  await other.until(`${text('#no-pools')} === 'This login may not see them.'`);
});

await check('a browser that cannot run it is told so, instead of nothing', async () => {
  const other = await browser.page(1366, 768);
  await other.send('Emulation.setScriptExecutionDisabled', {value: true});
  await other.go(gateway.url);
  await other.until("getComputedStyle(document.querySelector('.unready')).visibility === 'visible'", 20);
  same(await page.value("getComputedStyle(document.querySelector('.unready')).display"), 'none');
});

await browser.close();
gateway.end();
