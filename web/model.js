/*
 * model.js - what the PBX is doing: elements by kind and id, as the stream's messages make them. Pure: no DOM, no clock.
 * Says whose extension has to be drawn anew.
 */
/** @import {Item, Message} from './types.d.ts' */

export const KINDS = [
  'channel', 'queued_channel', 'parked_channel', 'channel_waiting',
  'user', 'group', 'group_member', 'terminal', 'domain', 'server',
];

/* The extension that an element of KIND belongs to, or undefined. */
function owner(kind, data) {
  if (kind === 'channel') return data.user_id;
  if (kind === 'user') return data.id;
  if (kind === 'terminal') return data.assoc_user_id;
  return undefined;
}

function idOf(kind, data) {
  if (kind === 'group_member') return data.id ?? `${data.group_id}:${data.user_id}`;
  return data.uuid ?? data.id;
}

export class Model {
  #elements = new Map(KINDS.map((kind) => [kind, new Map()]));
  #owned = new Map([['channel', new Map()], ['terminal', new Map()]]); // extension -> Set of ids
  #changedUsers = new Set();

  all(kind) {
    return this.#elements.get(kind);
  }

  get(kind, id) {
    return this.#elements.get(kind).get(id);
  }

  /**
   * The channels, or terminals, of extension USER.
   * @param {'channel' | 'terminal'} kind
   * @param {string} user
   * @returns {Item[]}
   */
  of(kind, user) {
    const ids = this.#owned.get(kind).get(user) ?? [];
    return [...ids].map((id) => this.get(kind, id));
  }

  /**
   * Whether there is an extension USER: a user, or one that only has a phone or a call.
   * @param {string} user
   * @returns {boolean}
   */
  isExtension(user) {
    return this.all('user').has(user) || [...this.#owned.values()].some((owned) => owned.has(user));
  }

  /**
   * Takes a MESSAGE of the stream in. True when it changed anything.
   * @param {Message} message
   * @returns {boolean}
   */
  apply(message) {
    const kind = message.element;
    if (!this.#elements.has(kind)) return false;
    if (message.message === 'initial_info' && Array.isArray(message.items)) {
      this.#replace(kind, message.items);
      return true;
    }
    if (message.message !== 'info_event') return false;
    const data = message.data ?? {};
    const id = String(message.id ?? idOf(kind, data));
    if (message.event === 'removed') this.#remove(kind, id);
    else this.#put(kind, id, data);
    return true;
  }

  /**
   * Extensions that changed since this was last asked.
   * @returns {Set<string>}
   */
  takeChangedUsers() {
    const changed = this.#changedUsers;
    this.#changedUsers = new Set();
    return changed;
  }

  /* A snapshot of one kind: what it has not is gone. */
  #replace(kind, items) {
    const ids = new Set();
    for (const data of items) {
      if (typeof data !== 'object' || data === null) continue;
      const id = String(idOf(kind, data));
      ids.add(id);
      this.#put(kind, id, data);
    }
    for (const id of [...this.all(kind).keys()]) if (!ids.has(id)) this.#remove(kind, id);
  }

  #put(kind, id, data) {
    this.#disown(kind, id);
    this.all(kind).set(id, data);
    const user = owner(kind, data);
    if (user === undefined || user === null || user === '') return;
    this.#touch(kind, id, user);
    const owned = this.#owned.get(kind);
    if (!owned) return;
    if (!owned.has(user)) owned.set(user, new Set());
    owned.get(user).add(id);
  }

  #remove(kind, id) {
    this.#disown(kind, id);
    this.all(kind).delete(id);
  }

  #disown(kind, id) {
    const before = this.get(kind, id);
    const user = before && owner(kind, before);
    if (user === undefined || user === null) return;
    this.#touch(kind, id, user);
    const ids = this.#owned.get(kind)?.get(user);
    ids?.delete(id);
    if (ids?.size === 0) this.#owned.get(kind).delete(user);
  }

  /* A change of a call is one of the extension at its other end too: it says with whom. */
  #touch(kind, id, user) {
    this.#changedUsers.add(user);
    if (kind === 'user') {
      for (const channel of this.of('channel', user)) this.#touchOther(channel);
    } else if (kind === 'channel') {
      this.#touchOther(this.get('channel', id));
    }
  }

  #touchOther(channel) {
    const other = channel?.other_uuid && this.get('channel', channel.other_uuid);
    if (other?.user_id) this.#changedUsers.add(other.user_id);
  }
}
