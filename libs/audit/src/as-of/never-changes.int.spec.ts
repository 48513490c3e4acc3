import { sql } from 'kysely';
import { eventKeyOf } from '#libs/wire';
import { formatInstant, instantOf } from '#libs/ledger';
import { leaveMarks } from './leave-marks';
import { ALICE, AskedLedger, spent } from './asked-ledger.fixture';

const APRIL = '2026-04-10T00:00:00Z';
const PARTITIONS = Array.from({ length: 12 }, (_, partition) => partition);

describe('what was known', () => {
  let ledger: AskedLedger;

  beforeEach(async () => {
    ledger = await AskedLedger.create();
  });
  afterEach(() => ledger.drop());

  // The race: between its claim and the log an event has a recordedAt that is already past, and no balance shows it.
  it('stays as it was told when an event is claimed before and appended after', async () => {
    await ledger.record(spent(ALICE, '3.00', APRIL));
    const claimedAt = await claim();
    const late = spent(ALICE, '40.00', APRIL, claimedAt);
    const told = await ledger.figures('user:alice', undefined, claimedAt);
    await ledger.record(late);
    expect(told).toMatchObject({ spentAllTime: '3.00' });
    expect(await ledger.figures('user:alice', undefined, claimedAt)).toEqual(told);
    expect(await ledger.figures('user:alice', await now())).toMatchObject({
      spentAllTime: '43.00',
    });
    // It became known right after the mark.
    expect(await ledger.figures('user:alice', undefined, await now())).toMatchObject({
      spentAllTime: '43.00',
    });
  });

  it('is not told before every partition has come so far, and is then without waiting', async () => {
    const knownAt = await now();
    expect(await ledger.read('user:alice', undefined, knownAt)).toEqual({
      outcome: 'not_reached',
      partitions: PARTITIONS,
    });
    await leaveMarks(ledger.database, [0, 1, 5], instantOf(knownAt));
    await ledger.relay();
    expect(await ledger.read('user:alice', undefined, knownAt)).toEqual({
      outcome: 'not_reached',
      partitions: PARTITIONS.filter((partition) => ![0, 1, 5].includes(partition)),
    });
    await leaveMarks(ledger.database, PARTITIONS, instantOf(knownAt));
    await ledger.relay();
    expect(await ledger.read('user:alice', undefined, knownAt)).toMatchObject({ outcome: 'read' });
  });

  it('is marked at most once a second, and not at all while a mark that will do is on its way', async () => {
    const soon = instantOf(await now()) + 60_000_000n;
    expect(await leaveMarks(ledger.database, [1, 2], soon)).toBe(2);
    await markedAt('-10 s');
    const before = soon - 120_000_000n;
    expect(await leaveMarks(ledger.database, [1, 2], before)).toBe(0);
    expect(await leaveMarks(ledger.database, [1, 2, 3], soon)).toBe(3);
    await markedAt('10 s');
    expect(await leaveMarks(ledger.database, [1, 2, 3], soon)).toBe(0);
    expect(await ledger.relay()).toBe(5);
  });

  it('is the business of one of many who ask at once', async () => {
    const knownAt = instantOf(await now());
    const left = await Promise.all(
      PARTITIONS.slice(0, 6).map(() => leaveMarks(ledger.database, PARTITIONS, knownAt)),
    );
    expect(left.reduce((sum, marks) => sum + marks, 0)).toBe(12);
  });

  it('cannot be told of a time that has not come', async () => {
    const ahead = formatInstant(instantOf(await now()) + 60_000_000n);
    expect(await ledger.read('user:alice', undefined, ahead)).toMatchObject({
      outcome: 'in_the_future',
    });
  });

  /** The ledger's clock. */
  async function now(): Promise<string> {
    const { rows } = await query('select ledger_now() as now');
    return (rows[0] as { now: string }).now;
  }

  /** Claims an event as ingest does. @returns its recordedAt */
  async function claim(): Promise<string> {
    const { rows } = await query(
      `insert into event_claim (event_key, content_hash, partition)
       values ('${eventKeyOf({ source: 's', id: 'late' })}', '', 0) returning recorded_at`,
    );
    return (rows[0] as { recorded_at: string }).recorded_at;
  }

  /** As if the last marks had been left then, from now on. */
  async function markedAt(interval: string): Promise<void> {
    await query(`update log_mark set marked_at = ledger_now() + interval '${interval}'`);
  }

  function query(text: string) {
    return sql.raw(text).execute(ledger.database.kysely);
  }
});
