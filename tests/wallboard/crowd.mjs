/*
 * crowd.mjs - a company of any size for tests and pictures of the wallboard: what the stream says first, and what goes on happening.
 * Everybody is made up; the same company and day each time.
 */
const NAMES = ['Ana', 'Luis', 'Carmen', 'José', 'María', 'Pedro', 'Lucía', 'Andrés', 'Elena', 'Miguel', 'Rosa', 'Iván', 'Sofía', 'Diego', 'Paula', 'Tomás'];
const FAMILIES = ['Pérez', 'Gómez', 'Díaz', 'Rodríguez', 'Fernández', 'Salas', 'Blanco', 'Rivas', 'Torres', 'Soto', 'Medina', 'Castillo', 'Herrera', 'Núñez', 'Ortega', 'León', 'Vargas'];

const us = (secondsAgo) => Math.round((Date.now() - secondsAgo * 1000) * 1000);

export class Crowd {
  #size;
  #seed = 7;
  #calls = 0;
  #changed = 0;
  #legs = []; // pairs that talk

  /* SIZE extensions; one in nine of those with a phone is on a call. */
  constructor(size) {
    this.#size = size;
  }

  #chance(most) {
    this.#seed = (this.#seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((this.#seed / 2147483648) * most);
  }

  #id(place) {
    return String((this.#size > 9000 ? 10000 : 1000) + place);
  }

  /* All messages of a snapshot. */
  first() {
    const users = Array.from({length: this.#size}, (_, place) => ({
      id: this.#id(place), label: `${NAMES[place % NAMES.length]} ${FAMILIES[place % FAMILIES.length]}`, main_extension: this.#id(place),
      do_not_disturb_status: place % 31 === 5, fwd_always_status: place % 23 === 3,
    }));
    const queued = [];
    for (let place = 2; place + 8 < this.#size; place += 18) this.#begin(place, this.#chance(this.#calls % 4 === 2 ? 25 : 600), this.#calls % 4);
    const channels = this.#legs.flat();
    for (let place = 0; place < Math.min(6, 1 + this.#size / 50); place++) {
      const uuid = `q${place}`;
      channels.push({uuid, direction: 'inbound', calling_number: `+58212285${3300 + place}`, called_number: '7000', offer_timestamp: us(90 - place * 9), answer_timestamp: us(89 - place * 9), server: 'pbx1'});
      queued.push({uuid, state: {ts: us(89 - place * 9), name: 'calling', type: 'group', data: {queue_id: place % 2 ? 'sales' : 'support'}}});
    }
    const groups = [['support', 'Support'], ['sales', 'Sales'], ['billing', 'Billing']].map(([id, label]) => ({id, label, queue: true}));
    return [
      {message: 'snapshot', commands: ['park', 'hangup', 'transfer', 'eavesdrop'], channels: 'all'},
      {message: 'initial_info', element: 'user', items: users},
      {message: 'initial_info', element: 'terminal', items: users.filter((_, place) => place % 12 !== 11).map(({id}) => ({id: `${id}:1`, assoc_user_id: id, registered: true}))},
      {message: 'initial_info', element: 'group', items: groups},
      {message: 'initial_info', element: 'group_member', items: users.slice(0, 12).map(({id}, place) => ({id: `${groups[place % 3].id}:${id}`, group_id: groups[place % 3].id, user_id: id, login_status: place % 4 !== 0}))},
      {message: 'initial_info', element: 'channel', items: channels},
      {message: 'initial_info', element: 'queued_channel', items: queued},
      {message: 'initial_info', element: 'server', items: [{id: 'pbx1', state: 'up', since: us(60)}]},
      {message: 'ready'},
    ];
  }

  /* A call to extension PLACE that began SECONDS ago, KIND 0 to 3: from inside or outside, talking, ringing or on hold. */
  #begin(place, seconds, kind) {
    const number = ++this.#calls;
    const callee = this.#id(place);
    const caller = kind === 1 || kind === 3 ? this.#id(place + 7) : undefined;
    const common = {calling_name: caller ? undefined : 'Example Trading', calling_number: caller ?? `+5841412345${10 + (number % 90)}`, called_number: callee, server: 'pbx1'};
    const answered = kind === 2 ? {} : {answer_timestamp: us(Math.max(0, seconds - 5))};
    const a = {uuid: `a${number}`, direction: 'inbound', user_id: caller, other_uuid: `b${number}`, offer_timestamp: us(seconds), ...common, ...answered};
    const b = {uuid: `b${number}`, direction: 'outbound', user_id: callee, other_uuid: `a${number}`, offer_timestamp: us(seconds - 0.2), ...common, ...answered, hold: kind === 3 && number % 2 === 0};
    this.#legs.push([a, b]);
    return [a, b];
  }

  /* One thing more that happens: messages. Calls begin, are answered, held and end in turn. */
  next() {
    const change = (event, data) => ({message: 'info_event', element: 'channel', event, id: data.uuid, data});
    const turn = this.#changed++ % 4;
    if (turn === 0 || this.#legs.length === 0) return this.#begin(this.#chance(this.#size - 8), 1, 2).map((leg) => change('added', leg));
    if (turn === 3) return this.#legs.shift().map((leg) => change('removed', {...leg, hangup_timestamp: us(0)}));
    const legs = this.#legs[turn === 1 ? this.#legs.length - 1 : this.#chance(this.#legs.length)];
    if (turn === 2 && legs[1].answer_timestamp) legs[1].hold = !legs[1].hold;
    else for (const leg of legs) leg.answer_timestamp ??= us(0);
    return legs.map((leg) => change('updated', {...leg}));
  }
}
