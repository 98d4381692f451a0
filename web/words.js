/*
 * words.js - all that the wallboard says, in Spanish and English. Pure.
 */
/** @import {Say} from './types.d.ts' */

const WORDS = {
  en: {
    title: 'Wallboard', skip: 'Skip to the calls', language: 'Language', theme: 'Colours',
    'theme.auto': 'As the device', 'theme.light': 'Light', 'theme.dark': 'Dark', leave: 'Sign out',
    figures: 'At a glance', talking: 'Talking', ringing: 'Ringing', waiting: 'Waiting', parked: 'Parked', free: 'Free',
    ofPhones: 'of {count} with a phone', longest: 'longest', onHold: '{count} on hold', lastHour: 'Calls in the last hour', answered: 'answered', unanswered: 'not answered',
    perMinute: 'max {count}/min', hourAgo: '1 h ago', halfHourAgo: '30 min', now: 'now',
    plot: '{calls} calls in the last hour, {unanswered} of them not answered.',
    calls: 'Calls now', noCalls: 'No calls right now.', ownOnly: 'only yours: this login does not see those of others', extensions: 'Extensions', noExtensions: 'No extensions yet.',
    noneMatch: 'None is like that.', queues: 'Queues', noQueues: 'Nobody waits.', latest: 'Latest calls', noLatest: 'No call has ended yet.',
    pools: 'Numbers to transfer to', poolUse: '{entries} in use · {numbers} numbers', poolUnknown: 'not known', noPools: '', notAllowed: 'This login may not see them.',
    filter: 'Show', all: 'All', busy: 'On a call', idle: 'Free', away: 'No phone', search: 'Number or name', find: 'Search',
    'call.talking': 'Talking', 'call.ringing': 'Ringing', 'call.queued': 'Waiting', 'call.parked': 'Parked', 'call.held': 'On hold',
    'call.busy': 'Answered', 'where.voicemail': 'Voicemail', 'where.ivr': 'Menu', 'where.conference': 'Conference',
    'where.checking_voicemail': 'Voicemail', 'where.xml_ivr': 'Menu', 'where.eavesdrop': 'Listening in', 'slot': 'Slot {slot}',
    'extension.ringing': 'Ringing', 'extension.talking': 'Talking', 'extension.held': 'On hold', 'extension.calling': 'Calling',
    'extension.busy': 'On a call', 'extension.idle': 'Free', 'extension.phone': 'Phone on', 'extension.away': 'No phone',
    forwarded: 'forwarded', undisturbed: 'do not disturb', more: '+{count}', unknown: 'unknown',
    agents: '{loggedIn} of {agents} agents', agentsAll: '{agents} agents', missed: 'Missed',
    'health.connecting': 'Connecting', 'health.live': 'Live', 'health.away': 'Stale for {time}', 'health.server': '{server} away for {time}',
    'health.refused': 'Signed out', 'health.store': 'Store away',
    stale: 'The connection is lost. What you see is from {time}. Trying again by itself.',
    serverAway: 'PBX {server} has not been heard since {time}. What you see of it may be old.',
    storeAway: 'callboard cannot reach its store. Changes show as soon as it is back.',
    signIn: 'Sign in', signInWhy: 'The event stream asks who you are: a domain with its token, or your user name and password.',
    name: 'Domain or user', secret: 'Token or password', remember: 'Remember on this device', enter: 'Show the wallboard',
    refused: 'That is not right. Please try again.', forbidden: 'That name may not see the event stream.',
    records: 'Token for past calls (optional)', recordsWhy: 'With it the last hour is filled from the records of calls.',
    'since.none': 'Since {time}: this login may not read records of calls.',
    'since.asking': 'Since {time}.', 'since.failed': 'Since {time}: records of calls cannot be read now.',
    announce: '{talking} talking, {ringing} ringing, {waiting} waiting, {parked} parked.',
    actions: 'Ask something of the call {from} to {to}', callOf: '{from} → {to}', callOver: 'This call is over.', close: 'Close', back: 'Back',
    'command.hangup': 'Hang up', 'command.park': 'Park', 'command.transfer': 'Transfer', 'command.eavesdrop': 'Listen in',
    'ask.hangup': 'End this call for both sides?', 'ask.park': 'The one who is parked hears music until somebody takes the call; the other side is released.',
    'ask.transfer': 'The one who is transferred is called on; the other side is released.',
    'ask.eavesdrop': 'A phone that is on another call leaves it and listens to this one.',
    noListener: 'First call any number from your phone; then choose it here.',
    'whom.park': 'Who is parked', 'whom.transfer': 'Who is transferred', transferTo: 'To which number', listenWith: 'With which phone', listenHow: 'How',
    'mode.listen': 'Only listen', 'mode.whisper': 'Speak to {who} alone', 'mode.barge': 'Speak to both',
    'done.hangup': 'Hung up.', 'done.park': 'Parked.', 'done.transfer': 'Transferred.', 'done.eavesdrop': 'Listening.',
    answerNo: 'Not done: {error}', answerLost: 'No answer came. It may have been done: look at the call.',
  },
  es: {
    title: 'Tablero', skip: 'Ir a las llamadas', language: 'Idioma', theme: 'Colores',
    'theme.auto': 'Como el equipo', 'theme.light': 'Claro', 'theme.dark': 'Oscuro', leave: 'Salir',
    figures: 'De un vistazo', talking: 'Hablando', ringing: 'Sonando', waiting: 'En espera', parked: 'Aparcadas', free: 'Libres',
    ofPhones: 'de {count} con teléfono', longest: 'la más larga', onHold: 'retenidas: {count}', lastHour: 'Llamadas en la última hora', answered: 'atendidas', unanswered: 'sin atender',
    perMinute: 'máx. {count}/min', hourAgo: 'hace 1 h', halfHourAgo: '30 min', now: 'ahora',
    plot: '{calls} llamadas en la última hora, {unanswered} de ellas sin atender.',
    calls: 'Llamadas ahora', noCalls: 'No hay llamadas ahora.', ownOnly: 'solo las tuyas: este acceso no ve las de otros', extensions: 'Extensiones', noExtensions: 'Aún no hay extensiones.',
    noneMatch: 'No hay ninguna así.', queues: 'Colas', noQueues: 'Nadie espera.', latest: 'Últimas llamadas', noLatest: 'Aún no ha terminado ninguna.',
    pools: 'Números de transferencia', poolUse: '{entries} en uso · {numbers} números', poolUnknown: 'no se sabe', noPools: '', notAllowed: 'Este acceso no puede verlos.',
    filter: 'Mostrar', all: 'Todas', busy: 'En llamada', idle: 'Libres', away: 'Sin teléfono', search: 'Número o nombre', find: 'Buscar',
    'call.talking': 'Hablando', 'call.ringing': 'Sonando', 'call.queued': 'En espera', 'call.parked': 'Aparcada', 'call.held': 'Retenida',
    'call.busy': 'Atendida', 'where.voicemail': 'Buzón de voz', 'where.ivr': 'Menú', 'where.conference': 'Conferencia',
    'where.checking_voicemail': 'Buzón de voz', 'where.xml_ivr': 'Menú', 'where.eavesdrop': 'Escuchando', 'slot': 'Plaza {slot}',
    'extension.ringing': 'Sonando', 'extension.talking': 'Hablando', 'extension.held': 'Retenida', 'extension.calling': 'Llamando',
    'extension.busy': 'En llamada', 'extension.idle': 'Libre', 'extension.phone': 'Teléfono listo', 'extension.away': 'Sin teléfono',
    forwarded: 'desviada', undisturbed: 'no molestar', more: '+{count}', unknown: 'desconocido',
    agents: '{loggedIn} de {agents} agentes', agentsAll: '{agents} agentes', missed: 'Perdida',
    'health.connecting': 'Conectando', 'health.live': 'En vivo', 'health.away': 'Sin datos desde hace {time}', 'health.server': '{server} ausente desde hace {time}',
    'health.refused': 'Sin sesión', 'health.store': 'Almacén ausente',
    stale: 'Se perdió la conexión. Lo que ves es de las {time}. Se vuelve a intentar solo.',
    serverAway: 'No se oye la central {server} desde las {time}. Lo que ves de ella puede ser viejo.',
    storeAway: 'callboard no alcanza su almacén. Los cambios se verán en cuanto vuelva.',
    signIn: 'Entrar', signInWhy: 'El flujo de eventos pregunta quién eres: un dominio con su token, o tu usuario y contraseña.',
    name: 'Dominio o usuario', secret: 'Token o contraseña', remember: 'Recordar en este equipo', enter: 'Ver el tablero',
    refused: 'No es correcto. Inténtalo de nuevo.', forbidden: 'Ese nombre no puede ver el flujo de eventos.',
    records: 'Token de llamadas pasadas (opcional)', recordsWhy: 'Con él la última hora se llena con los registros de llamadas.',
    'since.none': 'Desde las {time}: este acceso no puede leer los registros.',
    'since.asking': 'Desde las {time}.', 'since.failed': 'Desde las {time}: ahora no se pueden leer los registros.',
    announce: '{talking} hablando, {ringing} sonando, {waiting} en espera, {parked} aparcadas.',
    actions: 'Pedir algo de la llamada de {from} a {to}', callOf: '{from} → {to}', callOver: 'Esta llamada ha terminado.', close: 'Cerrar', back: 'Volver',
    'command.hangup': 'Colgar', 'command.park': 'Aparcar', 'command.transfer': 'Transferir', 'command.eavesdrop': 'Escuchar',
    'ask.hangup': '¿Terminar esta llamada para los dos?', 'ask.park': 'Quien se aparca oye música hasta que alguien toma la llamada; el otro queda libre.',
    'ask.transfer': 'Quien se transfiere sigue con el nuevo número; el otro queda libre.',
    'ask.eavesdrop': 'Un teléfono que está en otra llamada la deja y escucha esta.',
    noListener: 'Llama primero a cualquier número desde tu teléfono; después elígelo aquí.',
    'whom.park': 'A quién se aparca', 'whom.transfer': 'A quién se transfiere', transferTo: 'A qué número', listenWith: 'Con qué teléfono', listenHow: 'Cómo',
    'mode.listen': 'Solo escuchar', 'mode.whisper': 'Hablar solo con {who}', 'mode.barge': 'Hablar con los dos',
    'done.hangup': 'Colgada.', 'done.park': 'Aparcada.', 'done.transfer': 'Transferida.', 'done.eavesdrop': 'Escuchando.',
    answerNo: 'No se hizo: {error}', answerLost: 'No llegó respuesta. Puede que se haya hecho: mira la llamada.',
  },
};

export const LANGUAGES = Object.keys(WORDS);

/**
 * The first of PREFERRED ("es-VE", "fr") that we speak; English otherwise.
 * @param {readonly string[]} preferred
 * @returns {string}
 */
export function languageOf(preferred) {
  const known = preferred.map((tag) => tag.toLowerCase().split('-')[0]).find((language) => language in WORDS);
  return known ?? 'en';
}

/**
 * A function that says KEY in LANGUAGE, with each {name} replaced from VALUES.
 * @param {string} language
 * @returns {Say}
 */
export function speaker(language) {
  const words = WORDS[language];
  return (key, values = {}) => (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * Whether there is a word for KEY.
 * @param {string} key
 * @returns {boolean}
 */
export function isWord(key) {
  return key in WORDS.en;
}

/* Keys by language, for tests. */
export function keysOf(language) {
  return Object.keys(WORDS[language]);
}
