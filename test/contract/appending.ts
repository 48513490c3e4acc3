import fc from 'fast-check';
import type { NewRecord } from '#libs/spend-log';
import { propertyOptions, waitUntil } from '#libs/testing';
import {
  textRecord,
  textRecords,
  untilRead,
  type Interference,
  type LogUnderTest,
  type MakeLog,
} from './log-under-test';
import { ReaderStore, StoreReader } from './reader-store';

export function appending(makeLog: MakeLog, can: Interference): void {
  let log: LogUnderTest;
  let store: ReaderStore;

  beforeEach(async () => {
    log = await makeLog();
    store = new ReaderStore();
  });
  afterEach(() => log.remove());

  it('counts offsets from 0 in each partition, in the order of the appends', async () => {
    const appender = await log.open('long');
    expect(await appender.append(textRecords(0, 'a', 'b'))).toEqual([0n, 1n]);
    expect(await appender.append(textRecords(1, 'c'))).toEqual([0n]);
    expect(await appender.append(textRecords(0, 'd'))).toEqual([2n]);
    await appender.consume(new StoreReader(store));
    await untilRead(store, appender);
    expect([store.texts(0), store.texts(1)]).toEqual([['a', 'b', 'd'], ['c']]);
  });

  it('gives records out as they were appended', async () => {
    const appender = await log.open('long');
    const record = { partition: 3, headers: { ce_id: '½ "', x: '' }, value: Buffer.from([0, 255]) };
    await appender.append([record]);
    await appender.consume(new StoreReader(store));
    await untilRead(store, appender);
    expect(store.records(3)).toEqual([{ ...record, offset: 0n }]);
  });

  it('answers a batch over several partitions in the order of the batch', async () => {
    const appender = await log.open('long');
    await appender.append(textRecords(5, 'before'));
    const batch = ['5 a', '2 b', '5 c', '9 d', '2 e'];
    const records = batch.map((text) => textRecord(Number(text[0]), text));
    expect(await appender.append(records)).toEqual([1n, 0n, 2n, 0n, 1n]);
    expect(await appender.append([])).toEqual([]);
  });

  it('says where each partition ends', async () => {
    const appender = await log.open('long');
    const empty = await appender.endOffsets();
    expect([...empty.keys()].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
    expect(new Set(empty.values())).toEqual(new Set([0n]));
    await appender.append([...textRecords(7, 'a', 'b'), ...textRecords(8, 'c')]);
    const ends = await (await log.open('long')).endOffsets();
    expect([ends.get(7), ends.get(8), ends.get(9)]).toEqual([2n, 1n, 0n]);
  });

  (can.hold ? it : undefined)?.('lets no append overtake a slower one', async () => {
    const [appender, reading] = [await log.open('long'), await log.open('long')];
    await reading.consume(new StoreReader(store));
    const held = await log.hold!(textRecord(0, 'slow'));
    const fast = appender.append(textRecords(0, 'fast'));
    await held.isWaitedFor();
    await appender.append(textRecords(1, 'elsewhere'));
    await waitUntil('the reader has what was appended meanwhile', () => store.nextOffset(1) === 1n);
    expect(store.texts(0)).toEqual([]);
    await held.commit();
    expect(await fast).toEqual([1n]);
    await untilRead(store, appender);
    expect(store.texts(0)).toEqual(['slow', 'fast']);
  });

  it('loses and doubles nothing that many append at once', () => manyAppenders(log, store));
}

/** Hypothesis: of appends that run at once, some record goes missing, comes twice, or comes out of order. */
async function manyAppenders(log: LogUnderTest, store: ReaderStore): Promise<void> {
  const appenders = [await log.open('long'), await log.open('long'), await log.open('long')];
  await appenders[0]!.consume(new StoreReader(store));
  let count = 0;
  const batch = fc.array(fc.nat(3), { minLength: 1, maxLength: 30 });
  const callers = fc.array(fc.array(batch, { maxLength: 4 }), { minLength: 2, maxLength: 8 });
  const appendAll = async (callersBatches: number[][][]) => {
    const appended = await Promise.all(
      callersBatches.map(async (batches, caller) => {
        const done: { records: NewRecord[]; offsets: readonly bigint[] }[] = [];
        for (const partitions of batches) {
          const records = partitions.map((partition) => textRecord(partition, `${(count += 1)}`));
          const offsets = await appenders[caller % appenders.length]!.append(records);
          done.push({ records, offsets });
        }
        return done;
      }),
    );
    await untilRead(store, appenders[0]!);
    for (const { records, offsets } of appended.flat()) {
      const found = records.map(({ partition }, n) => store.texts(partition)[Number(offsets[n])]);
      expect(found).toEqual(records.map(({ value }) => value.toString()));
      expectAscending(records, offsets);
    }
    expect([0, 1, 2, 3].flatMap((partition) => store.texts(partition))).toHaveLength(count);
    expect(store.disorder).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(callers, appendAll), propertyOptions(15));
}

function expectAscending(records: readonly NewRecord[], offsets: readonly bigint[]): void {
  const last = new Map<number, bigint>();
  for (const [index, { partition }] of records.entries()) {
    expect(offsets[index]! > (last.get(partition) ?? -1n)).toBe(true);
    last.set(partition, offsets[index]!);
  }
}
