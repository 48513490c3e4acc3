import { mkdtemp, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { formatAccount, type Scope } from '#libs/ledger';
import {
  adjustmentRecord,
  budgetRecord,
  createTestDatabase,
  openTestLog,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';
import { COMMANDS } from '../commands';
import { projectAll, runCommand } from './ledger-commands.fixture';

/** Doors take it for an id: it turns the direction of what follows, and has parts that nobody sees. */
const ID = 'x\u202e\u200b\u2066y';
/** No door takes it; a log to which a stranger wrote may have it. */
const CALLER = '\u001b[2Jclear\u009b2J\n9999-01-01T00:00:00Z  forged\r';
const IN_TEAM: Scope = { type: 'team', teamId: ID, userId: ID, keyId: ID };
const ALICE: Scope = { type: 'user', userId: ID, keyId: ID };
const DECISION = randomUUID();
const ACTED_ON = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const USER = formatAccount({ kind: 'user', userId: ID });
const TEAM = formatAccount({ kind: 'team', teamId: ID });

/** By command: what makes it print what the record says. One that is missing here fails. */
const RUNS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  balance: [[USER]],
  explain: [[USER], [TEAM], [DECISION], [ID]],
  events: [[USER], [TEAM]],
  corrections: [
    ['prepare', '--account', USER, '--reverse', '--reason', `why ${ID}`, '--by', ID],
    ['list'],
    ['show', ID],
  ],
  statement: [
    ['--month', '2026-04'],
    ['--month', ID],
  ],
  close: [['--month', '2026-03']],
  export: [[], ['--account', USER], ['--account', ID]],
  import: [[`/nowhere/${ID}`]],
  'import-litellm': [
    ['--from', 'postgresql://127.0.0.1:1/litellm', '--end-users', ID],
    ['--from', 'postgresql://127.0.0.1:1/litellm', '--label', `org=${ID}`],
  ],
  gateways: [['check', `/nowhere/${ID}`]],
  prices: [['check', `/nowhere/${ID}`]],
  verify: [[]],
  rebuild: [[]],
  tokens: [
    ['create', '--name', ID, '--roles', 'check', '--user', ID],
    ['list'],
    ['rotate', `${ID}2`],
  ],
  certificates: [
    ['allow', '--name', `${ID}c`, '--san', `URI:spiffe://a/${ID}`, '--roles', 'check'],
    ['list'],
    ['revoke', CALLER],
  ],
  sources: [['allow', '--source', ID], ['list']],
  migrate: [[]],
  roles: [['show'], ['sql'], [ID]],
};

describe('whatever the record says', () => {
  let folder: string;
  let db: TestDatabase;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hostile-'));
    db = await createTestDatabase();
    const given = { source: ID, id: ID, model: ID, requestId: ID, metadata: { [ID]: CALLER } };
    const spend = spendRecord(ALICE, '1.00', given);
    const called = { ...spend, headers: { ...spend.headers, ce_caller: CALLER, ce_x: ID } };
    await openTestLog(db.database).append([
      called,
      spendRecord(IN_TEAM, '2.00', { ...given, id: `${ID}2` }),
      adjustmentRecord(spend, '0.50', { id: `${ID}3`, reason: `why ${ID}` }),
      budgetRecord('b', 1, { account: USER }),
      { ...called, headers: { ...called.headers, ce_x: CALLER }, value: Buffer.from('{') },
    ]);
    await projectAll({ ...db, restoreClaims: true });
    await spoil();
  });
  afterAll(async () => {
    await db.drop();
    await rm(folder, { recursive: true });
  });

  /** So that each command has something to say. */
  async function spoil(): Promise<void> {
    const { kysely } = db.database;
    await sql`update user_balance set spent = 99`.execute(kysely);
    await sql`
      insert into closed_month (month, zone, known_at, closed_by)
      values ('2026-03', 'UTC', '2026-04-03T00:00:00Z', ${CALLER})`.execute(kysely);
    await sql`
      insert into correction_batch (reason, prepared_by) values (${CALLER}, ${CALLER})`.execute(
      kysely,
    );
    const number = { limit: '10.00', spent: '1.00', held: '0.00', remaining: '9.00' };
    const budget = {
      budgetId: 'b',
      account: USER,
      verdict: 'ok',
      enforced: true,
      warning: null,
      ...number,
      window: { start: null, end: null },
    };
    const document = {
      decisionId: DECISION,
      allowed: false,
      message: `User=${CALLER}`,
      degraded: false,
      budgets: [budget],
      position: '0:1',
      decidedAt: '2026-04-27T11:00:00Z',
      scope: ALICE,
      estimate: null,
    };
    await sql`
      insert into kept_decision (decision_id, decided_at, last_decided_at, count, document)
      values (${DECISION}, '2026-04-27T11:00:00Z', '2026-04-27T11:00:00Z', 1, ${JSON.stringify(document)})`.execute(
      kysely,
    );
  }

  it('has a run for each command', () => {
    expect(Object.keys(RUNS).sort()).toEqual([...COMMANDS.keys()].sort());
  });

  it.each(Object.keys(RUNS))('no terminal acts on it: %s', async (name) => {
    let said = 0;
    for (const run of RUNS[name]!) {
      for (const json of [[], ['--json']]) {
        const { out, refusal = '' } = await runCommand(db, [name, ...named(run, json), ...json]);
        const texts = `${out}\n${refusal}`;
        if (/\\u(202e|001b)/.test(texts)) said++;
        for (const line of texts.split('\n')) expect(line).not.toMatch(ACTED_ON);
        // A line break in a text would make a line of its own.
        expect(texts).not.toMatch(/^9999/m);
      }
    }
    if (!['migrate', 'roles'].includes(name)) expect(said).toBeGreaterThan(0);
  });

  it('JSON says the same as it does', async () => {
    const { out } = await runCommand(db, ['events', USER, '--json']);
    const [first] = out.split('\n').map((line) => line && (JSON.parse(line) as object));
    expect(first).toMatchObject({ caller: CALLER, id: ID, data: { metadata: { [ID]: CALLER } } });
  });

  /** Of two runs of one command the second makes something of another name. */
  function named(run: readonly string[], json: readonly string[]): string[] {
    return run.map((word, n) => (json.length > 0 && run[n - 1] === '--name' ? `${word}j` : word));
  }
});
