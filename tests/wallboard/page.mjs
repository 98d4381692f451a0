/*
 * page.mjs - the wallboard in a browser, on a stream that says what the test wants (stream_server.mjs): what a person sees.
 * Prints "ok - …" and "not ok - …". argument: folder for screenshots.
 */
import {join} from 'node:path';
import {Browser} from './browser.mjs';
import {Gateway, check, noComplaints, text, us} from './harness.mjs';

const pictures = process.argv[2] ?? '.';

/* ---- the stream ---- */

const users = Array.from({length: 2000}, (_, place) => ({id: String(1000 + place), label: `Person ${place}`, main_extension: String(1000 + place)}));
const first = [
  {message: 'snapshot'},
  {message: 'initial_info', element: 'user', items: users},
  {message: 'initial_info', element: 'terminal', items: users.slice(0, 1500).map(({id}) => ({id: `${id}:1`, assoc_user_id: id, registered: true}))},
  {message: 'initial_info', element: 'group', items: [{id: 'support', label: 'Support', queue: true}]},
  {message: 'initial_info', element: 'channel', items: []},
  {message: 'initial_info', element: 'server', items: [{id: 'pbx1', state: 'up', since: us(60)}]},
  {message: 'ready'},
];
const gateway = await new Gateway().start(first);
const {url} = gateway;
const say = (word) => gateway.say(word);
const change = (...what) => gateway.change(...what);

/* ---- the page ---- */

const browser = new Browser();
const page = await browser.page(1366, 900);
const caller = {uuid: 'a', direction: 'inbound', calling_name: '<img src=x onerror=alert(1)>', calling_number: '+582122853348', called_number: '1001', offer_timestamp: us(9), other_uuid: 'b'};
const callee = {uuid: 'b', direction: 'outbound', calling_number: '+582122853348', called_number: '1001', user_id: '1001', offer_timestamp: us(8), other_uuid: 'a'};
const answered = {answer_timestamp: us(3)};
const tile = '#extensions > :nth-child(2)';

await check('a page without a credential asks for one', async () => {
  await page.go(url);
  await page.until("document.getElementById('sign-in').open");
  await page.until(`${text('#sign-in-title')} === 'Sign in'`);
});
const enter = (name, secret) => page.value(`(() => {
  document.getElementById('name').value = ${JSON.stringify(name)};
  document.getElementById('secret').value = ${JSON.stringify(secret)};
  document.querySelector('#sign-in-form button').click();
})()`);
await check('a wrong one is refused in words, without a window of the browser', async () => {
  await enter('callboard.test', 'wrong');
  await page.until(`document.getElementById('sign-in').open && ${text('#sign-in-refused')} === 'That is not right. Please try again.'`);
});
await check('with the right one the wallboard is live', async () => {
  await enter('callboard.test', 'secret');
  await page.until(`${text('#health-text')} === 'Live' && ${text('#who')} === 'callboard.test'`);
});
await check('all 2,000 extensions are there, and who has no phone', async () => {
  await page.until("document.querySelectorAll('.extension').length === 2000");
  await page.until("document.querySelectorAll('.extension[data-state=away]').length === 500");
  await page.until(`${text('#free-phones')} === 'of 1500 with a phone' && ${text('#figure-free')} === '1500'`);
});
await check('a call appears: who, with whom, ringing; its name is text and nothing else', async () => {
  change('channel', 'added', caller);
  change('channel', 'added', callee);
  await page.until(`${text('.call [data-part=state]')} === 'Ringing'`);
  await page.until(`${text('.call .party[data-part=from] b')} === '<img src=x onerror=alert(1)>' && !document.querySelector('main img')`);
  await page.until(`${text('.call .party[data-part=to]')} === 'Person 1 1001'`);
  await page.until(`${text(`${tile} [data-part=state]`)} === 'Ringing'`);
  await page.until(`/^0:\\d\\d$/.test(${text('.call time')})`);
});
await check('it changes: talking, then on hold', async () => {
  change('channel', 'updated', {...callee, ...answered});
  change('channel', 'updated', {...caller, ...answered});
  await page.until(`${text('.call [data-part=state]')} === 'Talking' && ${text('#figure-talking')} === '1'`);
  change('channel', 'updated', {...callee, ...answered, hold: true});
  await page.until(`${text('.call [data-part=state]')} === 'On hold' && document.querySelector('${tile}').dataset.state === 'held'`);
});
await check('a screen reader is told, in few words', () => page.until(`/1 talking, 0 ringing/.test(${text('#announcer')})`, 25));
await check('the numbers to transfer to, for who may know', () => page.until(`${text('.pool .name')} === 'default' && ${text('.pool [data-part=use]')} === '13 in use · 40 numbers'`));
await page.screenshot(join(pictures, 'wallboard-light.png'));

