/*
 * pools.js - how much of each pool of numbers is in use, from /status: asked now and then, and never again with a credential
 * that may not know.
 */
const EVERY_MS = 15_000;

export class Pools {
  #url;
  #authorization;
  #show;
  #timer;

  /* SHOW(pools) is called with what /status has, with undefined where it may not be seen. */
  constructor(url, authorization, show) {
    this.#url = url;
    this.#authorization = authorization;
    this.#show = show;
  }

  start() {
    this.#ask();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#show = () => {};
  }

  async #ask() {
    let refused = false;
    try {
      if (document.visibilityState === 'visible') refused = await this.#answer();
    } catch {
      // The stream says that the server is away; what was shown stays.
    }
    if (!refused) this.#timer = setTimeout(() => this.#ask(), EVERY_MS);
  }

  /* True when asking again is of no use. */
  async #answer() {
    const headers = {Accept: 'application/json', Authorization: this.#authorization};
    const response = await fetch(this.#url, {headers, credentials: 'omit', cache: 'no-store'});
    if (response.ok) {
      const status = await response.json();
      this.#show(Array.isArray(status.pools) ? status.pools : undefined);
    } else if (response.status < 500 && response.status !== 429) {
      this.#show(undefined);
      return true;
    }
    return false;
  }
}
