/** @needs python3 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAmount } from '#libs/ledger';
import { floatCosts, PROJECT_FOLDER, workloadSeed } from '#libs/testing';
import { runTool } from './support/run-tool';

const seed = workloadSeed();
const API = readFileSync(join(PROJECT_FOLDER, 'docs/api.md'), 'utf8');
/** What docs/api.md says, as it stands there. */
const LINE = /```python\n(.*)\n```/.exec(API)![1]!;

describe(`a cost that was reckoned in floats, in Python (FC_SEED=${seed})`, () => {
  it('is an amount as the line for Python writes it, to within half of the last digit', async () => {
    const costs = floatCosts(500, seed);
    const program = `import json, sys
from decimal import Decimal
for cost in json.loads(sys.argv[1]):
    ${LINE}
    print(amount)`;
    const printed = await runTool('python3', ['-c', program, JSON.stringify(costs)]);
    const amounts = printed.trimEnd().split('\n');
    expect(amounts).toHaveLength(costs.length);
    for (const [n, text] of amounts.entries()) {
      const amount = parseAmount(text, 'amount');
      expect([text, amount]).toEqual([text, { ok: true, value: expect.any(BigInt) }]);
      expect(Math.abs(Number(text) - costs[n]!)).toBeLessThanOrEqual(5.01e-13);
    }
  });
});
