/*
 * show_extensions.js - one tile an extension; which of them are shown. Made for thousands: a change touches its own tile only.
 */
import {$, KeyedList, copyOf, count, mark, part, write} from './dom.js';
import {byNumber, extensionOf, isWanted} from './extensions.js';

export class ExtensionsView {
  #list;
  #say;
  #extensions = new Map();
  #filter = 'all';
  #text = '';
  #redraw = true;

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

  /* How many extensions there are, and how many have a phone. */
  totals() {
    let phones = 0;
    for (const extension of this.#extensions.values()) if (extension.phones > 0) phones++;
    return {extensions: this.#extensions.size, phones};
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
    this.#list.show(shown);
    mark($('no-extensions'), 'hidden', shown.length > 0 ? '' : undefined);
    write($('no-extensions'), this.#say(this.#extensions.size > 0 ? 'noneMatch' : 'noExtensions'));
  }

  #fill(node, extension) {
    const {peer} = extension;
    const peerText = peer && (peer.name ?? peer.number);
    mark(node, 'data-state', extension.state);
    write(part(node, 'number'), extension.number);
    write(part(node, 'name'), extension.name ?? '');
    write(part(node, 'state'), this.#say(`extension.${extension.state}`));
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
