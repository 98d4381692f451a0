/*
 * preferences.js - language and colours: as the browser has them, or as somebody chose on this device.
 */
import {$, mark, write} from './dom.js';
import {LANGUAGES, languageOf, speaker} from './words.js';

const THEMES = ['auto', 'light', 'dark'];
const DARK = matchMedia('(prefers-color-scheme: dark)');

function stored(key, allowed) {
  const value = localStorage.getItem(`callboard.${key}`);
  return allowed.includes(value) ? value : undefined;
}

export class Preferences {
  language = stored('language', LANGUAGES) ?? languageOf(navigator.languages ?? []);
  theme = stored('theme', THEMES) ?? 'auto';
  #changed;

  /* CHANGED(say, locale) is called now and at each change of language. */
  constructor(changed) {
    this.#changed = changed;
    $('language').addEventListener('change', (event) => this.#choose('language', event.target.value));
    DARK.addEventListener('change', () => this.#apply());
    $('theme').addEventListener('change', (event) => this.#choose('theme', event.target.value));
    this.#apply();
  }

  /* How times are written: the region's way, where the browser has one for the language. */
  get locale() {
    return (navigator.languages ?? []).find((tag) => languageOf([tag]) === this.language && tag.startsWith(this.language)) ?? this.language;
  }

  get say() {
    return speaker(this.language);
  }

  #choose(key, value) {
    this[key] = value;
    localStorage.setItem(`callboard.${key}`, value);
    this.#apply();
  }

  #apply() {
    const {say, language} = this;
    document.documentElement.lang = language;
    mark(document.documentElement, 'data-theme', this.theme === 'auto' ? (DARK.matches ? 'dark' : 'light') : this.theme);
    document.title = `${say('title')} · callboard`;
    for (const node of document.querySelectorAll('[data-word]')) write(node, say(node.getAttribute('data-word')));
    for (const node of document.querySelectorAll('[data-label]')) mark(node, 'aria-label', say(node.getAttribute('data-label')));
    for (const node of document.querySelectorAll('[data-placeholder]')) mark(node, 'placeholder', say(node.getAttribute('data-placeholder')));
    $('language').value = language;
    $('theme').value = this.theme;
    this.#changed(say, this.locale);
  }
}
