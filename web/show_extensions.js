/*
 * show_extensions.js - one tile an extension; which of them are shown. Made for thousands: a change touches its own tile only.
 */
import {$, KeyedList, copyOf, count, mark, part, write} from './dom.js';
import {byNumber, extensionOf, isWanted} from './extensions.js';

/**
 * How close together COUNT tiles have to be; undefined: there is room.
 * @param {number} count
 * @returns {'many' | 'most' | undefined}
 */
export function crowdOf(count) {
  if (count > 600) return 'most';
  return count > 120 ? 'many' : undefined;
}

export class ExtensionsView {
  #list;
  #say;
  #extensions = new Map();
  #filter = 'all';
  #text = '';
  #redraw = true;
  #crowd;
  #own = false;

  /* WANTED is called when somebody asks for other extensions, so that they are drawn. */
  constructor(wanted) {
    this.#list = new KeyedList($('extensions'), () => copyOf('extension'), (node, item) => this.#fill(node, item));
    $('filter').addEventListener('change', (event) => this.#choose(() => (this.#filter = event.target.value), wanted));
    $('search').addEventListener('input', (event) => this.#choose(() => (this.#text = event.target.value.trim()), wanted));
  }

  speak(say) {
    this.#say = say;
    this.#list.forget();
    this.#redraw = true;
  }

  /* OWN: the calls of others are not told, so of who has a phone nobody knows whether he is free. */
  limit(own) {
    if (own === this.#own) return;
    this.#own = own;
    this.#list.forget();
    this.#redraw = true;
  }

  /* Draws the extensions of MODEL that changed. */
  show(model) {
    const users = model.takeChangedUsers();
    if (users.size === 0 && !this.#redraw) return;
    for (const id of users) {
      const before = this.#extensions.get(id);
      if (!model.isExtension(id)) {
        if (this.#extensions.delete(id)) this.#redraw = true;
        continue;
      }
      const after = extensionOf(model, id);
      this.#extensions.set(id, after);
      if (!before || before.number !== after.number || this.#isWanted(before) !== this.#isWanted(after)) this.#redraw = true;
      else this.#list.change(after);
    }
    if (this.#redraw) this.#showAll();
  }

  /* How many extensions there are, how many have a phone, and of these are free. */
  totals() {
    const totals = {extensions: this.#extensions.size, phones: 0, free: 0};
    for (const extension of this.#extensions.values()) {
      if (extension.phones > 0) totals.phones++;
      if (extension.state === 'idle') totals.free++;
    }
    return totals;
  }

  /* [{number, name}] of all, in their order. */
  numbers() {
    return [...this.#extensions.values()].sort(byNumber);
  }

  clear() {
    this.#extensions.clear();
    this.#redraw = true;
  }

  #choose(change, wanted) {
    change();
    this.#redraw = true;
    wanted();
  }

  #isWanted(extension) {
    return isWanted(extension, this.#filter, this.#text);
  }

  #showAll() {
    this.#redraw = false;
    const shown = [...this.#extensions.values()].filter((extension) => this.#isWanted(extension)).sort(byNumber);
    const crowd = crowdOf(shown.length);
    if (crowd !== this.#crowd) this.#list.forget();
    this.#crowd = crowd;
    mark($('extensions'), 'data-crowd', crowd);
    this.#list.show(shown);
    mark($('no-extensions'), 'hidden', shown.length > 0 ? '' : undefined);
    write($('no-extensions'), this.#say(this.#extensions.size > 0 ? 'noneMatch' : 'noExtensions'));
  }

  #fill(node, extension) {
    const {peer} = extension;
    const peerText = peer && (peer.name ?? peer.number);
    mark(node, 'data-state', extension.state);
    const word = this.#say(`extension.${this.#own && extension.state === 'idle' ? 'phone' : extension.state}`);
    const who = this.#crowd === 'most' ? extension.number : extension.name ?? extension.number;
    mark(node, 'title', this.#crowd && [extension.number, extension.name, word, peerText].filter(Boolean).join(' · '));
    write(part(node, 'who'), who);
    write(part(node, 'number'), who === extension.number ? extension.name ?? '' : extension.number);
    write(part(node, 'state'), word);
    write(part(node, 'peer'), peerText ?? this.#flags(extension));
    write(part(node, 'more'), extension.calls > 1 ? this.#say('more', {count: extension.calls - 1}) : '');
    count(part(node, 'since'), extension.since);
  }

  #flags(extension) {
    const flags = [];
    if (extension.undisturbed) flags.push(this.#say('undisturbed'));
    if (extension.forwarded) flags.push(this.#say('forwarded'));
    return flags.join(', ');
  }
}
