/*
 * instant.js - times: the stream's microseconds, the server's clock, and how long ago in words of a clock.
 */

/**
 * Microseconds since the epoch as milliseconds; undefined: not known.
 * @param {any} microseconds
 * @returns {number | undefined}
 */
export function milliseconds(microseconds) {
  const number = Number(microseconds);
  return number > 0 ? number / 1000 : undefined;
}

/**
 * "0:07", "12:40", "3:05:00"; nothing when it is not known since when.
 * @param {number | undefined} since
 * @param {number} now
 * @returns {string}
 */
export function elapsed(since, now) {
  if (since === undefined) return '';
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  const two = (number) => String(number).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/**
 * The same for the attribute datetime of <time>.
 * @param {number | undefined} since
 * @param {number} now
 * @returns {string}
 */
export function duration(since, now) {
  return since === undefined ? '' : `PT${Math.max(0, Math.floor((now - since) / 1000))}S`;
}

/* A wall clock that runs as the server's does, whatever this device believes the time to be. */
export class Clock {
  #ahead = 0;

  /* The server just said that it is MS now; its word is cut to whole seconds. */
  set(ms) {
    const ahead = ms + 500 - Date.now();
    this.#ahead = Math.abs(ahead) < 2000 ? 0 : ahead;
  }

  now() {
    return Date.now() + this.#ahead;
  }
}
