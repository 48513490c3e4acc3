import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redactSecrets } from '#libs/ledger';
import { runMain } from '#libs/runtime';
import { tellStory } from './demo/story';

/** `npm run demo`: the story of seed #26239 on a ledger of its own; exits 0 only if every number is right. */
runMain(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'spend-ledger-demo-'));
  try {
    const wrong = await tellStory(dataDir, (line) => process.stdout.write(`${line}\n`));
    const verdict =
      wrong.length === 0
        ? '\nEvery number is right: a team call never reaches a personal balance.'
        : `\nWrong: ${wrong.join('; ')}`;
    process.stdout.write(`${verdict}\n`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}, redactSecrets);
