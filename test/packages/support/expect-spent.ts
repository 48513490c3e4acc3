import { waitUntil, type HttpLedger } from '#libs/testing';

/** Waits until the account has spent so much, by the ledger's word, and nothing is held of it. */
export async function expectSpent(
  ledger: HttpLedger,
  account: string,
  amount: string,
): Promise<void> {
  await waitUntil(`${account} has spent ${amount}`, async () => {
    const { spentAllTime, held } = (await ledger.balance(account)).body;
    expect({ spentAllTime, held }).toEqual({ spentAllTime: amount, held: '0.00' });
    return true;
  });
}
