/*
 * health.js - how far what is shown can be trusted: one state of the stream, the store and the PBXs. Pure.
 */
export class Health {
  #stream = 'connecting';
  #heard; // ms: when the stream was last live
  #store = true;

  /* The stream's state is NAME now; NOW in ms. */
  stream(name, now) {
    if (this.#stream === 'live' && name !== 'live') this.#heard = now;
    if (name === 'connecting' && this.#heard !== undefined) return; // trying again is still away
    this.#stream = name;
    if (name === 'live') this.#heard = undefined;
  }

  /* The gateway says whether it reaches its store. */
  store(there) {
    this.#store = there;
  }

  /* {name, since, server}: the worst there is. SERVERS are those that are away. */
  worst(servers) {
    if (this.#stream === 'refused') return {name: 'refused'};
    if (this.#stream !== 'live') return this.#heard === undefined ? {name: 'connecting'} : {name: 'away', since: this.#heard};
    if (!this.#store) return {name: 'store'};
    if (servers.length > 0) return {name: 'server', since: servers[0].since, server: servers.map((server) => server.id).join(', ')};
    return {name: 'live'};
  }
}
