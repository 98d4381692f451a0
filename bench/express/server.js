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

async function serve() {
  const redis = createClient({ socket: { path: redisSocket } });
  redis.on('error', (error) => console.error(error.message));
  await redis.connect();
  const app = express();
  app.use('/cticache', cacheRoutes(redis));
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
