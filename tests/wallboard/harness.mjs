/*
 * harness.mjs - what the tests of the page have in common: a browser, a stream that says what the test wants (stream_server.mjs), and
 * "ok - …" and "not ok - …".
 */
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

/* The time SECONDSAGO as the stream has it. */
export const us = (secondsAgo) => Math.round((Date.now() - secondsAgo * 1000) * 1000);

/* An expression in the page: the text of the first element that SELECTOR finds. */
export const text = (selector) => `document.querySelector(${JSON.stringify(selector)})?.textContent.replace(/\\s+/g, ' ').trim()`;

export async function check(what, run) {
  try {
    await run();
    console.log(`ok - ${what}`);
  } catch (error) {
    console.log(`not ok - ${what}\n#   ${(error.message ?? String(error)).replaceAll('\n', '\n#   ')}`);
  }
}

export function same(actual, expected) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`expected: ${b}\nactual:   ${a}`);
}

/* The server of stream_server.mjs, which says the messages FIRST to everyone who comes. */
export class Gateway {
  #folder = mkdtempSync(join(tmpdir(), 'callboard-page-'));
  #server;
  #lines;
  url;

  async start(first) {
    writeFileSync(join(this.#folder, 'first'), first.map((message) => JSON.stringify(message)).join('\n'));
    const program = fileURLToPath(new URL('stream_server.mjs', import.meta.url));
    this.#server = spawn(process.execPath, [program, join(this.#folder, 'first')], {stdio: ['pipe', 'pipe', 'inherit']});
    this.#lines = createInterface({input: this.#server.stdout})[Symbol.asyncIterator]();
    this.url = (await this.#lines.next()).value;
    return this;
  }

  /* A message of the stream, or a word of stream_server.mjs. */
  say(word) {
    this.#server.stdin.write(`${typeof word === 'string' ? word : JSON.stringify(word)}\n`);
  }

  change(element, event, data) {
    this.say({message: 'info_event', element, event, id: data.uuid ?? data.id, data});
  }

  /* What stream_server.mjs prints at WORD. */
  async answer(word) {
    this.say(word);
    return (await this.#lines.next()).value;
  }

  end() {
    this.#server.stdin.end();
    rmSync(this.#folder, {recursive: true});
  }
}

/* What the page complained of, but for what the test itself has brought about: EXPECTED, a pattern. */
export function noComplaints(page, expected) {
  const complaints = page.complaints.filter((line) => !expected.test(line));
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  const outside = page.requests.filter((url) => new URL(url).host !== page.host && !/^(data|about|blob):/.test(url));
  if (outside.length > 0) throw new Error(`asked for outside: ${outside.join(' ')}`);
  if (page.violations.length > 0) throw new Error(`against the policy: ${page.violations.join('; ')}`);
  if (page.requests.length === 0) throw new Error('no request was seen at all');
}
