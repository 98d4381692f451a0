// The stack that callboard replaces: Express and the redis package, one process a worker.
// Usage: node server.js SOCKET REDIS_SOCKET PROCESSES
'use strict';

const cluster = require('node:cluster');
const express = require('express');
const { createClient } = require('redis');

const [socket, redisSocket, processes] = process.argv.slice(2);

// GET /cticache/DNIS-ANI/<dnis>:<ani>
function cacheRoutes(redis) {
  const part = '[0-9A-Za-z+*#._-]{1,64}';
  const valid = new RegExp(`^${part}:${part}$`);
  const router = express.Router();
  router.get('/DNIS-ANI/:key', async (request, response) => {
    if (!valid.test(request.params.key)) {
      return response.status(400).json({ error: 'not <dnis>:<ani>' });
    }
    const value = await redis.get(`cticache:${request.params.key}`);
    if (value === null) {
      return response.status(404).json({ error: 'no such entry' });
    }
    response.json({ value: JSON.parse(value) });
  });
  return router;
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const DIAL_STRING = '{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}' +
  '${sofia_contact(*/${dialed_user}@${dialed_domain})}';
const NOT_FOUND = '<document type="freeswitch/xml">\n<section name="result">\n<result status="not found"/>\n' +
  '</section>\n</document>\n';

const encoded = (value) => String(value).replace(/[&<>"']/g, (found) => ENTITIES[found]);

function pairs(element, object) {
  const lines = Object.entries(object ?? {}).filter(([, value]) => value !== '')
    .map(([name, value]) => `<${element} name="${encoded(name)}" value="${encoded(value)}"/>\n`);
  return `<${element}s>\n${lines.join('')}</${element}s>\n`;
}

// POST /directory, as FreeSWITCH sends it
function directoryRoutes(redis) {
  const router = express.Router();
  router.post('/', express.urlencoded({ extended: false }), async (request, response) => {
    const { section, user, domain } = request.body;
    const stored = section === 'directory' && user && domain ? await redis.hGet(`cti_exten@${domain}`, user) : null;
    response.type('text/xml; charset=utf-8');
    if (!stored) {
      return response.send(NOT_FOUND);
    }
    const record = JSON.parse(stored);
    const attributes = Object.entries(record.attribute ?? {}).map(([name, value]) => ` ${name}="${encoded(value)}"`);
    response.send('<document type="freeswitch/xml">\n<section name="directory">\n' +
      `<domain name="${encoded(domain)}">\n${pairs('param', { 'dial-string': DIAL_STRING })}` +
      `<users>\n<user id="${encoded(user)}"${attributes.join('')}>\n${pairs('param', record.param)}` +
      `${pairs('variable', record.variable)}</user>\n</users>\n</domain>\n</section>\n</document>\n`);
  });
  return router;
}

async function serve() {
  const redis = createClient({ socket: { path: redisSocket } });
  redis.on('error', (error) => console.error(error.message));
  await redis.connect();
  const app = express();
  app.use('/cticache', cacheRoutes(redis));
  app.use('/directory', directoryRoutes(redis));
  const server = app.listen({ path: socket, backlog: 4096 }, (error) => {
    if (error) {
      throw error;
    }
  });
  server.keepAliveTimeout = 120000; // longer than nginx keeps the connection, so that nginx closes first
}

process.umask(0);
if (cluster.isPrimary) {
  for (let i = 0; i < Number(processes); i++) {
    cluster.fork();
  }
  let listening = 0;
  cluster.on('listening', () => {
    listening += 1;
    if (listening === Number(processes)) {
      console.log('all listen');
    }
  });
  cluster.on('exit', (worker) => console.error(`process ${worker.process.pid} ended`));
  process.on('SIGTERM', () => process.exit(0)); // the processes end with their channel to this one
} else {
  serve();
}
