import fc from 'fast-check';
import { propertyOptions, waitUntil } from '#libs/testing';
import {
  textRecord,
  textRecords,
  untilRead,
  untilShared,
  type LogUnderTest,
  type MakeLog,
} from './log-under-test';
import { ReaderStore, StoreReader, type ApplyStep } from './reader-store';

/** When applying a batch fails. */
type Failure = ApplyStep | 'never';

export function resuming(makeLog: MakeLog): void {
  let log: LogUnderTest;

  beforeEach(async () => {
    log = await makeLog();
  });
  afterEach(() => log.remove());

  it('where a reader stopped, though others have read it since', async () => {
    const [first, second] = [new ReaderStore(), new ReaderStore()];
    const opened = await log.open('long');
    await opened.append(textRecords(4, 'a', 'b'));
    const consumption = await opened.consume(new StoreReader(first));
    await untilRead(first, opened);
    await consumption.stop();

    await opened.append(textRecords(4, 'c'));
    const other = await opened.consume(new StoreReader(second));
    await untilRead(second, opened);
    await other.stop();

    expect([first.texts(4), second.texts(4)]).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]);
    await opened.consume(new StoreReader(first));
    await untilRead(first, opened);
    expect(first.texts(4)).toEqual(['a', 'b', 'c']);
  });

  it('without loss and without doubles, whenever applying fails', async () => {
    const opened = await log.open('long');
    const appended: string[] = [];
    const plans = fc.record({
      records: fc.integer({ min: 1, max: 12 }),
      failures: fc.array(fc.constantFrom<Failure[]>('before', 'after', 'never'), {
        maxLength: 6,
      }),
    });
    const readThrough = async (plan: { records: number; failures: Failure[] }) => {
      for (let n = 0; n < plan.records; n++) appended.push(`${appended.length}`);
      await opened.append(appended.slice(-plan.records).map((text) => textRecord(6, text)));
      const store = new ReaderStore();
      const consumption = await opened.consume(new StoreReader(store, failing(plan.failures)));
      await untilRead(store, opened);
      await consumption.stop();
      expect(store.texts(6)).toEqual(appended);
      expect(store.disorder).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(plans, readThrough), propertyOptions(10));
  });

  it('by a reader that another one had taken an idle partition from', async () => {
    const store = new ReaderStore();
    const opened = await log.open('long');
    const consumption = await opened.consume(new StoreReader(store));
    await untilShared([consumption], 12);
    store.fence(2);
    await waitUntil('the partition is fenced again', () => store.isCaughtUp(2));
    await opened.append(textRecords(2, 'a'));
    await untilRead(store, opened);
    expect(store.texts(2)).toEqual(['a']);
  });
}

/** Fails at one of these steps in each batch, one after the other. */
function failing(failures: readonly Failure[]): (step: ApplyStep) => void {
  let begun = 0;
  let due: Failure = 'never';
  return (step) => {
    if (step === 'before') due = failures[begun++] ?? 'never';
    if (step === due) throw new Error(`a failure ${step} the transaction`);
  };
}
