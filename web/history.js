/*
 * history.js - the calls of the last hour: those that this page has seen, and those that records tell of (records.js). The latest
 * ones, and how many began in each minute. Pure; the time comes with each message.
 */
import {calledParty, isFirstLeg, partyOf, userName} from './calls.js';
import {milliseconds} from './instant.js';
/** @import {Model} from './model.js' */
/** @import {CallRecord, Message, Minute} from './types.d.ts' */

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
export const LATEST = 30;

/* Between two words of the stream: no call is missed for longer than this. */
const GAP_MS = 10_000;

/* Two that say of a call when it began may differ by this, as one of them counts in whole seconds. */
const SAME_MS = 1500;

/* A leg that outlives the call it was a part of by more than this goes on as a call of its own. */
const TOGETHER_MS = 3000;

export class History {
  #legs = new Map(); // uuid -> {channel, of, peer, orphan}
  #starts = new Map(); // uuid of a call's first leg -> {at, number, spoken, picked, queued, over}: see isAnswered
  #latest = []; // calls that are over, the one that began last first
  #since; // ms: from when on all calls are known
  #until; // ms: the stream was heard last

  /**
   * The stream is live at NOW.
   * @param {number} now
   */
  alive(now) {
    if (this.#since !== undefined) this.#until = now;
  }

  /**
   * A message of the stream that MODEL has just taken in; NOW in ms.
   * @param {Model} model
   * @param {Message} message
   * @param {number} now
   */
  note(model, message, now) {
    if (message.element === 'queued_channel') this.#queued(message);
    if (message.element !== 'channel') return;
    if (message.message === 'initial_info') {
      if (this.#until === undefined || now - this.#until > GAP_MS) this.#since = now;
      this.#until = now;
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

  /**
   * From when on (ms) all calls are known; undefined: of the whole hour that minutes(NOW) is about.
   * @param {number} now
   * @returns {number | undefined}
   */
  knownSince(now) {
    return this.#since !== undefined && this.#since <= firstMinute(now) ? undefined : this.#since;
  }

  /**
   * RECORDS of records.js are all calls since FROM that were over when they were asked for.
   * @param {Model} model
   * @param {CallRecord[]} records
   * @param {number} from
   */
  fill(model, records, from) {
    for (const record of records) {
      if (record.at < from || this.#isKnown(record)) continue;
      const answered = record.seconds > 0;
      this.#starts.set(record.id, {at: record.at, number: record.to, spoken: answered, over: true});
      this.#latest.push({
        id: record.id,
        from: {number: record.from, name: userName(model.get('user', record.from))},
        to: {number: record.to, name: userName(model.get('user', record.to))},
        started: record.at,
        answered,
        talked: record.seconds * 1000,
      });
    }
    this.#order();
    if (this.#since === undefined || from < this.#since) this.#since = from;
  }

  #isKnown(record) {
    if (this.#starts.has(record.id)) return true;
    for (const start of this.#starts.values()) {
      if (start.number === record.to && Math.abs(start.at - record.at) <= SAME_MS) return true;
    }
    return false;
  }

  /**
   * Per minute of the last hour, oldest first: {at, answered, open, unanswered}; open are those that nobody has answered yet.
   * @param {number} now
   * @returns {Minute[]}
   */
  minutes(now) {
    const first = firstMinute(now);
    const minutes = Array.from({length: 60}, (_, index) => ({at: first + index * MINUTE_MS, answered: 0, open: 0, unanswered: 0}));
    for (const [uuid, start] of this.#starts) {
      const place = Math.floor((start.at - first) / MINUTE_MS);
      if (place < 0) this.#starts.delete(uuid);
      else if (place < 60) minutes[place][isAnswered(start) ? 'answered' : start.over ? 'unanswered' : 'open']++;
    }
    return minutes;
  }

  /* To be kept while the page is loaded anew, and what was kept. */
  save() {
    return {starts: [...this.#starts], latest: this.#latest, since: this.#since, until: this.#until};
  }

  restore(saved) {
    if (!Array.isArray(saved?.starts) || !Array.isArray(saved?.latest)) return;
    this.#starts = new Map(saved.starts);
    this.#latest = saved.latest.slice(0, LATEST);
    this.#since = saved.since;
    this.#until = saved.until;
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
    const start = this.#starts.get(uuid) ?? {at: milliseconds(leg.channel.offer_timestamp) ?? now, number: leg.channel.called_number};
    if (answered) start[legs.length > 1 ? 'spoken' : 'picked'] = true;
    this.#starts.set(uuid, start);
  }

  #queued(message) {
    for (const uuid of message.items?.map((item) => item.uuid) ?? [message.id]) {
      const start = this.#starts.get(uuid);
      if (start) start.queued = true;
    }
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
    const answered = start ? isAnswered(start) : Number(channel.answer_timestamp) > 0;
    if (start) start.over = true;
    this.#latest.push({
      id: channel.uuid,
      from: partyOf(model, channel, true),
      to: leg.peer ?? calledParty(model, channel),
      started: milliseconds(channel.offer_timestamp) ?? now,
      answered,
      talked: talkedFor(channel, ended),
    });
    this.#order();
  }

  #order() {
    this.#latest = this.#latest.sort((a, b) => b.started - a.started).slice(0, LATEST);
  }
}

/* Two have spoken; or the PBX itself has answered, unless that was a queue in which the caller has waited for nothing. */
function isAnswered(start) {
  return start.spoken === true || (start.picked === true && start.queued !== true);
}

/* When the earliest of the sixty minutes begins that end with that of NOW. */
function firstMinute(now) {
  return Math.floor(now / MINUTE_MS) * MINUTE_MS - HOUR_MS + MINUTE_MS;
}

/* Milliseconds since the answer, 0 when there was none. */
function talkedFor(channel, ended) {
  const answered = milliseconds(channel.answer_timestamp);
  return answered === undefined ? 0 : Math.max(0, ended - answered);
}
