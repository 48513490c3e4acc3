import { projectLog, relayingOutbox, type TestDatabase } from '#libs/testing';
import type { ImportReport } from '../../../apps/cli/src/commands/import-litellm/report';
import {
  runCommand,
  type CommandRun,
} from '../../../apps/cli/src/commands/ledger-commands.fixture';
import type { LitellmInTest } from './litellm-in-test';

export interface ImportRun extends CommandRun {
  readonly report: ImportReport;
}

/** Runs an import as its process does, with `--json`. */
export async function importFrom(
  litellm: Pick<LitellmInTest, 'url'>,
  db: TestDatabase,
  ...options: readonly string[]
): Promise<ImportRun> {
  const run = await runCommand(db, ['import-litellm', '--from', litellm.url, '--json', ...options]);
  return { ...run, report: JSON.parse(run.out === '' ? 'null' : run.out) as ImportReport };
}

/** Appends and projects what an import has claimed, as the processes of a ledger do. */
export async function applyAll({ database }: TestDatabase): Promise<void> {
  await relayingOutbox(database, Promise.resolve());
  await projectLog(database);
}
