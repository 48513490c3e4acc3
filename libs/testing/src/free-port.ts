import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, so that none of those takes it meanwhile. */
const LOWEST = 20_000;
/** What one of Jest's workers gives out lies apart from what the others do: it is not taken before its process starts. */
const PORTS_OF_A_WORKER = 3_000;
const WORKERS = 4;
const MOST_ATTEMPTS = 100;

const worker = Number(process.env['JEST_WORKER_ID'] ?? 0) % WORKERS;
let next = randomInt(PORTS_OF_A_WORKER);

/** A port of 127.0.0.1 that nobody listens on, for a process that must keep its address over a restart. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    // One after the other: none is given out twice.
    next = (next + 1) % PORTS_OF_A_WORKER;
    const port = LOWEST + worker * PORTS_OF_A_WORKER + next;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port among ${MOST_ATTEMPTS} tried`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
