import { sql } from 'kysely';
import { instantOf } from '#libs/ledger';
import { createTestDatabase, untilSessionsWait, type TestDatabase } from '#libs/testing';
import { claimEvents, type Claim } from './claim-events';

const [FIRST, MIDDLE, LAST] = ['00000000', '7fffffff', 'ffffffff'].map(
  (start) => `${start}-0000-0000-0000-000000000000`,
) as [string, string, string];

describe('claiming events', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const claim = (...claims: readonly Claim[]) => claimEvents(db.database, claims);
  /** A claim of somebody else who has not committed yet. */
  const uncommitted = async (eventKey: string, content: string) => {
    const trx = await db.database.kysely.startTransaction().execute();
    await sql`
      insert into event_claim (event_key, content_hash, partition)
      values (${eventKey}, ${content}, 1)`.execute(trx);
    return trx;
  };

  it('keeps what was claimed first, with its time', async () => {
    const before = await claim(claimOf(FIRST, 'ours'));
    expect(before.get(FIRST)).toMatchObject({ contentHash: 'ours', partition: 1, isNew: true });
    const after = await claim({ ...claimOf(FIRST, 'other'), partition: 2 }, claimOf(LAST, 'ours'));
    expect(after.get(FIRST)).toEqual({ ...before.get(FIRST), isNew: false });
    expect(after.get(LAST)).toMatchObject({ isNew: true });
  });

  it('takes one content where a batch brings two under one key', async () => {
    const claims = await claim(claimOf(FIRST, 'one'), claimOf(FIRST, 'two'));
    expect([...claims.keys()]).toEqual([FIRST]);
    expect(['one', 'two']).toContain(claims.get(FIRST)?.contentHash);
  });

  it('says the time of the database', async () => {
    const now = async () => {
      const { rows } = await sql<{ now: string }>`select ledger_now() as now`.execute(
        db.database.kysely,
      );
      return instantOf(rows[0]!.now);
    };
    const [before, claims, after] = [await now(), await claim(claimOf(FIRST, 'ours')), await now()];
    const { recordedAt } = claims.get(FIRST)!;
    expect([before <= recordedAt, recordedAt <= after]).toEqual([true, true]);
  });

  // Why the holder is read in a second statement: the first one's snapshot may be older than the holder's commit.
  it('would find nobody if one statement claimed and read the holder', async () => {
    const theirs = await uncommitted(FIRST, 'theirs');
    const inOneStatement = sql<{ content_hash: string }>`
      with claimed as (
        insert into event_claim (event_key, content_hash, partition) values (${FIRST}, 'ours', 1)
        on conflict do nothing returning content_hash
      )
      select content_hash from claimed
      union all select content_hash from event_claim where event_key = ${FIRST}`.execute(
      db.database.kysely,
    );
    await untilSessionsWait(db.database, 1);
    await theirs.commit().execute();
    expect((await inOneStatement).rows).toEqual([]);
  });

  it('finds the holder who commits while it waits', async () => {
    const theirs = await uncommitted(FIRST, 'theirs');
    const ours = claim(claimOf(FIRST, 'ours'));
    await untilSessionsWait(db.database, 1);
    await theirs.commit().execute();
    expect((await ours).get(FIRST)).toMatchObject({ contentHash: 'theirs', isNew: false });
  });

  it('takes over where the one it waited for gives up', async () => {
    const theirs = await uncommitted(FIRST, 'theirs');
    const ours = claim(claimOf(FIRST, 'ours'));
    await untilSessionsWait(db.database, 1);
    await theirs.rollback().execute();
    expect((await ours).get(FIRST)).toMatchObject({ contentHash: 'ours', isNew: true });
  });

  it('does not deadlock with one that claims the same in another order', async () => {
    const theirs = await uncommitted(MIDDLE, 'theirs');
    const forth = claim(...[FIRST, MIDDLE, LAST].map((key) => claimOf(key, 'forth')));
    await untilSessionsWait(db.database, 1);
    const back = claim(...[LAST, FIRST].map((key) => claimOf(key, 'back')));
    await untilSessionsWait(db.database, 2);
    await theirs.rollback().execute();
    const holders = [...(await forth).values(), ...(await back).values()];
    expect(holders.map(({ contentHash }) => contentHash)).toEqual(Array(5).fill('forth'));
  });
});

function claimOf(eventKey: string, contentHash: string): Claim {
  return { eventKey, contentHash, partition: 1 };
}
