import type { Cleanup } from '../measure/cleanup';
import type { Watched } from '../measure/cores-in-use';
import { postmasterOf } from '../ledger/postmaster';
import type { Contender } from './hold-sample';
import { createQuietLedger } from './our-design';
import { RedisServer } from './redis/redis-server';
import { startTaker, type DesignOrder } from './taker';
import { createWallets } from './wallet-designs';

export const OURS = 'ledger without its door';
export const BY_HAND = 'select for update';
const REDIS = 'Redis script';

/**
 * Who takes holds in a worker of its own, each: ours, what a user would write by hand against the same Postgres, and a
 * script in Redis where `redis-server` is installed.
 */
export async function startTakers(cleanup: Cleanup): Promise<Contender[]> {
  const ledger = await createQuietLedger();
  cleanup.add(() => ledger.drop());
  const { url, servers } = await openWallets(cleanup);
  const redis = await RedisServer.startIfInstalled();
  cleanup.add(() => redis?.stop());
  return [
    takerOf(OURS, { kind: 'ours', url: ledger.url }, servers, cleanup),
    takerOf(BY_HAND, { kind: 'lockAndCheck', url }, servers, cleanup),
    takerOf('one statement', { kind: 'oneStatement', url }, servers, cleanup),
    {
      ...takerOf('check, then count', { kind: 'checkThenCount', url }, servers, cleanup),
      isExact: false,
    },
    ...(redis
      ? [takerOf(REDIS, { kind: 'redis', port: redis.port }, { redis: redis.pid }, cleanup)]
      : []),
  ];
}

/** Says in a report that Redis has no part in it. */
export function remarkOn(contenders: readonly Contender[]): string {
  const hasRedis = contenders.some(({ name }) => name === REDIS);
  return hasRedis ? '' : '; no Redis, because there is no redis-server on the PATH';
}

/** What the ledger is measured against: `begin; select … for update`, check, `update; insert; commit`. */
export async function startByHand(cleanup: Cleanup): Promise<Contender> {
  const { url, servers } = await openWallets(cleanup);
  return takerOf(BY_HAND, { kind: 'lockAndCheck', url }, servers, cleanup);
}

async function openWallets(cleanup: Cleanup): Promise<{ url: string; servers: Watched }> {
  const wallets = await createWallets();
  cleanup.add(() => wallets.drop());
  return { url: wallets.url, servers: { postgres: await postmasterOf(wallets.database) } };
}

function takerOf(name: string, design: DesignOrder, servers: Watched, cleanup: Cleanup): Contender {
  const taker = startTaker();
  cleanup.add(() => taker.stop());
  return {
    name,
    isExact: true,
    watched: { process: taker.pid, ...servers },
    run: (order, measuring) => taker.run({ ...order, design }, measuring),
  };
}
