import { TTL_SECONDS, type HoldDesign } from './hold-design';
import { RedisClient } from './redis/redis-client';

/** More than one, so that the commands of several are written to disk together. */
const CONNECTIONS = 8;
const AMOUNT_CENTS = 100;

/** In whole cents. KEYS: the budget, its holds. ARGV: the amount, the hold's id, when it expires. */
const TAKE = `
local budget = redis.call('HMGET', KEYS[1], 'limit', 'spent', 'held')
if budget[2] + budget[3] + ARGV[1] > tonumber(budget[1]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'held', ARGV[1])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[1] .. ' ' .. ARGV[3])
return 1`;

/** Of this process, whatever the connections. */
let taken = 0;

/** A script that looks and counts in one step, and keeps an entry for each hold, which never expires. */
export async function redisDesign(port: number): Promise<HoldDesign> {
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => RedisClient.open(port)),
  );
  const script = await clients[0]!.ask('SCRIPT', 'LOAD', TAKE);
  return {
    setRoom: async (accounts, room) => {
      const limit = room * AMOUNT_CENTS;
      await Promise.all(
        accounts.map((account) =>
          clients[0]!.ask('HSET', account, 'limit', limit, 'spent', 0, 'held', 0),
        ),
      );
    },
    take: async (account) => {
      const nth = taken++;
      const expiresAt = Math.ceil(Date.now() / 1000) + TTL_SECONDS;
      const answer = await clients[nth % CONNECTIONS]!.ask(
        ...['EVALSHA', script, 2, account, `holds:${account}`],
        ...[AMOUNT_CENTS, `${process.pid}-${nth}`, expiresAt],
      );
      return answer === '1';
    },
    close: () => {
      for (const client of clients) client.close();
      return Promise.resolve();
    },
  };
}
