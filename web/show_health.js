/*
 * show_health.js - the light in the corner, the bar that warns, and what a screen reader is told: little, and not too often.
 */
import {$, mark, write} from './dom.js';
import {elapsed} from './instant.js';

const ANNOUNCE_MS = 10_000; // at most that often

export class HealthView {
  #say;
  #locale = 'en';
  #health = {name: 'connecting'};
  #announced = '';
  #announcedAt = -ANNOUNCE_MS;

  speak(say, locale) {
    this.#say = say;
    this.#locale = locale;
  }

  /* HEALTH as health.js has it; NOW in ms. */
  show(health, now) {
    this.#health = health;
    mark(document.documentElement, 'data-health', health.name);
    write($('health-text'), this.#say(`health.${health.name}`, {...health, time: elapsed(health.since, now)}));
    const warning = this.#warning(health);
    mark($('warning'), 'hidden', warning === '' ? '' : undefined);
    write($('warning-text'), warning);
  }

  /* FIGURES: {talking, ringing, waiting, parked}. */
  announce(figures, now) {
    if (now - this.#announcedAt < ANNOUNCE_MS) return;
    const {name} = this.#health;
    const health = name === 'live' ? '' : this.#warning(this.#health) || this.#say(`health.${name}`);
    const text = `${health} ${this.#say('announce', figures)}`.trim();
    if (text === this.#announced) return;
    this.#announced = text;
    this.#announcedAt = now;
    write($('announcer'), text);
  }

  #warning(health) {
    const time = health.since === undefined ? '' : this.#clock(health.since);
    if (health.name === 'away') return this.#say('stale', {time});
    if (health.name === 'server') return this.#say('serverAway', {server: health.server, time});
    if (health.name === 'store') return this.#say('storeAway');
    return '';
  }

  #clock(ms) {
    return new Intl.DateTimeFormat(this.#locale, {timeStyle: 'medium'}).format(ms);
  }
}
