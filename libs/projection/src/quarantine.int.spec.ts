import fc from 'fast-check';
import type { Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  budgetRecord,
  createTestDatabase,
  logRecords,
  projectBatch,
  projectionDifferences,
  propertyOptions,
  spendRecord,
  spoiledRecords,
  type TestDatabase,
} from '#libs/testing';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const GOOD = spendRecord(ALICE, '1.00');

describe('a record that cannot be read', () => {
  let db: TestDatabase;
  let nextOffset = 0n;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  /** Projects any records as the next ones of alice's partition, between two good ones. */
  const projectAmongGood = async (...records: NewRecord[]) => {
    const first = nextOffset;
    const batch = [spendRecord(ALICE, '1.00'), ...records, spendRecord(ALICE, '2.00')];
    const placed = batch.map((record) => ({ ...record, partition: GOOD.partition }));
    expect(await projectBatch(db.database, logRecords(placed, first))).toBe('applied');
    nextOffset += BigInt(batch.length);
    expect([await amountAt(first), await amountAt(nextOffset - 1n)]).toEqual(['1.00', '2.00']);
    return first + 1n;
  };
  const amountAt = async (offset: bigint) => {
    const events = db.database.kysely.selectFrom('spend_event').select('amount');
    return (await events.where('log_offset', '=', offset).executeTakeFirst())?.amount;
  };
  const quarantinedAt = (offset: bigint) =>
    db.database.kysely
      .selectFrom('quarantine')
      .select(['reason', 'headers', 'value'])
      .where('log_offset', '=', offset)
      .executeTakeFirst();

  it.each<[string, NewRecord, RegExp]>([
    ['is no JSON', withValue('{"scope":'), /not JSON/],
    ['is no UTF-8', { ...GOOD, value: Buffer.from([0x22, 0xff, 0x22]) }, /not JSON in UTF-8/],
    ['is empty', withValue(''), /not JSON/],
    ['is no object', withValue('7'), /^data: must be a JSON object/],
    ['is null in structured mode', structured('null'), /object/],
    ['has no headers', { ...GOOD, headers: {} }, /^recordedat: is missing/],
    ['does not say when', withHeader('ce_recordedat', 'yesterday'), /^recordedat: /],
    ['names no caller', withHeader('ce_caller', undefined), /^caller: /],
    ['has no hash', withHeader('ce_contenthash', 'abc'), /^contenthash: /],
    ['has no type', withHeader('ce_type', undefined), /^type: /],
    ['settles no hold', withHeader('ce_holdoutcome', 'settled'), /^holdoutcome: .* no hold$/],
    ['has a type of tomorrow', withHeader('ce_type', 'spendledger.spend.recorded.v9'), /^type: /],
    ['has no id', withHeader('ce_id', undefined), /^id: is missing/],
    ['is in another currency', withData({ currency: 'EUR' }), /^data\.currency: must be USD/],
    ['has an empty team', withData({ scope: { type: 'team', teamId: '' } }), /teamId: /],
    ['has no amount', withData({ amount: undefined }), /^data\.amount: /],
    ['has a negative amount', withData({ amount: '-1.00' }), /^data\.amount: /],
    ['has a strange member', withData({ 'tea\0m': 'ml' }), /a spend does not have it/],
    ['ends all time', withHeader('ce_recordedat', '9999-12-31T23:59:59.999999Z'), /^recordedat: /],
    ["is in another owner's partition", elsewhere(), /not in the partition of its owner/],
    ['sets a budget of another partition', budgetElsewhere(), /not in the partition of its owner/],
  ])('stands aside unchanged and stops nobody: one that %s', async (_, record, reason) => {
    const offset = await projectAmongGood(record);
    expect(await quarantinedAt(offset)).toEqual({
      reason: expect.stringMatching(reason),
      headers: record.headers,
      value: record.value,
    });
    expect(await amountAt(offset)).toBeUndefined();
  });

  it('stands aside also where Postgres could not hold its headers', async () => {
    const offset = await projectAmongGood(withHeader('ce_id', 'a\0b\ud800'));
    expect((await quarantinedAt(offset))?.headers['ce_id']).toBe('a\ufffdb\ufffd');
  });

  // Hypothesis: some record passes the codec and is then refused by Postgres, which would stop its partition for ever.
  it('stops nobody, whatever is in it', async () => {
    const records = fc.array(spoiledRecords(GOOD, budgetHere()), { minLength: 1, maxLength: 8 });
    const project = async (batch: NewRecord[]) => {
      await projectAmongGood(...batch);
    };
    await fc.assert(fc.asyncProperty(records, project), propertyOptions(100));
    expect(await projectionDifferences(db.database)).toEqual([]);
  });
});

function withValue(text: string): NewRecord {
  return { ...GOOD, value: Buffer.from(text) };
}

function withData(members: object): NewRecord {
  return withValue(
    JSON.stringify({ ...(JSON.parse(GOOD.value.toString()) as object), ...members }),
  );
}

function withHeader(name: string, text: string | undefined): NewRecord {
  const { [name]: _, ...headers } = GOOD.headers;
  return { ...GOOD, headers: text === undefined ? headers : { ...headers, [name]: text } };
}

function structured(text: string): NewRecord {
  return { ...withValue(text), headers: { 'content-type': 'application/cloudevents+json' } };
}

function elsewhere(): NewRecord {
  return firstRecord((n) => spendRecord({ type: 'user', userId: `user-${n}` }, '5.00'), false);
}

function budgetElsewhere(): NewRecord {
  return firstRecord((n) => budgetRecord(`budget-${n}`, 1, { account: 'user:alice' }), false);
}

function budgetHere(): NewRecord {
  return firstRecord((n) => budgetRecord(`budget-${n}`, 1, { account: 'user:alice' }), true);
}

/** The first of many records that does, or does not, belong to alice's partition. */
function firstRecord(make: (n: number) => NewRecord, isHere: boolean): NewRecord {
  for (let n = 0; ; n++) {
    const record = make(n);
    if ((record.partition === GOOD.partition) === isHere) return record;
  }
}
