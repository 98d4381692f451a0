/*
 * crowded.mjs - the wallboard of a company of 2,000 extensions with a hundred calls, while a hundred things a second happen: each change
 * touches its own tiles alone, and in the end all is as the stream says. Prints "ok - …" and "not ok - …", and how smooth it was:
 * "# …". argument: folder for screenshots.
 */
import {join} from 'node:path';
import {callsOf} from '../../web/calls.js';
import {Model} from '../../web/model.js';
import {Browser} from './browser.mjs';
import {Crowd} from './crowd.mjs';
import {Gateway, check, noComplaints, same, text} from './harness.mjs';

const [, , pictures = '.'] = process.argv;
const EXTENSIONS = 2000;
const SECONDS = 5;
const A_SECOND = 100;

const crowd = new Crowd(EXTENSIONS);
const model = new Model();
const first = crowd.first();
for (const message of first) model.apply(message);
const gateway = await new Gateway().start(first);
const browser = new Browser();
const page = await browser.page(1920, 1080, 'dark');

const watch = `(() => {
  window.smooth = {frames: 0, longest: 0, long: 0, draws: 0};
  window.touched = new Map();
  let last = performance.now();
  const frame = (now) => {
    smooth.frames++;
    smooth.longest = Math.max(smooth.longest, now - last);
    last = now;
    if (window.smooth) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => { smooth.long += list.getEntries().length; }).observe({type: 'longtask'});
  new MutationObserver((changes) => {
    for (const {target} of changes) {
      const tile = (target.nodeType === 1 ? target : target.parentElement)?.closest('.extension');
      if (tile && target.closest?.('time') === null) touched.set(tile, (touched.get(tile) ?? 0) + 1);
      if (target.id === 'extensions') smooth.redrawn = true;
    }
  }).observe(document.getElementById('extensions'), {subtree: true, childList: true, attributes: true, characterData: true});
})()`;

await check('2,000 extensions and a hundred calls are there', async () => {
  await page.go(`${gateway.url}#callboard.test:secret`);
  await page.until(`document.querySelectorAll('.extension').length === ${EXTENSIONS} && document.querySelectorAll('.call').length === ${callsOf(model).length}`, 30);
  await page.screenshot(join(pictures, 'wallboard-2000.png'));
});
await check('while a hundred things a second happen only tiles of theirs are touched, and none is moved', async () => {
  await page.value(watch);
  const concerned = new Set();
  for (let tenth = 0; tenth < SECONDS * 10; tenth++) {
    for (let count = 0; count < A_SECOND / 10; count += 2) {
      for (const message of crowd.next()) {
        model.takeChangedUsers();
        model.apply(message);
        for (const user of model.takeChangedUsers()) concerned.add(user);
        gateway.say(message);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await page.until(`document.querySelectorAll('.call').length === ${callsOf(model).length}`, 20);
  const touched = await page.value("[...touched.keys()].map((tile) => tile.querySelector('[data-part=who]').textContent)");
  const strange = touched.filter((number) => !concerned.has(number));
  same(strange, []);
  if (touched.length === 0) throw new Error('none was touched at all');
  same(await page.value('smooth.redrawn ?? false'), false);
});
await check('in the end all is as the stream says', async () => {
  const calls = callsOf(model);
  const count = (state) => calls.filter((call) => call.state === state).length;
  await page.until(`${text('#figure-ringing')} === '${count('ringing')}' && ${text('#figure-waiting')} === '${count('queued')}'`);
  same(await page.value("[...document.querySelectorAll('.call')].map((node) => node.dataset.call + ' ' + node.dataset.state)"), calls.map(({id, state}) => `${id} ${state}`));
});
const smooth = await page.value('smooth');
console.log(`# ${SECONDS * A_SECOND} changes in ${SECONDS} s: ${smooth.frames} frames, the longest took ${Math.round(smooth.longest)} ms; ${smooth.long} tasks of more than 50 ms`);
await check('nothing the browser complains of, outside or against the policy', () => noComplaints(page, /^$/));

await browser.close();
gateway.end();
