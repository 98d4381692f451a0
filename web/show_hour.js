/*
 * show_hour.js - the plot of the last hour, its figures, and from when on they are known.
 */
import {$, mark, write} from './dom.js';
import {drawPlot} from './plot.js';

export class HourView {
  #say;
  #locale = 'en';

  speak(say, locale) {
    this.#say = say;
    this.#locale = locale;
  }

  /* MINUTES and SINCE (ms; undefined: the whole hour is known) of History; WHY: a word's key, why no more is known. */
  show(minutes, since, why) {
    const sum = (kind) => minutes.reduce((total, minute) => total + minute[kind], 0);
    const unanswered = sum('unanswered');
    const calls = sum('answered') + sum('open') + unanswered;
    const most = Math.max(...minutes.map((minute) => minute.answered + minute.open + minute.unanswered));
    const note = since === undefined ? '' : this.#say(why, {time: this.#time(since)});
    drawPlot($('plot'), minutes, since);
    mark($('plot'), 'aria-label', `${this.#say('plot', {calls, unanswered})} ${note}`.trim());
    write($('plot-calls'), String(calls));
    write($('plot-unanswered'), String(unanswered));
    write($('plot-most'), most > 0 ? this.#say('perMinute', {count: most}) : '');
    write($('hour-note'), note);
  }

  #time(ms) {
    return new Intl.DateTimeFormat(this.#locale, {hour: 'numeric', minute: '2-digit'}).format(ms);
  }
}
