/*
 * plot.js - how many calls began in each minute of the last hour: bars, answered ones below, then those that
 * still ring or wait, those that nobody answered on top.
 */
/** @import {Minute} from './types.d.ts' */

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 600; // of the drawing, in its own units: ten a minute
const HEIGHT = 100;
const LEAST_TOP = 4; // calls: a single one does not fill the height

/**
 * [{x, y, width, height, kind}] of MINUTES (history.js). Pure.
 * @param {Minute[]} minutes
 * @returns {{x: number, y: number, width: number, height: number, kind: string}[]}
 */
export function barsOf(minutes) {
  const step = WIDTH / minutes.length;
  const top = Math.max(LEAST_TOP, ...minutes.map((minute) => minute.answered + minute.open + minute.unanswered));
  const bars = [];
  minutes.forEach((minute, index) => {
    let y = HEIGHT;
    for (const kind of ['answered', 'open', 'unanswered']) {
      const height = (minute[kind] / top) * HEIGHT;
      if (height === 0) continue;
      y -= height;
      bars.push({x: index * step + step * 0.14, y, width: step * 0.72, height, kind});
    }
  });
  return bars;
}

let drawn = '';

/**
 * How much of the width, in its units, is of the time before SINCE (ms), of which nothing is known. Pure.
 * @param {Minute[]} minutes
 * @param {number | undefined} since
 * @returns {number}
 */
export function unknownWidth(minutes, since) {
  if (since === undefined) return 0;
  const length = (minutes.at(-1).at - minutes[0].at) * (minutes.length / (minutes.length - 1));
  return Math.max(0, Math.min(1, (since - minutes[0].at) / length)) * WIDTH;
}

/**
 * Draws MINUTES into the element SVG, if they are not what stands there; what is before SINCE is not known.
 * @param {Element} svg
 * @param {Minute[]} minutes
 * @param {number | undefined} since
 */
export function drawPlot(svg, minutes, since) {
  const bars = barsOf(minutes);
  const unknown = unknownWidth(minutes, since);
  if (unknown > 0) bars.unshift({x: 0, y: 0, width: unknown, height: HEIGHT, kind: 'unknown'});
  const now = JSON.stringify(bars);
  if (now === drawn) return;
  drawn = now;
  const nodes = bars.map((bar) => {
    const node = document.createElementNS(SVG, 'rect');
    node.setAttribute('class', bar.kind);
    node.setAttribute('rx', '1.5');
    for (const name of ['x', 'y', 'width', 'height']) node.setAttribute(name, bar[name].toFixed(2));
    return node;
  });
  svg.replaceChildren(...nodes);
}
