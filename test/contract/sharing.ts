import { waitUntil } from '#libs/testing';
import {
  textRecord,
  untilRead,
  untilShared,
  PARTITIONS,
  type Lease,
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

  const startReader = (lease: Lease) => startReaderOf(log, store, lease);
  const appendEverywhere = (text: string) => appendToAll(log, store, text);

  it('evenly among two readers, then three, and among two at once when one leaves', async () => {
    const [first, second] = [await startReader('long'), await startReader('long')];
    await untilShared([first.consumption, second.consumption], 6, 6);
    await appendEverywhere('two');
    const third = await startReader('long');
    await untilShared([first.consumption, second.consumption, third.consumption], 4, 4, 4);
    await appendEverywhere('three');
    await second.consumption.stop();
    await untilShared([first.consumption, third.consumption], 6, 6);
    await appendEverywhere('two again');
    for (const partition of PARTITIONS) {
      expect(store.texts(partition)).toEqual(['two', 'three', 'two again']);
    }
    expect(store.disorder).toEqual([]);
  });

  it('among those that live when one dies', async () => {
    const [first, second] = [await startReader('short'), await startReader('short')];
    await untilShared([first.consumption, second.consumption], 6, 6);
    await appendEverywhere('two');
    await log.kill(first.opened);
    await untilShared([second.consumption], 12);
    await appendEverywhere('one');
    for (const partition of PARTITIONS) expect(store.texts(partition)).toEqual(['two', 'one']);
  });

  it('so that a reader which overslept its lease applies nothing', () => oversleep(log, store));
}

async function startReaderOf(log: LogUnderTest, store: ReaderStore, lease: Lease) {
  const opened = await log.open(lease);
  return { opened, consumption: await opened.consume(new StoreReader(store)) };
}

async function appendToAll(log: LogUnderTest, store: ReaderStore, text: string): Promise<void> {
  const appender = await log.open('long');
  await appender.append(PARTITIONS.map((partition) => textRecord(partition, text)));
  await untilRead(store, appender);
}

async function oversleep(log: LogUnderTest, store: ReaderStore): Promise<void> {
  const appender = await log.open('long');
  await appender.append(PARTITIONS.map((partition) => textRecord(partition, 'a')));
  const [asleep, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sleeper = new StoreReader(store, async (step) => {
    if (step === 'after') return;
    asleep.resolve();
    await awake.promise;
  });
  const sleeping = await log.open('short');
  await sleeping.consume(sleeper);
  await asleep.promise;
  log.freeze(sleeping);
  await startReaderOf(log, store, 'short');
  await untilRead(store, appender);
  expect(sleeper.outcomes).toEqual([]);

  log.thaw(sleeping);
  awake.resolve();
  await waitUntil('the sleeper has tried', () => sleeper.outcomes.length > 0);
  expect(new Set(sleeper.outcomes)).toEqual(new Set(['fenced']));
  await appendToAll(log, store, 'b');
  for (const partition of PARTITIONS) expect(store.texts(partition)).toEqual(['a', 'b']);
  expect(store.disorder).toEqual([]);
}
