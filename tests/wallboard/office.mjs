/*
 * office.mjs - the wallboard in a browser on the real gateway, with the simulated PBX behind it. Prints "ok - …" and "not ok - …".
 * arguments: the wallboard's address, a folder: for screenshots, and for the file "restart", which asks for the gateway to be
 * started anew and is taken away when that is done.
 */
import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Browser} from './browser.mjs';

const [, , url, folder] = process.argv;
const browser = new Browser();
const page = await browser.page(1920, 1080, 'dark');
const live = "document.getElementById('health-text').textContent === 'Live'";

async function check(what, run) {
  try {
    await run();
    console.log(`ok - ${what}`);
  } catch (error) {
    console.log(`not ok - ${what}\n#   ${error.message.replaceAll('\n', '\n#   ')}`);
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
await check('the browser has nothing to complain of', async () => {
  const complaints = page.complaints.filter((line) => !/^network: .*(502|504|ERR_)/.test(line));
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
});
await page.screenshot(join(folder, 'office-later.png'));
await browser.close();
