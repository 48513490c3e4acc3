import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redactSecrets } from '#libs/ledger';
import { runMain, StartRefused } from '#libs/runtime';
import { tellEnvoyStory } from './demo/envoy-story';
import { tellStory } from './demo/story';

const STORIES = {
  '': { tell: tellStory, moral: 'a team call never reaches a personal balance' },
  envoy: { tell: tellEnvoyStory, moral: 'no call passes its budget, and each is charged exactly' },
} as const;

/**
 * `npm run demo`: the story of seed #26239. `npm run demo -- envoy`: a budget before a real Envoy. Each on a ledger of
 * its own; exits 0 only if every number is right.
 */
runMain(async () => {
  const [name = ''] = process.argv.slice(2);
  if (name !== '' && name !== 'envoy') throw new StartRefused('There is one other demo: envoy.');
  const { tell, moral } = STORIES[name];
  const dataDir = await mkdtemp(join(tmpdir(), 'spend-ledger-demo-'));
  try {
    const wrong = await tell(dataDir, (line) => process.stdout.write(`${line}\n`));
    const verdict =
      wrong.length === 0 ? `\nEvery number is right: ${moral}.` : `\nWrong: ${wrong.join('; ')}`;
    process.stdout.write(`${verdict}\n`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}, redactSecrets);
