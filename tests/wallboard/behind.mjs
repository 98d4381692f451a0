/*
 * behind.mjs - the wallboard in a browser, behind whatever web server: it loads, signs in, and is live. Prints "ok - …" and
 * "not ok - …". Arguments: the web server's name and address; a domain and its token; the socket of Redis.
 */
import {execFileSync} from 'node:child_process';
import {Browser} from './browser.mjs';
import {check, noComplaints, text} from './harness.mjs';

const [, , name, base, domain, token, socket] = process.argv;
const browser = new Browser();
const page = await browser.page(1366, 900);
const redis = (...words) => execFileSync('redis-cli', ['-s', socket, ...words]);

await check(`${name}: the wallboard asks who is there`, async () => {
  await page.go(`${base}/wallboard/`);
  await page.until("document.getElementById('sign-in').open");
});
const enter = (secret) => page.value(`(() => {
  document.getElementById('name').value = ${JSON.stringify(domain)};
  document.getElementById('secret').value = ${JSON.stringify(secret)};
  document.querySelector('#sign-in-form button').click();
})()`);
await check('a wrong token is refused in words', async () => {
  await enter('wrong');
  await page.until(`document.getElementById('sign-in').open && ${text('#sign-in-refused')} === 'That is not right. Please try again.'`);
});
await check('with the right one it is live', async () => {
  await enter(token);
  await page.until(`${text('#health-text')} === 'Live'`);
});
await check('what stands is there', () => page.until("document.querySelectorAll('.extension').length === 1"));
await check('a change is shown', async () => {
  const data = '{"id":"1001","name":"Ada"}';
  redis('HSET', `callboard:elements:${domain}:user`, '1001', data);
  redis('XADD', `callboard:events:${domain}`, '*', 'element', 'user', 'id', '1001', 'event', 'updated', 'data', data);
  await page.until("[...document.querySelectorAll('.extension [data-part=who]')].some((node) => node.textContent === 'Ada')");
});
/* A domain's token is good for the event stream, and neither for /status nor for the phone calls' list. */
await check('the browser has nothing else to complain of', () => noComplaints(page, /status of 40[13]/));
await browser.close();
