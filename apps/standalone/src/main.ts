import { setTimeout as sleep } from 'node:timers/promises';
import { resolve } from 'node:path';
import { redactSecrets } from '#libs/ledger';
import { runMain, runProcess, type Served } from '#libs/runtime';
import { PROTO, readOpenApi, REQUEST_LIMITS } from '#libs/wire';
import { readConfig } from './config';
import { openStandalone } from './open-standalone';
import { welcome } from './welcome';

const READY_WAIT_MS = 60_000;

runMain(async () => {
  const config = readConfig(process.env);
  const served = await runProcess(config, {
    name: 'standalone',
    redact: redactSecrets,
    openapi: readOpenApi(),
    grpc: PROTO,
    bodyBytes: REQUEST_LIMITS.batchBytes,
    open: (tools) => openStandalone(config, tools),
  });
  if (!(await isReady(served))) return;
  const data = config.databaseUrl === undefined ? resolve(config.dataDir) : 'DATABASE_URL';
  process.stdout.write(welcome(served.httpUrl, served.grpcAddress, data));
});

/**
 * The welcome comes when the first paste will be answered; a long replay is left to `/readyz`.
 * @returns false: it was stopped meanwhile, its doors are closed
 */
async function isReady({ httpUrl }: Served): Promise<boolean> {
  const deadline = performance.now() + READY_WAIT_MS;
  while (performance.now() < deadline) {
    const response = await fetch(`${httpUrl}/readyz`).catch(() => undefined);
    if (!response) return false;
    await response.arrayBuffer();
    if (response.ok) return true;
    await sleep(20);
  }
  return true;
}
