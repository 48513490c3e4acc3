import {
  eventually,
  textRecord,
  untilRead,
  untilShared,
  PARTITIONS,
  type LogUnderTest,
  type MakeLog,
} from './log-under-test';
import { ReaderStore, StoreReader } from './reader-store';

export function sharing(makeLog: MakeLog): void {
  let log: LogUnderTest;
  let store: ReaderStore;

  beforeEach(async () => {
    log = await makeLog();
    store = new ReaderStore();
  });
  afterEach(() => log.remove());

  const readers = (count: number, lease: 'short' | 'long') =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const process = await log.open(lease);
        return { process, consumption: await process.consume(new StoreReader(store)) };
      }),
    );
  const appendEverywhere = async (text: string) => {
    const appender = await log.open('long');
    await appender.append(PARTITIONS.map((partition) => textRecord(partition, text)));
    await untilRead(store, appender);
  };

  it('evenly among two readers, then three, and among two at once when one leaves', async () => {
    const [first, second] = await readers(2, 'long');
    await untilShared([first!.consumption, second!.consumption], 6, 6);
    await appendEverywhere('two');
    const [third] = await readers(1, 'long');
    const three = [first!, second!, third!].map(({ consumption }) => consumption);
    await untilShared(three, 4, 4, 4);
    await appendEverywhere('three');
    await second!.consumption.stop();
    await untilShared([first!.consumption, third!.consumption], 6, 6);
    await appendEverywhere('two again');
    for (const partition of PARTITIONS) {
      expect(store.texts(partition)).toEqual(['two', 'three', 'two again']);
    }
    expect(store.disorder).toEqual([]);
  });

  it('among those that live when one dies', async () => {
    const [first, second] = await readers(2, 'short');
    await untilShared([first!.consumption, second!.consumption], 6, 6);
    await appendEverywhere('two');
    await log.kill(first!.process);
    await untilShared([second!.consumption], 12);
    await appendEverywhere('one');
    for (const partition of PARTITIONS) expect(store.texts(partition)).toEqual(['two', 'one']);
  });

  it('so that a reader which overslept its lease applies nothing', async () => {
    const appender = await log.open('long');
    await appender.append(PARTITIONS.map((partition) => textRecord(partition, 'a')));
    const sleep = Promise.withResolvers<void>();
    const sleeper = new StoreReader(store, (step) =>
      step === 'before' ? sleep.promise : undefined,
    );
    await (await log.open('short')).consume(sleeper);
    const [other] = await readers(1, 'short');
    await untilRead(store, appender);
    expect(sleeper.outcomes).toEqual([]);

    sleep.resolve();
    await eventually('the sleeper has tried', () => sleeper.outcomes.length > 0);
    expect(new Set(sleeper.outcomes)).toEqual(new Set(['fenced']));
    expect(other!.consumption.states().length).toBeGreaterThan(0);
    await appendEverywhere('b');
    for (const partition of PARTITIONS) expect(store.texts(partition)).toEqual(['a', 'b']);
    expect(store.disorder).toEqual([]);
  });
}
