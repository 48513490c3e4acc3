import type { Consumption } from '#libs/spend-log';
import { waitUntil } from '#libs/testing';
import { textRecords, type Interference, type LogUnderTest, type MakeLog } from './log-under-test';
import { ReaderStore, StoreReader } from './reader-store';

export function halting(makeLog: MakeLog, can: Interference): void {
  let log: LogUnderTest;

  beforeEach(async () => {
    log = await makeLog();
  });
  afterEach(() => log.remove());

  it('that ends before what was read of it, and reads the others on', async () => {
    const opened = await log.open('long');
    await opened.append([...textRecords(2, 'a', 'b'), ...textRecords(3, 'c')]);
    const store = new ReaderStore(new Map([[2, 5n]]));
    const consumption = await opened.consume(new StoreReader(store));
    expect(await sentenceOf(consumption, 2)).toBe(
      'Partition 2 of the log ends at offset 2, but it was read up to 5: this is not the log that was read, or its end was lost.',
    );
    await opened.append([...textRecords(2, 'd'), ...textRecords(3, 'e')]);
    await waitUntil('the other partition is read on', () => store.nextOffset(3) === 2n);
    expect([store.texts(2), store.texts(3)]).toEqual([[], ['c', 'e']]);
    expect([store.isCaughtUp(2), store.isCaughtUp(4)]).toEqual([false, true]);
  });

  (can.lose ? it : undefined)?.(
    'in which records are missing, and reads the others on',
    async () => {
      const opened = await log.open('long');
      const store = new ReaderStore();
      await opened.append([
        ...textRecords(0, 'a', 'b', 'c'),
        ...textRecords(1, 'd', 'e'),
        ...textRecords(2, 'f'),
      ]);
      await log.lose!(0, 1n);
      await log.lose!(1, 0n);
      await log.lose!(1, 1n);
      const consumption = await opened.consume(new StoreReader(store));
      expect(await sentenceOf(consumption, 0)).toBe(
        'Partition 0 of the log has offset 2 where 1 should follow: records are missing.',
      );
      expect(await sentenceOf(consumption, 1)).toMatch(/records are missing\.$/);
      await opened.append([...textRecords(0, 'g'), ...textRecords(2, 'h')]);
      await waitUntil('the other partition is read on', () => store.nextOffset(2) === 2n);
      expect(store.texts(2)).toEqual(['f', 'h']);
      expect(store.texts(0)).not.toContain('c');
      expect(store.disorder).toEqual([]);
    },
  );
}

async function sentenceOf(consumption: Consumption, partition: number): Promise<string> {
  const find = () => consumption.states().find((state) => state.partition === partition)?.halted;
  await waitUntil(`partition ${partition} halts`, () => find() !== undefined);
  return find()!;
}
