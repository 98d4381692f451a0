/* colours.test.mjs - every text on the wallboard has the contrast that WCAG 2.2 asks for at level AA: 4.5 to 1; shapes 3 to 1. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

const css = readFileSync(new URL('../../web/colours.css', import.meta.url), 'utf8');

function palette(selector) {
  const block = css.slice(css.indexOf(`${selector} {`)).match(/\{([^}]*)\}/)[1];
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value.trim()]));
}

const channels = (hex) => [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
const mixed = (a, b, share) => channels(a).map((value, place) => value * share + channels(b)[place] * (1 - share));

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const STATES = ['talking', 'ringing', 'queued', 'parked', 'held', 'busy', 'idle', 'away'];

for (const [name, colours] of [['light', palette(':root')], ['dark', palette(':root[data-theme="dark"]')]]) {
  test(`${name}: texts are legible`, () => {
    const tint = parseFloat(colours.tint) / 100;
    const least = (what, a, b) => assert.ok(contrast(a, b) >= 4.5, `${what}: ${contrast(a, b).toFixed(2)}`);
    const of = (colour) => channels(colours[colour]);
    for (const ground of ['ground', 'panel']) {
      for (const ink of ['ink', 'quiet', ...STATES]) least(`${ink} on ${ground}`, of(ink), of(ground));
    }
    for (const state of STATES) {
      const tile = mixed(colours[state], colours.panel, tint);
      for (const ink of ['ink', 'quiet', state]) least(`${ink} on a tile that is ${state}`, of(ink), tile);
      least(`panel on ${state}`, of('panel'), of(state));
    }
    least('on-accent', of('on-accent'), of('accent'));
    least('warning', of('on-warning'), of('warning'));
    least('notice', of('panel'), of('ink'));
  });
}
