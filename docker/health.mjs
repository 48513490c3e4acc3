/** `node docker/health.mjs <path>`: exits with 0 if the process of this container answers well there. */
import { readFileSync } from 'node:fs';
import { isProcess, PORTS } from './processes.mjs';

const TIMEOUT_MS = 4_000;

const port = process.env.HTTP_PORT || PORTS[startedProcess()].HTTP_PORT;
const url = `http://127.0.0.1:${port}${process.argv[2]}`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  // The engine keeps it: `docker inspect` then says which part does not serve.
  process.stdout.write(`${answer.status} ${await answer.text()}\n`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`${url} does not answer: ${error.cause?.message ?? error.message}\n`);
  process.exitCode = 1;
}

/** A health check has the container's environment, but only its first process knows the command. */
function startedProcess() {
  const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0');
  return words.find(isProcess) ?? 'standalone';
}
