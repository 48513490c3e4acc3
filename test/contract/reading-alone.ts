import { waitUntil } from '#libs/testing';
import {
  textRecords,
  untilRead,
  untilShared,
  type LogUnderTest,
  type MakeLog,
} from './log-under-test';
import { ReaderStore, StoreReader } from './reader-store';

const LIMITS = { records: 3, bytes: 1024 * 1024 };

export function readingAlone(makeLog: MakeLog): void {
  let log: LogUnderTest;

  beforeEach(async () => {
    log = await makeLog();
  });
  afterEach(() => log.remove());

  it('by one that shares with nobody, from the beginning, and goes on with what comes', async () => {
    const opened = await log.open('long');
    const [shared, alone] = [new ReaderStore(), new ReaderStore()];
    const texts = Array.from({ length: 10 }, (_, n) => `a${n}`);
    await opened.append([...textRecords(0, ...texts), ...textRecords(7, 'b', 'c')]);
    const consumption = await opened.consume(new StoreReader(shared));
    await untilShared([consumption], 12);
    await untilRead(shared, opened);
    const rebalances = consumption.rebalances();

    const reading = await opened.consumeAlone(new StoreReader(alone), LIMITS);
    await untilRead(alone, opened);
    expect([alone.texts(0), alone.texts(7)]).toEqual([texts, ['b', 'c']]);
    await opened.append([...textRecords(0, 'd'), ...textRecords(11, 'e')]);
    await Promise.all([untilRead(alone, opened), untilRead(shared, opened)]);
    expect([alone.disorder, shared.disorder]).toEqual([[], []]);
    expect([consumption.rebalances(), consumption.states().length]).toEqual([rebalances, 12]);
    await reading.stop();

    await opened.append(textRecords(0, 'f'));
    await untilRead(shared, opened);
    expect(alone.texts(0)).not.toContain('f');
  });

  it('by one that takes its time with a partition, and reads the others on', async () => {
    const opened = await log.open('long');
    const store = new ReaderStore();
    const waits = Promise.withResolvers<void>();
    const reader = new StoreReader(store, (step, { fence }) =>
      step === 'before' && fence.partition === 4 ? waits.promise : Promise.resolve(),
    );
    await opened.append([...textRecords(4, 'a'), ...textRecords(5, 'b')]);
    const reading = await opened.consumeAlone(reader, LIMITS);
    await waitUntil('the other partition is read', () => store.nextOffset(5) === 1n);
    await opened.append([...textRecords(4, 'c'), ...textRecords(5, 'd')]);
    await waitUntil('the other partition is read on', () => store.nextOffset(5) === 2n);
    expect(store.texts(4)).toEqual([]);
    waits.resolve();
    await untilRead(store, opened);
    expect([store.texts(4), store.disorder]).toEqual([['a', 'c'], []]);
    await reading.stop();
  });

  it('by one that halts where the log is not what it read', async () => {
    const opened = await log.open('long');
    await opened.append(textRecords(2, 'a'));
    const store = new ReaderStore(new Map([[2, 5n]]));
    const reading = await opened.consumeAlone(new StoreReader(store), LIMITS);
    const sentence = () => reading.states().find(({ partition }) => partition === 2)?.halted;
    await waitUntil('the partition halts', () => sentence() !== undefined);
    expect(sentence()).toMatch(/^Partition 2 of the log ends at offset 1, but it was read up to 5/);
    await reading.stop();
  });
}
