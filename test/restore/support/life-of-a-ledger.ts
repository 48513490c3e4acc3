import {
  balancesOf,
  fillVaried,
  positionOf,
  randomSpends,
  recordUntilAcknowledged,
  waitUntil,
  type Answer,
  type HttpLedger,
  type Spend,
} from '#libs/testing';

/** Accounts of no random spend: what is held on them is counted exactly. */
export const ALICE = { type: 'user', userId: 'alice', keyId: 'alice-key' } as const;
const TTL = { ttlSeconds: 3600 };
const AFTER_BACKUP = 90;

/** What a ledger was told after its backup, and has acknowledged. */
export interface ToldSince {
  readonly spends: readonly Spend[];
  readonly answers: readonly Answer[];
  readonly corrections: readonly { readonly id: string; readonly amount: string }[];
  /** Everything that was spent, by account. */
  readonly balances: Readonly<Record<string, string>>;
  readonly position: string;
}

export interface HoldsOfAlice {
  /** Taken before the backup; since then settled at auth's door, settled by a spend, released, and left alone. */
  readonly settled: string;
  readonly spent: string;
  readonly released: string;
  readonly active: string;
}

/** What a backup has: some of all that a ledger can hold, a budget of alice's, and four of her holds. */
export async function liveUntilBackup(ledger: HttpLedger, seed: number): Promise<HoldsOfAlice> {
  await fillVaried(ledger, seed, 20);
  done(await ledger.setBudget('alice-100', 'user:alice', '100.00'));
  const take = async () => done(await ledger.hold(ALICE, '5.00', TTL)).body.holdId as string;
  return {
    settled: await take(),
    spent: await take(),
    released: await take(),
    active: await take(),
  };
}

/** What comes after the backup and is on the log: spends, corrections, a budget, settled holds; and what is not. */
export async function liveOn(
  ledger: HttpLedger,
  seed: number,
  holds: HoldsOfAlice,
): Promise<ToldSince> {
  const spends = randomSpends(AFTER_BACKUP, seed + 1);
  const answers: Answer[] = [];
  for (const spend of spends) answers.push(await recordUntilAcknowledged(spend, () => ledger));
  await ledger.balance('user:user-0', positionOf(answers));
  const corrections = spends.slice(0, 10).map(({ id }) => ({ id: `fix-${id}`, amount: '0.25' }));
  for (const [n, { id, amount }] of corrections.entries()) {
    answers.push(done(await ledger.correct(spends[n]!, { kind: 'amend', amount }, { id })));
  }
  answers.push(done(await ledger.setBudget('alice-100', 'user:alice', '200.00')));
  done(await ledger.settle(holds.settled, '3.00'));
  const spend = await ledger.record(ALICE, '4.00', bySpend(holds), { holdId: holds.spent });
  answers.push(done(spend));
  done(await ledger.release(holds.released));
  const unknown = done(await ledger.hold(ALICE, '6.00', TTL)).body.holdId as string;
  done(await ledger.settle(unknown, '1.00'));
  done(await ledger.hold(ALICE, '7.00', TTL));
  await waitUntil('all is projected', async () => {
    const { body } = await ledger.balance('user:alice', positionOf(answers));
    return body.spentAllTime === '8.00' && body.held === '12.00';
  });
  const accounts = [...Object.keys(balancesOf(spends)), 'user:alice', 'key:alice-key'];
  const balances = await readBalances(ledger, accounts);
  return { spends, answers, corrections, balances, position: positionOf(answers) };
}

/** The spend that settles a hold from another door. */
export const bySpend = ({ spent }: HoldsOfAlice) => ({
  id: `by-spend-${spent}`,
  source: 'gateway',
});

/** What accounts have spent, as balances say it. */
export async function readBalances(
  ledger: HttpLedger,
  accounts: readonly string[],
): Promise<Record<string, string>> {
  const spent = accounts.map(async (account) => {
    const { body } = done(await ledger.balance(account));
    return [account, body.spentAllTime as string] as const;
  });
  return Object.fromEntries(await Promise.all(spent));
}

function done(answer: Answer): Answer {
  if (answer.status < 300) return answer;
  throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
}
