import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { BUILT_FOLDER } from '#libs/testing';

export interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run ledger -- …args`, as it was built. */
export function runLedgerCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CommandRun> {
  const main = resolve(BUILT_FOLDER, 'apps/cli/src/main.js');
  const { DATABASE_URL: _, KAFKA_BROKERS: __, ...inherited } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { env: { ...inherited, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout, stderr) => resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
