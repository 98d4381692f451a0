/*
 * wallboard.js - the page: stream -> model and history -> views, ten times a second at most.
 */
import {callsOf} from './calls.js';
import {$, write} from './dom.js';
import {Health} from './health.js';
import {History} from './history.js';
import {Clock, duration, elapsed} from './instant.js';
import {Model} from './model.js';
import {drawPlot} from './plot.js';
import {Pools} from './pools.js';
import {Preferences} from './preferences.js';
import {awayServers, queuesOf} from './queues.js';
import {CallsView} from './show_calls.js';
import {ExtensionsView} from './show_extensions.js';
import {HealthView} from './show_health.js';
import {SideView} from './show_side.js';
import {ask, authorizationOf, forgetCredential, knownCredential} from './sign_in.js';
import {Stream} from './stream.js';

const HISTORY_KEY = 'callboard.history';
const DRAW_MS = 100;

/* PATH beside the page's folder, without the credentials that the page's own address may have in it. */
function beside(path) {
  const url = new URL(`../${path}`, location.href);
  url.username = url.password = url.hash = '';
  return url;
}

class Wallboard {
  #clock = new Clock();
  #health = new Health();
  #model = new Model();
  #history = new History();
  #calls = new CallsView();
  #extensions = new ExtensionsView(() => this.#draw());
  #side = new SideView();
  #healthView = new HealthView();
  #preferences;
  #stream;
  #pools;
  #waiting = false; // for the next frame
  #drawn = -Infinity; // when the last one was
  #figures = {talking: 0, ringing: 0, waiting: 0, parked: 0};

  start() {
    this.#preferences = new Preferences((say, locale) => this.#speak(say, locale));
    $('leave').addEventListener('click', () => this.#leave(undefined));
    addEventListener('online', () => this.#stream?.hurry());
    document.addEventListener('visibilitychange', () => this.#stream?.hurry());
    addEventListener('pagehide', () => this.#save());
    setInterval(() => this.#tick(), 1000);
    const credential = knownCredential();
    if (credential) this.#connect(credential);
    else this.#ask(undefined);
  }

  #ask(why) {
    ask(this.#preferences.say, why, (credential) => this.#connect(credential));
  }

  #connect(credential) {
    const authorization = authorizationOf(credential);
    this.#model = new Model();
    this.#history = new History();
    this.#health = new Health();
    this.#restore(credential.name);
    write($('who'), credential.name);
    const events = beside('events');
    events.searchParams.set('full_events', 'true'); // of a user, who may; a domain's token shows all anyway
    events.searchParams.set('app_name', 'wallboard');
    this.#stream = new Stream(events, authorization, {
      message: (message) => this.#message(message),
      state: (name, detail) => this.#state(name, detail),
      clock: (ms) => this.#clock.set(ms),
    });
    this.#stream.start();
    this.#pools = new Pools(beside('status'), authorization, (pools) => this.#side.showPools(pools));
    this.#pools.start();
  }

  #leave(why) {
    this.#stream?.stop();
    this.#pools?.stop();
    forgetCredential();
    sessionStorage.removeItem(HISTORY_KEY);
    this.#extensions.clear();
    this.#model = new Model();
    this.#history = new History();
    write($('who'), '');
    this.#side.showPools(undefined);
    this.#draw();
    this.#ask(why);
  }

  #message(message) {
    if (message.message === 'system_msg') this.#systemMessage(message.text);
    if (message.message === 'snapshot' || message.message === 'resumed') this.#health.store(true);
    if (!this.#model.apply(message)) return;
    this.#history.note(this.#model, message, this.#clock.now());
    this.#draw();
  }

  #systemMessage(text) {
    if (text === 'storage_away') this.#health.store(false);
    if (text === 'storage_back') this.#health.store(true);
    this.#draw();
  }

  #state(name, detail) {
    this.#health.stream(name, this.#clock.now());
    if (name === 'refused') this.#leave(detail === 403 ? 'forbidden' : 'refused');
    this.#draw();
  }

  /* All messages that come within a tenth of a second are drawn together, in one frame. */
  #draw() {
    if (this.#waiting) return;
    this.#waiting = true;
    const wait = Math.max(0, this.#drawn + DRAW_MS - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#frame()), wait);
  }

  #frame() {
    this.#waiting = false;
    this.#drawn = performance.now();
    const calls = callsOf(this.#model);
    this.#calls.show(calls);
    this.#extensions.show(this.#model);
    this.#side.showQueues(queuesOf(this.#model));
    this.#side.showLatest(this.#history.latest());
    this.#drawFigures(calls);
    this.#drawTimes();
    this.#drawHealth();
  }

  #drawFigures(calls) {
    const number = (...states) => calls.filter((call) => states.includes(call.state)).length;
    const {extensions, phones} = this.#extensions.totals();
    this.#figures = {
      talking: number('talking', 'held', 'busy'),
      ringing: number('ringing'),
      waiting: this.#model.all('queued_channel').size,
      parked: this.#model.all('parked_channel').size,
    };
    for (const [name, value] of Object.entries(this.#figures)) write($(`figure-${name}`), String(value));
    write($('figure-phones'), String(phones));
    write($('figure-extensions'), this.#preferences.say('ofPhones', {count: extensions}));
  }

  #drawPlot() {
    const minutes = this.#history.minutes(this.#clock.now());
    const sum = (kind) => minutes.reduce((total, minute) => total + minute[kind], 0);
    const unanswered = sum('unanswered');
    const calls = sum('answered') + unanswered;
    const most = Math.max(...minutes.map((minute) => minute.answered + minute.unanswered));
    drawPlot($('plot'), minutes);
    $('plot').setAttribute('aria-label', this.#preferences.say('plot', {calls, unanswered}));
    write($('plot-calls'), String(calls));
    write($('plot-unanswered'), String(unanswered));
    write($('plot-most'), most > 0 ? this.#preferences.say('perMinute', {count: most}) : '');
  }

  /* Once a second: what changes with the time alone, and what nobody needs sooner. */
  #tick() {
    const now = this.#clock.now();
    this.#drawTimes();
    this.#drawHealth();
    this.#drawPlot();
    write($('clock'), new Intl.DateTimeFormat(this.#preferences.locale, {hour: 'numeric', minute: '2-digit'}).format(now));
    this.#healthView.announce(this.#figures, now);
  }

  #drawTimes() {
    const now = this.#clock.now();
    for (const node of document.querySelectorAll('time[data-since]')) {
      const since = Number(node.dataset.since);
      const text = elapsed(since, now);
      if (node.textContent === text) continue;
      node.textContent = text;
      node.dateTime = duration(since, now);
    }
  }

  #drawHealth() {
    this.#healthView.show(this.#health.worst(awayServers(this.#model)), this.#clock.now());
  }

  #speak(say, locale) {
    for (const view of [this.#calls, this.#extensions, this.#side, this.#healthView]) view.speak(say, locale);
    this.#draw();
  }

  /* The last hour survives a reload of the page, for the same credential. */
  #save() {
    sessionStorage.setItem(HISTORY_KEY, JSON.stringify({who: $('who').textContent, history: this.#history.save()}));
  }

  #restore(who) {
    try {
      const saved = JSON.parse(sessionStorage.getItem(HISTORY_KEY));
      if (saved?.who === who) this.#history.restore(saved.history);
    } catch {
      // Nothing was kept, or not by us.
    }
  }
}

new Wallboard().start();