await check('a broken connection is resumed by itself, with no snapshot', async () => {
  say('break');
  await page.until(`${text('#health-text')} !== 'Live'`);
  await page.until(`${text('#health-text')} === 'Live'`);
  const value = await gateway.answer('since');
  if (!/^\d+-0$/.test(value)) throw new Error(`it came back with since=${value}`);
  await page.until("document.querySelectorAll('.call').length === 1");
});
await check('while the server is away the wallboard says that it is stale, and since when', async () => {
  say('refuse');
  say('break');
  await page.until(`/^Stale for 0:/.test(${text('#health-text')}) && /connection is lost/.test(${text('#warning-text')})`);
  await page.until("!document.getElementById('warning').hidden && document.querySelectorAll('.call').length === 1");
  say('accept');
  await page.until(`${text('#health-text')} === 'Live' && document.getElementById('warning').hidden`, 40);
});
await check('a PBX that is away is named', async () => {
  change('server', 'updated', {id: 'pbx1', state: 'away', since: us(30)});
  await page.until(`/^pbx1 away for 0:/.test(${text('#health-text')})`);
  change('server', 'updated', {id: 'pbx1', state: 'up', since: us(0)});
  await page.until(`${text('#health-text')} === 'Live'`);
});
await check('Redis that is away is told of', async () => {
  say({message: 'system_msg', text: 'storage_away'});
  await page.until(`${text('#health-text')} === 'Store away'`);
  say({message: 'system_msg', text: 'storage_back'});
  await page.until(`${text('#health-text')} === 'Live'`);
});
await check('somebody who waits in a queue is in its length', async () => {
  change('channel', 'added', {uuid: 'q', direction: 'inbound', calling_number: '555', called_number: '7000', offer_timestamp: us(20), answer_timestamp: us(19)});
  change('queued_channel', 'added', {uuid: 'q', state: {ts: us(19), name: 'calling', type: 'group', data: {queue_id: 'support@default'}}});
  await page.until(`${text('.queue .waiting')} === '1' && ${text('.call[data-state=queued] .where')} === 'Support'`);
});
await check('a call that ends goes, and is among the latest', async () => {
  change('channel', 'removed', {...callee, ...answered, hangup_timestamp: us(0)});
  change('channel', 'removed', {...caller, ...answered, hangup_timestamp: us(0)});
  await page.until("document.querySelectorAll('.call').length === 1");
  await page.until(`/1001|Person 1/.test(${text('#latest > :first-child .party[data-part=to]')})`);
  await page.until(`document.querySelector('${tile}').dataset.state === 'idle' && document.querySelectorAll('#plot rect').length > 0`);
});
await check('extensions can be searched and chosen', async () => {
  await page.value("(() => { const s = document.getElementById('search'); s.value = 'person 19'; s.dispatchEvent(new Event('input')); })()");
  await page.until("document.querySelectorAll('.extension').length === 111");
  await page.value("document.querySelector('#filter [value=away]').click()");
  await page.until("document.querySelectorAll('.extension').length === 100");
});
await check('it speaks Spanish when asked to, and remembers', async () => {
  await page.value("(() => { const l = document.getElementById('language'); l.value = 'es'; l.dispatchEvent(new Event('change')); })()");
  await page.until(`${text('#calls-title')} === 'Llamadas ahora 1' && document.documentElement.lang === 'es'`);
  await page.value("(() => { const t = document.getElementById('theme'); t.value = 'dark'; t.dispatchEvent(new Event('change')); })()");
  await page.go(url);
  await page.until(`${text('#health-text')} === 'En vivo' && document.documentElement.dataset.theme === 'dark'`);
});
await check('the last hour survives a reload', () => page.until("document.querySelectorAll('#latest > li').length === 1"));
await check('everything can be reached with the keyboard, and has a name', async () => {
  const nameless = await page.value(`[...document.querySelectorAll('button, select, input:not([type=radio])')]
    .filter((node) => !node.closest('dialog') && !(node.getAttribute('aria-label') || node.textContent.trim())).map((node) => node.id).join()`);
  if (nameless !== '') throw new Error(nameless);
  if (await page.value("document.querySelectorAll('[tabindex]:not([tabindex=\"-1\"], [tabindex=\"0\"])').length > 0")) throw new Error('an order of its own');
});
await page.size(390, 844);
await check('it fits a phone', () => page.until('document.documentElement.scrollWidth <= 390'));
await page.screenshot(join(pictures, 'wallboard-phone-dark.png'));
await check('the browser has nothing to complain of; nothing outside was asked for, nothing against the policy tried', () => noComplaints(page, /^network: .*(401|503|ERR_)/));

await browser.close();
gateway.end();
