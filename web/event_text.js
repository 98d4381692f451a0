/*
 * event_text.js - an event stream's text, taken apart: text/event-stream as the HTML standard has it.
 * Text comes in pieces of any size; each whole event is handed on as {id, data}, where id is the latest there was.
 */
export class EventText {
  #rest = '';
  #data = [];
  #id = null;
  #hand;

  constructor(hand) {
    this.#hand = hand;
  }

  add(text) {
    const whole = this.#rest + text;
    const ends = /\r\n|\n|\r(?!$)/g; // a CR that comes last may have its LF in the next piece
    let start = 0;
    for (let end = ends.exec(whole); end; end = ends.exec(whole)) {
      this.#line(whole.slice(start, end.index));
      start = ends.lastIndex;
    }
    this.#rest = whole.slice(start);
  }

  #line(line) {
    if (line === '') {
      if (this.#data.length > 0) this.#hand({id: this.#id, data: this.#data.join('\n')});
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.#data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
  }
}
