/* types.d.ts - the shapes that modules of the wallboard hand to each other; for readers and editors, not served. */

/** A message of the event stream: callboard-events(8). */
export interface Message {
  message: string;
  seq?: string;
  element?: string;
  event?: 'added' | 'updated' | 'removed';
  id?: string;
  data?: Item;
  items?: Item[];
  text?: string;
  commands?: string[];
  channels?: 'all' | 'own';
}

/** An element of the stream as it came: a channel, a user, a group, ... Its times are microseconds since the epoch. */
export type Item = Record<string, any>;

/** One end of a call; what is not known is not there. */
export interface Party {
  user?: string;
  name?: string;
  number?: string;
}

/** What a call is doing; the first are worth the most when its legs differ. */
export type CallState = 'queued' | 'parked' | 'ringing' | 'held' | 'talking' | 'busy';

/** Two legs that know of each other, or one alone. Times are ms since the epoch. */
export interface Call {
  id: string;
  from: Party;
  to: Party;
  state: CallState;
  since?: number;
  started?: number;
  where?: string;
}

/** A call that is over; talked in ms, 0 when nobody answered. */
export interface EndedCall {
  id: string;
  from: Party;
  to: Party;
  started: number;
  answered: boolean;
  talked: number;
}

/** What an extension is doing: state is one of EXTENSION_STATES (extensions.js), since in ms. */
export interface Extension {
  id: string;
  number: string;
  name?: string;
  state: string;
  since?: number;
  peer?: Party;
  phones: number;
  calls: number;
  forwarded: boolean;
  undisturbed: boolean;
}

/** A queue: how many wait, since when (ms) the first of them; loggedIn is not there while nobody says it of any agent. */
export interface Queue {
  id: string;
  name: string;
  waiting: number;
  longest?: number;
  agents: number;
  loggedIn?: number;
}

/** The figures at the top; longest: since when (ms) somebody has waited. */
export interface Figures {
  waiting: number;
  longest?: number;
  ringing: number;
  talking: number;
  held: number;
  parked: number;
}

/** The calls that began in the minute that begins at `at` (ms). */
export interface Minute {
  at: number;
  answered: number;
  open: number;
  unanswered: number;
}

/** A record of a call: `at` in ms, seconds 0 when nobody answered. */
export interface CallRecord {
  id: string;
  at: number;
  from: string;
  to: string;
  seconds: number;
}

/** Who signs in; records: the token with which past calls may be read. */
export interface Credential {
  name: string;
  secret: string;
  records?: string;
}

/** A command for the gateway, and its answer; without an error, and not ok: none came. */
export interface Command {
  cmd: string;
  uuid: string;
  destination?: string;
  target_uuid?: string;
  subcommand?: string;
}
export interface Answer {
  ok: boolean;
  error?: string;
}

/** A leg of a call as one that something is asked of. */
export interface Leg {
  uuid: string;
  party: Party;
}

/** Says KEY with each {name} replaced from VALUES. */
export type Say = (key: string, values?: Record<string, any>) => string;
