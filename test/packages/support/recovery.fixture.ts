import { randomBytes } from 'node:crypto';
import type { AdapterCommand } from './adapter-process';
import { expectLoad } from './expect-load';
import { expectOutcome } from './expect-outcome';
import { JudgedClient } from './judged-client';
import { runLoad } from './run-load';
import { readScenarios } from './scenario';

jest.setTimeout(600_000);

const SCENARIOS = readScenarios();

/** @param install puts the client where its adapter finds it, and says how that is started */
export function describeRecovery(client: string, install: () => Promise<AdapterCommand>): void {
  const single = SCENARIOS.filter(({ load }) => load === undefined);
  const crowded = SCENARIOS.filter(({ load }) => load !== undefined);

  describe(`the client in ${client}`, () => {
    let judged: JudgedClient;

    beforeAll(async () => {
      judged = await JudgedClient.start(await install(), single);
    });
    afterAll(() => judged?.stop());

    for (const scenario of single) {
      it(`${scenario.id}: ${scenario.title}`, async () => {
        expectOutcome(scenario.expect, await judged.outcome(scenario));
      });
    }

    for (const scenario of crowded) {
      it(`${scenario.id}: ${scenario.title}`, async () => {
        const seed = process.env['RECOVERY_SEED'] ?? randomBytes(4).toString('hex');
        process.stderr.write(`${scenario.id}: RECOVERY_SEED=${seed} plays it again\n`);
        expectLoad(await runLoad(scenario, judged.command, judged.ledger, seed), seed);
      });
    }
  });
}
