/*
 * wallboard.js - the page: stream -> model and history -> views, ten times a second at most.
 */
import {Abilities} from './abilities.js';
import {callsOf} from './calls.js';
import {Commands} from './commands.js';
import {$, write} from './dom.js';
import {Health} from './health.js';
import {History} from './history.js';
import {Clock, duration, elapsed} from './instant.js';
import {Model} from './model.js';
import {Pools} from './pools.js';
import {Preferences} from './preferences.js';
import {awayServers, queuesOf} from './queues.js';
import {recordsSince} from './records.js';
import {ActionsView} from './show_actions.js';
import {CallsView} from './show_calls.js';
import {ExtensionsView} from './show_extensions.js';
import {FiguresView, figuresOf} from './show_figures.js';
import {HealthView} from './show_health.js';
import {HourView} from './show_hour.js';
import {SideView} from './show_side.js';
import {ask, authorizationOf, forgetCredential, knownCredential, recordsToken} from './sign_in.js';
import {Stream} from './stream.js';

const HISTORY_KEY = 'callboard.history';
const DRAW_MS = 100;
const HOUR_MS = 3_600_000;

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
  #figuresView = new FiguresView();
  #hour = new HourView();
  #actions;
  #abilities = new Abilities();
  #commands;
  #side = new SideView();
  #healthView = new HealthView();
  #preferences;
  #stream;
  #pools;
  #waiting = false; // for the next frame
  #drawn = -Infinity; // when the last one was
  #shown = []; // the calls
  #figures = figuresOf([]);
  #token; // that may perhaps read records
  #records = 'asking'; // or failed, none: why no more of the hour is known

  start() {
    this.#actions = new ActionsView((call) => this.#ability(call), (command) => this.#commands.send(command), () => this.#extensions.numbers());
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
    this.#abilities = new Abilities(credential.name);
    this.#token = recordsToken(credential);
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
    const commands = beside('events');
    commands.searchParams.set('app_name', 'wallboard commands');
    this.#commands = new Commands(commands, authorization);
  }

  #leave(why) {
    this.#stream?.stop();
    this.#pools?.stop();
    this.#commands?.stop();
    this.#actions.close();
    forgetCredential();
    sessionStorage.removeItem(HISTORY_KEY);
    this.#extensions.clear();
    this.#model = new Model();
    this.#history = new History();
    this.#abilities = new Abilities();
    write($('who'), '');
    this.#side.showPools([]);
    this.#draw();
    this.#ask(why);
  }

  #message(message) {
    if (message.message === 'system_msg') this.#systemMessage(message.text);
    if (message.message === 'snapshot' || message.message === 'resumed') this.#health.store(true);
    this.#abilities.hear(message);
    if (message.message === 'ready') this.#fill();
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
    const calls = (this.#shown = callsOf(this.#model));
    this.#calls.show(calls, (call) => this.#abilities.of(this.#model, call).commands.length > 0);
    this.#actions.show(calls);
    this.#extensions.limit(this.#abilities.seesOwnOnly);
    this.#extensions.show(this.#model);
    this.#side.showQueues(queuesOf(this.#model));
    this.#side.showLatest(this.#history.latest());
    this.#figures = figuresOf(calls);
    this.#figuresView.show(this.#figures, this.#extensions.totals(), this.#abilities.seesOwnOnly);
    this.#drawTimes();
    this.#drawHealth();
  }

  #drawHour() {
    const now = this.#clock.now();
    this.#hour.show(this.#history.minutes(now), this.#history.knownSince(now), `since.${this.#records}`);
  }

  /* CALL as it stands, with what may be asked of it. */
  #ability({id}) {
    const call = this.#shown.find((shown) => shown.id === id);
    return call ? {call, ...this.#abilities.of(this.#model, call), listeners: () => this.#abilities.listeners(this.#model, call)} : {commands: []};
  }

  /* What this page has not seen of the last hour, from the records of calls. */
  async #fill() {
    const [history, model, now] = [this.#history, this.#model, this.#clock.now()];
    const from = now - HOUR_MS;
    if (history.knownSince(now) === undefined) return;
    this.#records = this.#token === undefined ? 'none' : 'asking';
    if (this.#token === undefined) return;
    try {
      const records = await recordsSince(beside('direct/items/phonecalls/list'), this.#token, from, now);
      if (history !== this.#history) return;
      if (records === 'refused') this.#records = 'none';
      else history.fill(model, records, from);
    } catch {
      this.#records = 'failed'; // is said beside the plot
    }
    this.#draw();
  }

  /* Once a second: what changes with the time alone, and what nobody needs sooner. */
  #tick() {
    const now = this.#clock.now();
    this.#drawTimes();
    this.#drawHealth();
    if (this.#health.worst([]).name === 'live') this.#history.alive(now);
    this.#drawHour();
    write($('clock'), new Intl.DateTimeFormat(this.#preferences.locale, {hour: 'numeric', minute: '2-digit'}).format(now));
    this.#healthView.announce(this.#figures, now);
  }

  #drawTimes() {
    const now = this.#clock.now();
    /** @type {NodeListOf<HTMLTimeElement>} */
    const times = document.querySelectorAll('time[data-since]');
    for (const node of times) {
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
    for (const view of [this.#calls, this.#extensions, this.#figuresView, this.#hour, this.#side, this.#actions, this.#healthView]) view.speak(say, locale);
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
