/*
 * commands.js - what somebody asks of the PBX, on its way there and back: a WebSocket to the gateway, opened when it is needed and
 * closed when it has not been for a while. One command at a time, as answers do not say whose they are.
 *
 * A page can set no header of a WebSocket, so the credential goes along as a subprotocol: callboard-events(8).
 */
/** @import {Answer, Command} from './types.d.ts' */

const PATIENCE_MS = 15_000; // the gateway gives up before
const IDLE_MS = 20_000;

/**
 * What a page offers as subprotocols: the one that is spoken, and who asks. AUTHORIZATION as of sign_in.js.
 * @param {string} authorization
 * @returns {string[]}
 */
export function protocolsOf(authorization) {
  const base64url = authorization.replace(/^Basic /, '').replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  return ['events', `basic.${base64url}`];
}

export class Commands {
  #url;
  #protocols;
  #open;
  #socket;
  #waiting = []; // {command, resolve}
  #current;
  #ready = false;
  #patience;
  #idle;

  /* URL is that of the event stream; OPEN(url, protocols) makes a WebSocket, in tests something else. */
  constructor(url, authorization, open = (where, protocols) => new WebSocket(where, protocols)) {
    this.#url = new URL(url);
    this.#url.protocol = this.#url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#url.searchParams.set('element', 'server'); // nothing else needs to be told here
    this.#protocols = protocolsOf(authorization);
    this.#open = open;
  }

  /**
   * Sends COMMAND ({cmd, uuid, …}). Resolves to {ok: true}, or {ok: false, error} with a text, or without: the connection was lost.
   * @param {Command} command
   * @returns {Promise<Answer>}
   */
  send(command) {
    return new Promise((resolve) => {
      this.#waiting.push({command, resolve});
      this.#next();
    });
  }

  stop() {
    const lost = [this.#current, ...this.#waiting].filter(Boolean);
    this.#current = undefined;
    this.#waiting = [];
    this.#close();
    for (const {resolve} of lost) resolve({ok: false});
  }

  #next() {
    if (this.#current || this.#waiting.length === 0) return;
    clearTimeout(this.#idle);
    if (!this.#socket) this.#connect();
    if (!this.#ready) return;
    this.#current = this.#waiting.shift();
    this.#socket.send(JSON.stringify(this.#current.command));
  }

  #connect() {
    const socket = (this.#socket = this.#open(this.#url, this.#protocols));
    this.#patience = setTimeout(() => this.stop(), PATIENCE_MS);
    socket.onmessage = ({data}) => this.#socket === socket && this.#hear(data);
    socket.onclose = () => this.#socket === socket && this.stop();
  }

  #hear(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // not ours
    }
    if (message.message === 'ready') this.#ready = true;
    if (message.message === 'answer' && this.#current) {
      this.#current.resolve({ok: message.ok === true, error: message.error});
      this.#current = undefined;
    }
    if (!this.#ready || this.#current) return;
    clearTimeout(this.#patience);
    if (this.#waiting.length > 0) this.#patience = setTimeout(() => this.stop(), PATIENCE_MS);
    else this.#idle = setTimeout(() => this.#close(), IDLE_MS);
    this.#next();
  }

  #close() {
    clearTimeout(this.#patience);
    clearTimeout(this.#idle);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#ready = false;
    socket?.close();
  }
}
