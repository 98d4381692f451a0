/*
 * sign_in.js - with which name and secret the stream is asked. Kept for as long as the window is open, or on the device
 * when asked to. A television gets it in its address, behind the #, which goes to no server:
 *
 *     https://host/wallboard/#DOMAIN:TOKEN
 *     https://host/wallboard/#USER@DOMAIN:PASSWORD&records=TOKEN
 *
 * The second TOKEN is one that may read the records of past calls, /direct/items/phonecalls; a domain's own is tried there anyway.
 */
import {$, mark, write} from './dom.js';
/** @import {Credential, Say} from './types.d.ts' */

const KEY = 'callboard.credential';

/**
 * What goes into the header Authorization: UTF-8, as the server's challenge would ask for.
 * @param {Credential} credential
 * @returns {string}
 */
export function authorizationOf(credential) {
  const bytes = new TextEncoder().encode(`${credential.name}:${credential.secret}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * {name, secret, records} of FRAGMENT ("#name:secret&records=token", each percent-encoded), or undefined.
 * @param {string} fragment
 * @returns {Credential | undefined}
 */
export function credentialIn(fragment) {
  const [, name, secret, records] = /^#([^:]+):(.*?)(?:&records=([^&]*))?$/.exec(fragment) ?? [];
  if (name === undefined) return undefined;
  try {
    return {name: decodeURIComponent(name), secret: decodeURIComponent(secret), ...(records && {records: decodeURIComponent(records)})};
  } catch {
    return undefined;
  }
}

/**
 * The token with which records of past calls may perhaps be read.
 * @param {Credential} credential
 * @returns {string | undefined}
 */
export function recordsToken(credential) {
  return credential.records || (credential.name.includes('@') ? undefined : credential.secret);
}

/**
 * The credential of the address, which is taken out of it, or the one that was kept; undefined: somebody has to be asked.
 * @returns {Credential | undefined}
 */
export function knownCredential() {
  const given = credentialIn(location.hash);
  if (given) {
    history.replaceState(null, '', location.pathname + location.search);
    keep(given, false);
    return given;
  }
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY)) ?? undefined;
  } catch {
    return undefined;
  }
}

export function forgetCredential() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

function keep(credential, always) {
  forgetCredential();
  (always ? localStorage : sessionStorage).setItem(KEY, JSON.stringify(credential));
}

/**
 * Asks; WHY is a word's key to begin with, or undefined. DONE is called with the credential.
 * @param {Say} say
 * @param {string | undefined} why
 * @param {(credential: Credential) => void} done
 */
export function ask(say, why, done) {
  write($('sign-in-refused'), why ? say(why) : '');
  mark($('sign-in-refused'), 'hidden', why ? undefined : '');
  $('secret').value = '';
  $('records').value = '';
  $('sign-in-form').onsubmit = (event) => {
    event.preventDefault();
    const credential = {name: $('name').value.trim(), secret: $('secret').value, records: $('records').value.trim() || undefined};
    keep(credential, $('remember').checked);
    $('sign-in').close();
    done(credential);
  };
  if (!$('sign-in').open) $('sign-in').showModal();
  ($('name').value === '' ? $('name') : $('secret')).focus();
}
