import { randomUUID } from 'node:crypto';
import { LedgerChild } from './ledger-child';

const PERSONAL = { type: 'user', userId: 'alice', keyId: 'alice-personal' };
const TEAM = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'alice-at-ml' };
const PERSONAL_CALLS = ['4.00', '3.92', '2.50', '1.50'];
const TEAM_CALLS = ['150.00', '100.25', '99.75', '50.00'];
const ACCOUNTS = {
  'user:alice': '11.92',
  'key:alice-personal': '11.92',
  'team:ml': '400.00',
  'member:ml/alice': '400.00',
  'key:alice-at-ml': '400.00',
} as const;

type Say = (line: string) => void;

/**
 * LiteLLM #26239 through this ledger's doors, with a kill in the middle.
 * @returns the numbers that were not as they must be
 */
export async function tellStory(dataDir: string, say: Say): Promise<readonly string[]> {
  say('LiteLLM #26239: "User=alice over budget. Current cost: 411.92, Max budget: 200.0"');
  say("Alice's own calls cost 11.92. The other 400.00 were her team's, made with her team key.\n");
  let ledger = await LedgerChild.start(dataDir);
  try {
    say(`The same traffic, recorded by this ledger at ${ledger.httpUrl}:`);
    const position = await replay(ledger, say);
    const before = await verify(ledger, position, say);
    say('\nkill -9, and a restart (in the report, a restart is what brought the refusal):');
    await ledger.end('SIGKILL');
    ledger = await LedgerChild.start(dataDir);
    const after = await verify(ledger, position, say);
    return [...before, ...after];
  } finally {
    await ledger.end('SIGTERM');
  }
}

/** @returns the position that has all of it */
async function replay(ledger: LedgerChild, say: Say): Promise<string> {
  const budget = await ledger.call('PUT', '/v1/budgets/alice-personal-200', {
    account: 'user:alice',
    limit: '200.00',
    window: { type: 'total' },
  });
  say("  a budget of 200.00 on alice's personal spend");
  const positions = [budget['position']];
  for (const amount of PERSONAL_CALLS) positions.push(await spend(ledger, PERSONAL, amount));
  say(`  ${PERSONAL_CALLS.length} calls with her personal key: ${PERSONAL_CALLS.join(' + ')}`);
  for (const amount of TEAM_CALLS) positions.push(await spend(ledger, TEAM, amount));
  say(`  ${TEAM_CALLS.length} calls with her key of team ml: ${TEAM_CALLS.join(' + ')}\n`);
  return positions.join(',');
}

async function spend(ledger: LedgerChild, scope: object, amount: string): Promise<unknown> {
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: 'demo-gateway',
    type: 'spendledger.spend.recorded.v1',
    time: new Date().toISOString(),
    data: { scope, amount },
  };
  const receipt = await ledger.call('POST', '/v1/events', event, 'application/cloudevents+json');
  return receipt['position'];
}

/** @param position the answers include everything up to it */
async function verify(ledger: LedgerChild, position: string, say: Say): Promise<string[]> {
  const wrong: string[] = [];
  const mark = (what: string, got: unknown, wanted: unknown) => {
    if (got !== wanted) wrong.push(`${what} is ${String(got)}, not ${String(wanted)}`);
    say(`  ${got === wanted ? 'right' : 'WRONG'}  ${what.padEnd(34)} ${String(got)}`);
  };
  for (const [account, spent] of Object.entries(ACCOUNTS)) {
    mark(account, (await balance(ledger, account, position))['spentAllTime'], spent);
  }
  const decision = await ledger.call('POST', '/v1/check', {
    scope: PERSONAL,
    minPosition: position,
  });
  const [budget] = decision['budgets'] as Record<string, unknown>[];
  mark('her personal call is allowed', decision['allowed'], true);
  mark('current cost (LiteLLM said 411.92)', budget?.['spent'], '11.92');
  return wrong;
}

function balance(ledger: LedgerChild, account: string, position: string) {
  const query = new URLSearchParams({ account, minPosition: position });
  return ledger.call('GET', `/v1/balances?${query.toString()}`);
}
