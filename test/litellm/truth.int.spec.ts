import { formatMoney, picoOfDecimal } from '#libs/ledger';
import {
  createTestDatabase,
  projectionDifferences,
  projectLog,
  type TestDatabase,
} from '#libs/testing';
import { runCommand, type CommandRun } from '../../apps/cli/src/commands/ledger-commands.fixture';
import { sha256Of } from '../../apps/cli/src/commands/import-litellm/fit-id';
import type { ImportReport } from '../../apps/cli/src/commands/import-litellm/report';
import { applyAll } from './support/import-in-test';
import { balancesIn, recordCounts, rounded } from './support/ledger-state';
import { LitellmInTest } from './support/litellm-in-test';
import { truth } from './support/truth';

const PADDED = `sha256:${sha256Of(' padded user ')}`;
const PLAIN_KEY = sha256Of('sk-not-a-real-key-0000000000');

describe('an import of a LiteLLM database with #26239 in it', () => {
  let litellm: LitellmInTest;
  let db: TestDatabase;
  let dry: ImportReport;
  let dryTerminal: CommandRun;
  let afterDry: Record<string, bigint>;
  let report: ImportReport;
  let balances: Record<string, string>;

  const runImport = (...options: string[]) =>
    runCommand(db, ['import-litellm', '--from', litellm.url, ...options]);
  const reportOf = async (...options: string[]): Promise<ImportReport> => {
    const run = await runImport('--json', ...options);
    expect(run.refusal).toBeUndefined();
    expect(run.status).toBe(0);
    return JSON.parse(run.out) as ImportReport;
  };

  beforeAll(async () => {
    litellm = await LitellmInTest.create();
    db = await createTestDatabase();
    dry = await reportOf('--dry-run');
    dryTerminal = await runImport('--dry-run');
    afterDry = await recordCounts(db.database);
    report = await reportOf();
    await applyAll(db);
    balances = await balancesIn(db.database);
  });
  afterAll(async () => {
    await db.drop();
    await litellm.drop();
  });

  const userId = (uid: string) => (uid === 'padded user' ? PADDED : uid);
  const spent = (account: string) => balances[account] ?? '0.00';

  it('writes nothing in a dry run, and says all that the import says', () => {
    expect(afterDry).toEqual({ claims: 0n, records: 0n, outbox: 0n });
    expect({ ...dry, dryRun: false }).toEqual(report);
  });

  it('says first that LiteLLM counts 432.60 of 200 for alice, of which 13.20 are hers', () => {
    const [alice] = report.users;
    expect(alice).toEqual({
      userId: 'alice',
      litellm: '432.597718867596',
      personal: '13.204079444424',
      team: '419.393639423172',
      pollution: '419.393639423172',
      unexplained: '0.00',
      limit: '200.00',
      falselyRefused: true,
    });
    expect(spent('user:alice')).toBe('13.204079444424');
    const [title, , , , first] = dryTerminal.out.split('\n');
    expect(title).toBe('Team money in people’s counters (LiteLLM #26239)');
    expect(first!.split(/ {2,}/)).toEqual([
      ...['alice', '432.597718867596', '200.00', '13.204079444424', '419.393639423172'],
      ...['0.00', 'refused falsely'],
    ]);
  });

  it('accounts for every row', () => {
    expect(report.rows).toEqual({
      read: 772,
      recorded: 597,
      duplicates: 0,
      refused: 0,
      exact: 580,
      estimated: 15,
      unknown: 2,
      skipped: { failures: 157, cacheHits: 5, free: 12, live: 1 },
    });
    expect(report.amount).toBe('608.68770638791');
    expect(report.rounding).toBe('-8423194597000e-24');
    expect(Object.keys(balances)).toHaveLength(59);
    expect(spent('key:unattributed')).toBe('0.50');
  });

  it.each(truth('Users'))('knows of $uid what is personal and what teams paid', (row) => {
    const uid = userId(row['uid']!);
    expect(spent(`user:${uid}`)).toBe(rounded(row['personal']!));
    const members = Object.entries(balances).filter(
      ([account]) => account.startsWith('member:') && account.endsWith(` ${uid}`),
    );
    const teams = members.reduce((sum, [, money]) => sum + picoOfDecimal(money), 0n);
    expect(formatMoney(teams)).toBe(rounded(row['team']!));
    const said = report.users.find((user) => user.userId === uid);
    expect(said!.personal).toBe(rounded(row['personal_in_window'] ?? row['personal']!));
    if (row['litellm'] === undefined) expect(said!.litellm).toBeNull();
    // The page has 15 digits of a double.
    else expect(Number(said!.litellm)).toBeCloseTo(Number(row['litellm']), 10);
    expect(said!.limit).toBe(row['max_budget'] === undefined ? null : rounded(row['max_budget']));
  });

  it.each(truth('Teams'))('knows what team $tid spent', (row) => {
    expect(spent(`team:${row['tid']}`)).toBe(rounded(row['total']!));
    const said = report.teams.find(({ teamId }) => teamId === row['tid'])!;
    expect(said.ledger).toBe(rounded(row['in_window']!));
    expect(said.litellm).toBe(row['litellm'] === undefined ? null : rounded(row['litellm']));
  });

  it.each(truth('Members'))('knows what $user_id spent in $team_id', (row) => {
    const { team_id: teamId, user_id: user } = row;
    expect(spent(`member:${teamId} ${user}`)).toBe(rounded(row['total']!));
    const said = report.members.find((one) => one.teamId === teamId && one.userId === user)!;
    expect(said.litellm).toBe(rounded(row['litellm']!));
  });

  it.each(truth('Keys'))('knows what key $key spent', (row) => {
    const begin = row['key'] === 'sk-not-a-r' ? PLAIN_KEY : row['key']!;
    const [account] = Object.keys(balances).filter((name) => name.startsWith(`key:${begin}`));
    expect(spent(account ?? '')).toBe(rounded(row['total']!));
    const said = report.keys.find(({ keyId }) => keyId!.startsWith(begin))!;
    expect(said.alias ?? undefined).toBe(row['alias']);
    expect(said.litellm).toBe(row['litellm'] === undefined ? null : rounded(row['litellm']));
  });

  it('finds what LiteLLM has lost, what it was told live, and what a rotation left out', () => {
    const off = (list: readonly { readonly difference: string | null }[]) =>
      list.filter(({ difference }) => Math.abs(Number(difference)) > 1e-6);
    expect(report.users.filter(({ unexplained }) => Math.abs(Number(unexplained)) > 1e-6)).toEqual([
      expect.objectContaining({ userId: 'bob', unexplained: '0.299999999997' }),
      expect.objectContaining({ userId: 'carol', unexplained: '0.179999999999' }),
    ]);
    expect(off(report.teams)).toEqual([
      expect.objectContaining({ teamId: 'labs', difference: '0.179999999999' }),
    ]);
    expect(off(report.members)).toEqual([
      expect.objectContaining({ teamId: 'labs', userId: 'carol', difference: '0.18' }),
    ]);
    expect(off(report.keys)).toEqual([
      expect.objectContaining({ alias: 'zed-own', difference: '-0.874999999999' }),
      expect.objectContaining({ alias: 'bob-own', difference: '0.299999999998' }),
      expect.objectContaining({ alias: 'carol-labs', difference: '0.18' }),
    ]);
  });

  it('asks about zeros, names what it renamed and suspects, and shows no plain key', async () => {
    expect(report.unpricedCandidates).toEqual([
      { model: 'free', calls: 6, tokens: 120 },
      { model: 'unpriced', calls: 6, tokens: 120 },
    ]);
    expect(report.renamed).toEqual(
      expect.arrayContaining([
        { field: 'keyId', as: PLAIN_KEY, why: 'secret' },
        { field: 'userId', as: PADDED, why: 'must have no white space at its ends' },
        expect.objectContaining({ field: 'id', why: 'must be at most 256 bytes of UTF-8' }),
      ]),
    );
    expect(report.suspects).toContainEqual(
      expect.objectContaining({ requestId: 'resp_fetched_again' }),
    );
    const { kysely } = db.database;
    const stored = await kysely.selectFrom('log_record').select(['headers', 'value']).execute();
    expect(stored.length).toBeGreaterThan(0);
    const records = stored.map(({ headers, value }) => JSON.stringify(headers) + String(value));
    expect(records[0]).toContain('"ce_specversion"');
    for (const text of [JSON.stringify(report), dryTerminal.out, ...records]) {
      expect(text).not.toContain('sk-not-a-real-key');
    }
  });

  it('says so where the ledger has another currency than LiteLLM', async () => {
    const euros = { ...db, currency: 'EUR' };
    const args = ['import-litellm', '--from', litellm.url, '--json', '--dry-run'];
    const { notes } = JSON.parse((await runCommand(euros, args)).out) as ImportReport;
    expect(notes[0]).toMatch(/^LiteLLM reckons in USD and this ledger in EUR/);
    expect(report.notes).toEqual(notes.slice(1));
  });

  it('keeps of a row its own cost, time, scope and nothing that a person wrote', async () => {
    const rows = await db.database.kysely
      .selectFrom('spend_event')
      .select(['event_id', 'time', 'amount', 'basis', 'user_id', 'team_id', 'model', 'metadata'])
      .where('event_id', 'in', ['chatcmpl-fd97958e-df0a-5c99-9e78-1e9d7f8bb057'])
      .execute();
    expect(rows).toEqual([
      {
        event_id: 'chatcmpl-fd97958e-df0a-5c99-9e78-1e9d7f8bb057',
        time: '2026-11-30T03:57:40.359Z',
        amount: '0.000075',
        basis: 'exact',
        user_id: 'bob',
        team_id: null,
        model: 'mini',
        metadata: {
          litellm: {
            call_type: 'acompletion',
            model: 'openai/mini-up',
            custom_llm_provider: 'openai',
            status: 'success',
            user_api_key_alias: 'bob-own',
            total_tokens: 200,
            prompt_tokens: 100,
            completion_tokens: 100,
          },
        },
      },
    ]);
  });

  it('records nothing a second time, and its sums are right', async () => {
    const again = await reportOf();
    expect(again.rows).toMatchObject({ read: 772, recorded: 0, duplicates: 597, refused: 0 });
    expect(again.budgets.every(({ outcome }) => outcome === 'unchanged')).toBe(true);
    await projectLog(db.database);
    expect(await balancesIn(db.database)).toEqual(balances);
    expect(await projectionDifferences(db.database)).toEqual([]);
    expect((await runCommand(db, ['verify'])).status).toBe(0);
  });
});
