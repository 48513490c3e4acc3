import type { Scope } from '#libs/ledger';
import { untilSessionsWait } from '#libs/testing';
import { Desks } from './support/desks';
import { RealParts } from './support/real-parts';
import { take } from './support/requests';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const ML: Scope = { type: 'team', teamId: 'ml' };

describe('an idempotency key at two auths at once', () => {
  let real: RealParts;
  let desks: Desks;

  beforeEach(async () => {
    real = await RealParts.start('2026-04-27T10:00:00.25Z');
    desks = Desks.open(real.db, 1);
  });
  afterEach(async () => {
    await desks.close();
    await real.stop();
  });

  it('is one hold for both, where they ask the same', async () => {
    const { outcomes, commit } = await real.flushThatWaits([take(ALICE, 3n, 'key')]);
    const second = desks.submit(0, take(ALICE, 3n, 'key'));
    await untilSessionsWait(real.db.database, 1);
    commit();
    const [first] = await outcomes;
    expect(first).toMatchObject({ outcome: 'taken', isRepeated: false });
    const { hold } = first as typeof first & { outcome: 'taken' };
    expect(await second).toMatchObject({ outcome: 'taken', isRepeated: true, hold });
    expect(await real.held()).toEqual(
      new Map([
        ['ledger', 3n],
        ['person:alice', 3n],
        ['user:alice', 3n],
      ]),
    );
  });

  it('is of the first where they ask of other money, and no lock of an account tells the other', async () => {
    const { outcomes, commit } = await real.flushThatWaits([take(ALICE, 3n, 'key')]);
    const second = desks.submit(0, take(ML, 3n, 'key'));
    await untilSessionsWait(real.db.database, 1);
    commit();
    expect((await outcomes)[0]!.outcome).toBe('taken');
    expect(await second).toEqual({ outcome: 'key_reused' });
    expect((await real.held()).get('team:ml') ?? 0n).toBe(0n);
  });

  it('is free for the other where the first comes to nothing', async () => {
    await real.flush(0, [take(ALICE, 3n, 'key')], 3);
    expect(await desks.submit(0, take(ML, 3n, 'key'))).toMatchObject({ outcome: 'taken' });
    expect(await real.held()).toEqual(
      new Map([
        ['ledger', 3n],
        ['team:ml', 3n],
      ]),
    );
  });
});
