/*
 * stream.js - the connection to /events: opens it, reads on from the last event after a break, says how it is.
 *
 * Server-sent events, read with fetch and not with EventSource or WebSocket: only fetch lets a page send the
 * Authorization header itself, so that basic auth works the same in Chromium, Firefox and Safari, the browser never
 * opens a password window of its own on a television, and the page learns why it was refused.
 */
import {EventText} from './event_text.js';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
export const SILENCE_MS = 45_000; // the gateway says something at least every 15 s

/**
 * How long to wait before try number TRY, counted from 0: twice as long each time, and not all pages at once.
 * @param {number} attempt
 * @param {() => number} [random]
 * @returns {number}
 */
export function waitBefore(attempt, random = Math.random) {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return longest / 2 + (random() * longest) / 2;
}

export class Stream {
  #url;
  #authorization;
  #hooks;
  #last = null; // id of the last event
  #attempt = 0;
  #timer = null;
  #silence = null;
  #abort = null;
  #ended = false;

  /*
   * HOOKS: message(object), state(name, detail) where name is "connecting", "live", "away" (detail: ms until the next try) or
   * "refused" (detail: HTTP status), and clock(ms): what time the server has.
   */
  constructor(url, authorization, hooks) {
    this.#url = url;
    this.#authorization = authorization;
    this.#hooks = hooks;
  }

  start() {
    this.#connect();
  }

  stop() {
    this.#ended = true;
    this.#disconnect();
  }

  /* Tries at once, if it is waiting to: the network is back, or somebody looks. */
  hurry() {
    if (this.#timer === null) return;
    this.#attempt = 0;
    this.#connect();
  }

  #disconnect() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#timer = this.#silence = null;
    this.#abort?.abort();
    this.#abort = null;
  }

  async #connect() {
    this.#disconnect();
    const abort = (this.#abort = new AbortController());
    if (this.#attempt === 0) this.#hooks.state('connecting');
    this.#heard();
    try {
      const response = await fetch(this.#address(), {
        headers: this.#headers(),
        credentials: 'omit',
        cache: 'no-store',
        signal: abort.signal,
      });
      if (response.status === 401 || response.status === 403) {
        this.#disconnect();
        return this.#hooks.state('refused', response.status);
      }
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const date = Date.parse(response.headers.get('Date') ?? '');
      if (!Number.isNaN(date)) this.#hooks.clock(date);
      await this.#read(response.body.getReader(), abort);
    } catch {
      // What went wrong does not matter: it is tried again, and shown as away until then.
    }
    if (this.#abort === abort) this.#again();
  }

  #address() {
    const address = new URL(this.#url);
    if (this.#last !== null) address.searchParams.set('since', this.#last);
    return address;
  }

  #headers() {
    const headers = {Accept: 'text/event-stream', Authorization: this.#authorization};
    if (this.#last !== null) headers['Last-Event-ID'] = this.#last;
    return headers;
  }

  async #read(reader, abort) {
    const decoder = new TextDecoder();
    const text = new EventText(({id, data}) => this.#event(id, data));
    for (;;) {
      const {done, value} = await reader.read();
      if (done || this.#abort !== abort) return;
      this.#heard();
      text.add(decoder.decode(value, {stream: true}));
    }
  }

  #event(id, data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // not ours
    }
    if (typeof message !== 'object' || message === null) return;
    this.#attempt = 0;
    this.#hooks.state('live');
    this.#hooks.message(message);
    if (id) this.#last = id; // an event without one is part of a snapshot, from whose middle nobody can read on
  }

  #heard() {
    clearTimeout(this.#silence);
    const abort = this.#abort;
    this.#silence = setTimeout(() => {
      if (this.#abort === abort) this.#again();
    }, SILENCE_MS);
  }

  #again() {
    this.#disconnect();
    if (this.#ended) return;
    const wait = waitBefore(this.#attempt++);
    this.#timer = setTimeout(() => this.#connect(), wait);
    this.#hooks.state('away', wait);
  }
}
