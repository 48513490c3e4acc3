import { accountsOf, formatAccount, formatMoney, partitionOfHeld } from '#libs/ledger';
import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import { eventKeyOf, type SpendRecorded } from '#libs/wire';

const LOCK: PreparedStatement = {
  name: 'lock-restored-accounts',
  text: 'select lock_held($1::int[], $2::text[])',
};
/** At the moment of a flush: now, but not before the last one of the accounts. */
const TAKE: PreparedStatement = {
  name: 'take-restored-amounts',
  text: `
    select move_held(greatest(ledger_now(), $1::timestamptz), $2::int[], $3::text[], $4::text[],
      '{}', '{}', '{}', '{}')`,
};

/**
 * Takes again what settled spends had taken from their accounts before their database was lost. What they flip would
 * else have been taken by nobody, and be missing from what is held for others.
 *
 * @param added what the batch has added, without duplicates
 * @param restored the keys of the events whose claims were gone. One whose claim stands has taken its amount in the
 *   transaction that made the claim.
 */
export async function restoreTaken(
  client: Prepared,
  partitions: number,
  added: readonly SpendRecorded[],
  restored: ReadonlySet<string>,
): Promise<void> {
  const settled = added.filter(
    ({ spend, holdOutcome }) => holdOutcome === 'settled' && restored.has(eventKeyOf(spend)),
  );
  const taken = [...sumsOf(settled, partitions)];
  if (taken.length === 0) return;
  const accounts = [
    taken.map(([, { partition }]) => partition),
    texts(taken.map(([account]) => account)),
  ];
  const [locked] = await client.prepared<readonly [string | null]>(LOCK, accounts);
  const amounts = texts(taken.map(([, { pico }]) => formatMoney(pico)));
  await client.prepared(TAKE, [locked![0], ...accounts, amounts]);
}

/** By the account's name. */
function sumsOf(
  spends: readonly SpendRecorded[],
  partitions: number,
): Map<string, { partition: number; pico: bigint }> {
  const sums = new Map<string, { partition: number; pico: bigint }>();
  for (const { spend } of spends) {
    if (spend.amountPico === undefined) continue;
    for (const account of accountsOf(spend.scope)) {
      const name = formatAccount(account);
      const partition = partitionOfHeld(account, partitions);
      const pico = (sums.get(name)?.pico ?? 0n) + spend.amountPico;
      sums.set(name, { partition, pico });
    }
  }
  return sums;
}
