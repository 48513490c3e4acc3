import { setTimeout as sleep } from 'node:timers/promises';
import { resolve } from 'node:path';
import { redactSecrets } from '#libs/ledger';
import { ledgerProcess } from '#libs/opening';
import { runMain, runProcess, type Served } from '#libs/runtime';
import { readConfig } from './config';
import { openStandalone } from './open-standalone';
import { welcome } from './welcome';

const TELL_EVERY_MS = 10_000;

runMain(async () => {
  const config = readConfig(process.env);
  let isOpen = (): boolean => false;
  const served = await runProcess(config, {
    ...ledgerProcess('standalone'),
    open: async (tools) => {
      const parts = await openStandalone(config, tools);
      isOpen = () => parts.gate.isOpen;
      return parts;
    },
  });
  if (!(await isReady(served))) return;
  const data = config.databaseUrl ? 'DATABASE_URL' : redactSecrets(resolve(config.dataDir));
  process.stdout.write(welcome(served, data, { needsToken: !isOpen() }));
}, redactSecrets);

/**
 * The welcome comes when the first paste will be answered; a long replay says meanwhile that it goes on.
 * @returns false: it was stopped meanwhile, its doors are closed
 */
async function isReady({ app, httpUrl }: Served): Promise<boolean> {
  for (let tellAt = performance.now() + TELL_EVERY_MS; ;) {
    // Not over the network: this process may not know the authority that signed the door's certificate.
    const response = await app.inject('/readyz').catch(() => undefined);
    if (!response) return false;
    if (response.statusCode === 200) return true;
    if (performance.now() > tellAt) {
      process.stdout.write(`Not ready yet; ${httpUrl}/readyz says what it waits for.\n`);
      tellAt += TELL_EVERY_MS;
    }
    await sleep(20);
  }
}
