/*
 * records.js - calls that were over before this page looked: the records of /direct/items/phonecalls, for a token that may read them.
 */
/** @import {CallRecord} from './types.d.ts' */

const DAY_MS = 86_400_000;
const PAGES = 20; // of a thousand each: more is no wallboard's hour

/* A day as the route takes it. Its days are of another time zone perhaps, so two more on each side are asked for. */
function day(ms) {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * {id, at, from, to, seconds} of an ITEM of the list; at in ms, seconds 0 when nobody answered. Undefined: it is none.
 * @param {any} item
 * @returns {CallRecord | undefined}
 */
export function recordOf(item) {
  const at = Date.parse(item?.initiated);
  if (Number.isNaN(at)) return undefined;
  return {id: `record:${item.phonecallId}`, at, from: String(item.source), to: String(item.destination), seconds: Number(item.duration) || 0};
}

/**
 * The records of calls that began since FROM (ms) and before NOW, newest first, from URL with TOKEN. "refused" when the token may not read
 * them; throws when they cannot be had now.
 * @param {URL} url
 * @param {string} token
 * @param {number} from
 * @param {number} now
 * @param {typeof fetch} [get]
 * @returns {Promise<CallRecord[] | 'refused'>}
 */
export async function recordsSince(url, token, from, now, get = fetch) {
  const records = [];
  let cursor;
  for (let page = 0; page < PAGES; page++) {
    const body = new URLSearchParams({token, from: day(from - 2 * DAY_MS), to: day(now + 2 * DAY_MS), limit: '1000', ...(cursor && {cursor})});
    const response = await get(url, {method: 'POST', body, credentials: 'omit', cache: 'no-store'});
    if (response.status === 401 || response.status === 403 || response.status === 404) return 'refused';
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const list = await response.json();
    if (!Array.isArray(list.phonecalls)) throw new Error('no list of calls');
    const found = list.phonecalls.map(recordOf).filter(Boolean);
    records.push(...found.filter(({at}) => at >= from && at <= now));
    cursor = list.next;
    if (!cursor || found.some(({at}) => at < from)) break;
  }
  return records;
}
