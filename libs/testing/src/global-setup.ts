import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#libs/postgres';
import { prepareTemplate } from './test-database';

declare global {
  var spendLedgerTestPostgres: { postgres: EmbeddedPostgres; folder: string } | undefined;
}

/** One real Postgres for all specs: the one in DATABASE_URL, else the one from npm in a folder of its own. */
export default async function globalSetup(): Promise<void> {
  let url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') {
    const folder = mkdtempSync(join(tmpdir(), 'spend-ledger-test-'));
    const started = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined });
    if (started.outcome !== 'started') throw new Error(started.sentence);
    globalThis.spendLedgerTestPostgres = { postgres: started.postgres, folder };
    url = started.postgres.connectionString;
  }
  process.env['SPEND_LEDGER_TEST_POSTGRES'] = url;
  await prepareTemplate();
}
