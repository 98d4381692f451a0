/*
 * history.js - the calls of the last hour, as far as this page has seen them: the latest ones, and how many began in each
 * minute. Pure; the time comes with each message.
 */
import {calledParty, isFirstLeg, partyOf} from './calls.js';
import {milliseconds} from './instant.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
export const LATEST = 30;

/* A leg that outlives the call it was a part of by more than this goes on as a call of its own. */
const TOGETHER_MS = 3000;

export class History {
  #legs = new Map(); // uuid -> {channel, of, peer, orphan}
  #starts = new Map(); // uuid of a call's first leg -> {at, answered, ended}
  #latest = []; // newest first

  /* A message of the stream that MODEL has just taken in; NOW in ms. */
  note(model, message, now) {
    if (message.element !== 'channel') return;
    if (message.message === 'initial_info') {
      this.#legs.clear();
      for (const channel of message.items ?? []) this.#leg(model, channel, now);
    } else if (message.event === 'removed') {
      this.#remove(model, {...this.#legs.get(message.id)?.channel, ...message.data, uuid: message.id}, now);
    } else if (message.data) {
      this.#leg(model, message.data, now);
    }
  }

  latest() {
    return this.#latest;
  }

  /* Per minute of the last hour, oldest first: {at, answered, unanswered}; a call that is not over counts as answered when it is. */
  minutes(now) {
    const first = Math.floor(now / MINUTE_MS) * MINUTE_MS - HOUR_MS + MINUTE_MS;
    const minutes = Array.from({length: 60}, (_, index) => ({at: first + index * MINUTE_MS, answered: 0, unanswered: 0}));
    for (const [uuid, start] of this.#starts) {
      const place = Math.floor((start.at - first) / MINUTE_MS);
      if (place < 0) this.#starts.delete(uuid);
      else if (place < 60) minutes[place][start.answered ? 'answered' : 'unanswered']++;
    }
    return minutes;
  }

  /* To be kept while the page is loaded anew, and what was kept. */
  save() {
    return {starts: [...this.#starts], latest: this.#latest};
  }

  restore(saved) {
    if (!Array.isArray(saved?.starts) || !Array.isArray(saved?.latest)) return;
    this.#starts = new Map(saved.starts);
    this.#latest = saved.latest.slice(0, LATEST);
  }

  #leg(model, channel, now) {
    if (!channel?.uuid) return;
    const leg = this.#legs.get(channel.uuid) ?? {of: undefined, peer: undefined, orphan: undefined};
    leg.channel = channel;
    this.#legs.set(channel.uuid, leg);
    const other = channel.other_uuid ? this.#legs.get(channel.other_uuid) : undefined;
    if (other) {
      const [first, second] = isFirstLeg(channel, other.channel) ? [leg, other] : [other, leg];
      second.of = first.channel.uuid;
      first.peer = partyOf(model, second.channel, false);
      this.#starts.delete(second.channel.uuid);
      this.#start(first, now, [first.channel, second.channel]);
    } else if (leg.of === undefined) {
      this.#start(leg, now, [channel]);
    }
  }

  #start(leg, now, legs) {
    const uuid = leg.channel.uuid;
    if (leg.of !== undefined) return;
    const answered = legs.every((channel) => Number(channel.answer_timestamp) > 0);
    const start = this.#starts.get(uuid) ?? {at: milliseconds(leg.channel.offer_timestamp) ?? now, answered: false};
    start.answered ||= answered;
    this.#starts.set(uuid, start);
  }

  #remove(model, channel, now) {
    const leg = this.#legs.get(channel.uuid) ?? {channel};
    leg.channel = channel;
    this.#legs.delete(channel.uuid);
    const ended = milliseconds(channel.hangup_timestamp) ?? now;
    if (leg.of !== undefined) {
      const first = this.#legs.get(leg.of);
      const alone = !first && leg.orphan !== undefined && ended - leg.orphan > TOGETHER_MS;
      if (!alone) return;
    }
    for (const other of this.#legs.values()) {
      if (other.of === channel.uuid) other.orphan = ended;
    }
    const start = this.#starts.get(channel.uuid);
    this.#latest.unshift({
      id: channel.uuid,
      from: partyOf(model, channel, true),
      to: leg.peer ?? calledParty(model, channel),
      started: milliseconds(channel.offer_timestamp) ?? now,
      answered: start?.answered ?? Number(channel.answer_timestamp) > 0,
      talked: talkedFor(channel, ended),
    });
    this.#latest.length = Math.min(this.#latest.length, LATEST);
  }
}

/* Milliseconds since the answer, 0 when there was none. */
function talkedFor(channel, ended) {
  const answered = milliseconds(channel.answer_timestamp);
  return answered === undefined ? 0 : Math.max(0, ended - answered);
}
