import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BUILT_FOLDER } from './project-folder';
import { waitUntil } from './wait-until';

/** Starts what a lane of the benchmarks starts, and does not clean up behind itself. */
const OWNER = `
  const { LedgerProcess, OwnPostgres } = require(process.argv[1]);
  (async () => {
    const { url } = await OwnPostgres.start();
    const { child } = await LedgerProcess.start({ env: { DATABASE_URL: url } });
    console.log(JSON.stringify({ url, ledger: child.pid }));
  })();
`;

describe('a Postgres of its own, and a ledger on it', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('end with who started them, by %s', async (signal) => {
    const owner = spawn(
      process.execPath,
      ['-e', OWNER, resolve(BUILT_FOLDER, 'libs/testing/src')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    try {
      const [printed] = (await once(owner.stdout, 'data')) as [Buffer];
      const { url, ledger } = JSON.parse(printed.toString()) as { url: string; ledger: number };
      const folder = join(new URLSearchParams(url.split('?')[1]).get('host')!, '..');
      const file = await readFile(join(folder, 'data/postgres/postmaster.pid'), 'utf8');
      const postmaster = Number(file.split('\n')[0]);
      expect([runs(ledger), runs(postmaster)]).toEqual([true, true]);
      owner.kill(signal);
      await waitUntil('both have ended', () => !runs(ledger) && !runs(postmaster));
      await waitUntil('their folder is gone', () => !existsSync(folder));
    } finally {
      owner.kill('SIGKILL');
    }
  });
});

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
