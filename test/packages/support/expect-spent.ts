import { waitUntil, type HttpLedger } from '#libs/testing';

/** Waits until the user has spent so much, by the ledger's word, and holds nothing. */
export async function expectSpent(ledger: HttpLedger, user: string, amount: string): Promise<void> {
  const read = async () => {
    const { spentAllTime, held } = (await ledger.balance(`user:${user}`)).body;
    return { spentAllTime, held };
  };
  await waitUntil(`${user} holds nothing`, async () => (await read()).held === '0.00');
  expect(await read()).toEqual({ spentAllTime: amount, held: '0.00' });
}
