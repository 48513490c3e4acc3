import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  balancesOf,
  HttpLedger,
  LedgerProcess,
  onServerOf,
  OwnPostgres,
  promote,
  randomSpends,
  recordUntilAcknowledged,
  startStandby,
  waitUntil,
  workloadSeed,
} from '#libs/testing';
import { expectVerified } from './support/expect-restored';
import { readBalances } from './support/life-of-a-ledger';

const SEED = workloadSeed();
const [BEFORE, WITHOUT_STANDBY] = [40, 80];
const SPENDS = randomSpends(160, SEED);
const PATIENCE_MS = 1000;

describe(`a ledger with a synchronous standby (FC_SEED=${SEED})`, () => {
  let folder: string;
  let primary: OwnPostgres;
  let standby: OwnPostgres;
  let ledger: LedgerProcess;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'address-'));
    primary = await OwnPostgres.start();
    standby = await startStandby(primary);
    await onServerOf(primary, `alter system set synchronous_standby_names = 'ANY 1 (*)'`);
    await onServerOf(primary, 'select pg_reload_conf()');
    await untilFollowed();
    await leadTo(primary);
    const host = encodeURIComponent(join(folder, 'socket'));
    env = { DATABASE_URL: `postgresql://postgres@/spend_ledger?host=${host}&sslmode=disable` };
    ledger = await LedgerProcess.start({ env });
    await record(0, BEFORE);
  });
  afterAll(async () => {
    await ledger?.stop('SIGKILL');
    await standby?.remove();
    await primary.remove();
    await rm(folder, { recursive: true });
  });

  it('acknowledges nothing that one server alone has, and records on when the standby is back', async () => {
    await standby.kill();
    const recorded = record(BEFORE, WITHOUT_STANDBY);
    await waitUntil('a commit waits for a standby', async () => {
      const { waiting } = await onServerOf<{ waiting: boolean }>(
        primary,
        `select exists (select from pg_stat_activity where wait_event = 'SyncRep') as waiting`,
      );
      return waiting;
    });
    await standby.start();
    await recorded;
  });

  it('loses nothing that was acknowledged when the standby takes over under load', async () => {
    await untilFollowed();
    const recorded = record(WITHOUT_STANDBY, SPENDS.length, async (n) => {
      if (n !== WITHOUT_STANDBY + 40) return;
      await primary.kill();
      await promote(standby);
      await leadTo(standby);
    });
    await recorded;
    await ledger.ready();
    for (const { data, ...event } of SPENDS) {
      const again = await ledger.http.record(data.scope, data.amount, event);
      expect(again).toMatchObject({ status: 200, body: { duplicate: true } });
      expect((await ledger.http.record(data.scope, '1234.5', event)).status).toBe(409);
    }
    const balances = await readBalances(ledger.http, Object.keys(balancesOf(SPENDS)));
    expect(balances).toEqual(balancesOf(SPENDS));
    await expectVerified(env);
  });

  /** As a gateway does it: until it is acknowledged. A few are under way at a time. */
  async function record(
    from: number,
    to: number,
    before: (n: number) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const door = () => new HttpLedger(ledger.httpUrl, PATIENCE_MS);
    let next = from;
    const one = async () => {
      for (let n = next++; n < to; n = next++) {
        const acknowledged = recordUntilAcknowledged(SPENDS[n]!, door);
        await before(n);
        await acknowledged;
      }
    };
    await Promise.all([one(), one(), one()]);
  }

  function untilFollowed(): Promise<void> {
    return waitUntil('the primary waits for its standby', async () => {
      const { followed } = await onServerOf<{ followed: boolean }>(
        primary,
        `select exists (select from pg_stat_replication where sync_state = 'quorum') as followed`,
      );
      return followed;
    });
  }

  /** Where the ledger's address leads, as a virtual one does. */
  async function leadTo(server: OwnPostgres): Promise<void> {
    await rm(join(folder, 'socket'), { force: true });
    await symlink(server.socket, join(folder, 'socket'));
  }
});
