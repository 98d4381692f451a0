/*
 * dom.js - what all views need of the document: templates, texts by name, lists that keep the node of each item.
 * Whatever comes from the stream is put in with textContent.
 */
/**
 * The element ID, of whatever kind it is.
 * @param {string} id
 * @returns {any}
 */
export const $ = (id) => document.getElementById(id);

/**
 * A copy of the template ID: its only element.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function copyOf(id) {
  return $(id).content.firstElementChild.cloneNode(true);
}

/**
 * The element within NODE that its data-part calls NAME.
 * @param {HTMLElement} node
 * @param {string} name
 * @returns {any}
 */
export function part(node, name) {
  return node.dataset.part === name ? node : node.querySelector(`[data-part="${name}"]`);
}

/**
 * Writes TEXT, if it is not what stands there already.
 * @param {Element} node
 * @param {string | undefined} text
 */
export function write(node, text) {
  const wanted = text ?? '';
  if (node.textContent !== wanted) node.textContent = wanted;
}

/**
 * Sets or, without VALUE, takes away an attribute.
 * @param {Element} node
 * @param {string} attribute
 * @param {any} value
 */
export function mark(node, attribute, value) {
  if (value === undefined || value === null || value === false) node.removeAttribute(attribute);
  else if (node.getAttribute(attribute) !== String(value)) node.setAttribute(attribute, value);
}

/**
 * Lets NODE, a <time>, count from SINCE (ms) on; tick.js keeps it going.
 * @param {HTMLElement} node
 * @param {number | undefined} since
 */
export function count(node, since) {
  mark(node, 'data-since', since);
  if (since === undefined) write(node, '');
}

/* A list with one node an item, made once and moved only when it has to be. */
export class KeyedList {
  #parent;
  #make;
  #update;
  #nodes = new Map(); // key -> {node, seen}

  /* MAKE() makes a node, UPDATE(node, item) fills it. */
  constructor(parent, make, update) {
    this.#parent = parent;
    this.#make = make;
    this.#update = update;
  }

  /* Shows ITEMS, each with an id, in their order. */
  show(items) {
    const gone = new Set(this.#nodes.keys());
    let place = this.#parent.firstElementChild;
    for (const item of items) {
      gone.delete(item.id);
      const node = this.change(item, true);
      if (node === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(node, place);
    }
    for (const key of gone) {
      this.#nodes.get(key).node.remove();
      this.#nodes.delete(key);
    }
  }

  /* Brings the node of ITEM up to date; makes one when ADD says so. */
  change(item, add = false) {
    let entry = this.#nodes.get(item.id);
    if (!entry) {
      if (!add) return undefined;
      entry = {node: this.#make(), seen: undefined};
      this.#nodes.set(item.id, entry);
    }
    const seen = JSON.stringify(item);
    if (seen !== entry.seen) {
      this.#update(entry.node, item);
      entry.seen = seen;
    }
    return entry.node;
  }

  /* Fills all nodes again at the next show: the language has changed. */
  forget() {
    for (const entry of this.#nodes.values()) entry.seen = undefined;
  }
}
