/*
 * show_actions.js - the window in which something is asked of a call: what, of whom, and what came of it.
 */
import {$, mark, write} from './dom.js';
import {partyText} from './show_calls.js';

function choiceOf(name, value, text, checked) {
  const label = document.createElement('label');
  const input = document.createElement('input');
  label.className = 'choice';
  input.type = 'radio';
  input.name = name;
  input.value = value;
  input.checked = checked;
  label.append(input, document.createElement('span'));
  write(label.lastElementChild, text);
  return label;
}

export class ActionsView {
  #dialog = $('actions');
  #ask;
  #send;
  #say;
  #call; // the one it is open for
  #command;
  #asked = 0; // which question an answer belongs to

  /*
   * ASK(call) tells what may be asked of a call (abilities.js); SEND(command) sends it and resolves to the answer (commands.js);
   * EXTENSIONS() are those that a call can be transferred to: [{number, name}].
   */
  constructor(ask, send, extensions) {
    this.#ask = ask;
    this.#send = send;
    $('calls').addEventListener('click', (event) => {
      const row = event.target.closest('button')?.closest('.call');
      if (row) this.#begin(row.dataset.call);
    });
    $('actions-choices').addEventListener('click', (event) => {
      const command = event.target.closest('button')?.dataset.command;
      if (command) this.#choose(command, extensions);
    });
    $('actions-back').addEventListener('click', () => this.#back());
    $('actions-close').addEventListener('click', () => this.#dialog.close());
    $('actions-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#go();
    });
    this.#dialog.addEventListener('close', () => {
      if (this.#dialog.open) return; // told of late: it is open for the next question already
      this.#call = undefined;
      this.#asked++;
      const at = document.activeElement;
      if (at === document.body || this.#dialog.contains(at)) $('calls-panel').focus(); // the row that had the focus has gone
    });
  }

  speak(say) {
    this.#say = say;
  }

  close() {
    this.#dialog.close();
  }

  /* CALLS are those of now: says so when the one asked about is over. */
  show(calls) {
    if (!this.#call) return;
    const call = calls.find(({id}) => id === this.#call.id);
    if (call) this.#call = call;
    write($('actions-state'), call ? this.#say(`call.${call.state}`) : this.#say('callOver'));
    this.#allow(call ? this.#ask(call).commands : []);
  }

  #allow(commands) {
    for (const button of $('actions-choices').children) {
      mark(button, 'hidden', commands.includes(button.dataset.command) ? undefined : '');
    }
    $('actions-go').disabled = !commands.includes(this.#command) || this.#dialog.dataset.busy === 'true';
  }

  #begin(id) {
    const call = this.#ask({id}).call;
    if (!call) return;
    this.#call = call;
    this.#dialog.dataset.busy = 'false';
    write($('actions-title'), this.#say('callOf', {from: partyText(call.from, this.#say), to: partyText(call.to, this.#say)}));
    this.#step(undefined);
    this.show([call]);
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #step(command) {
    this.#command = command;
    write($('actions-error'), '');
    mark($('actions-choices'), 'hidden', command ? '' : undefined);
    mark($('actions-form'), 'hidden', command ? undefined : '');
  }

  #back() {
    const command = this.#command;
    this.#step(undefined);
    $('actions-choices').querySelector(`[data-command="${command}"]`).focus();
  }

  #choose(command, extensions) {
    if (!this.#call || !this.#ask(this.#call).commands.includes(command)) return; // it is over
    const say = this.#say;
    const {legs, target, ...asked} = this.#ask(this.#call);
    const listeners = command === 'eavesdrop' ? asked.listeners() : [];
    const hasLegs = command === 'transfer' || command === 'park';
    this.#step(command);
    write($('actions-question'), command === 'eavesdrop' && listeners.length === 0 ? say('noListener') : say(`ask.${command}`));
    write($('actions-whom'), say(`whom.${command === 'park' ? 'park' : 'transfer'}`));
    $('actions-legs').replaceChildren($('actions-whom'), ...legs.map((leg, place) => choiceOf('leg', leg.uuid, partyText(leg.party, say), place === 0)));
    mark($('actions-legs'), 'hidden', hasLegs ? undefined : '');
    mark($('actions-to'), 'hidden', command === 'transfer' ? undefined : '');
    $('destination').disabled = command !== 'transfer';
    $('destination').value = '';
    const listening = command === 'eavesdrop' && listeners.length > 0;
    for (const id of ['actions-phone', 'actions-mode']) mark($(id), 'hidden', listening ? undefined : '');
    if (listening) write($('mode-whisper'), say('mode.whisper', {who: partyText(target.party, say)}));
    $('listener').disabled = command !== 'eavesdrop';
    $('listener').replaceChildren(...listeners.map((listener) => new Option(partyText(listener.party, say), listener.uuid)));
    if (command === 'transfer') $('destinations').replaceChildren(...extensions().map(({number, name}) => new Option(name ?? number, number)));
    write($('actions-go'), say(`command.${command}`));
    $('actions-go').className = command === 'hangup' ? 'danger' : 'main';
    mark($('actions-go'), 'hidden', command === 'eavesdrop' && !listening ? '' : undefined);
    this.#allow(this.#ask(this.#call).commands);
    (command === 'transfer' ? $('destination') : listening ? $('listener') : $('actions-back')).focus();
  }

  /* What the form asks for, as the gateway takes it. */
  #packet() {
    const {legs, target} = this.#ask(this.#call);
    const chosen = new FormData($('actions-form'));
    const leg = chosen.get('leg') ?? legs[0]?.uuid;
    switch (this.#command) {
      case 'transfer': return {cmd: 'transfer', uuid: leg, destination: $('destination').value.trim()};
      case 'park': return {cmd: 'park', uuid: leg};
      case 'hangup': return {cmd: 'hangup', uuid: legs[0].uuid};
      default: return {cmd: 'eavesdrop', uuid: $('listener').value, target_uuid: target.uuid, subcommand: chosen.get('mode')};
    }
  }

  async #go() {
    if (!this.#call || !this.#ask(this.#call).commands.includes(this.#command)) return write($('actions-error'), this.#say('callOver'));
    const asked = ++this.#asked;
    const packet = this.#packet();
    this.#dialog.dataset.busy = 'true';
    $('actions-go').disabled = true;
    write($('actions-error'), '');
    const answer = await this.#send(packet);
    if (asked === this.#asked) {
      this.#dialog.dataset.busy = 'false';
      $('actions-go').disabled = false;
      if (answer.ok) this.#dialog.close();
      else write($('actions-error'), this.#say(answer.error === undefined ? 'answerLost' : 'answerNo', {error: answer.error}));
    }
    if (answer.ok) this.#notify(this.#say(`done.${packet.cmd}`));
  }

  #notify(text) {
    const notice = $('notice');
    write(notice, text);
    setTimeout(() => notice.textContent === text && write(notice, ''), 6000);
  }
}
