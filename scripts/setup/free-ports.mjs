import { createServer } from 'node:net';
import { PlainError } from './say.mjs';

/**
 * What a process would say after minutes of set-up is said before: that it cannot have its port. Whatever else is wrong
 * with the port or the address is the process's own to say.
 */
export async function checkPorts(ports, env) {
  const host = env.HOST?.trim() || '127.0.0.1';
  for (const [variable, fallback] of Object.entries(ports)) {
    const port = Number(env[variable]?.trim() || fallback);
    if (await isTaken(host, port)) {
      throw new PlainError(
        `Another process listens on port ${port} on ${host} already; set ${variable} to another one.`,
      );
    }
  }
}

function isTaken(host, port) {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.code === 'EADDRINUSE'));
    server.listen({ host, port }, () => server.close(() => resolve(false)));
  });
}
