import type { Labels, Spend } from '#libs/ledger';
import { instantOf } from '#libs/ledger';
import { spendContentHash } from './content-hash';
import { allLabels, labelsWithout } from './ledger-marks';
import { readEvent } from './read-event';
import type { Recording, RecordBytes } from './record';
import { writeSpend } from './write-event';

const ACME: Labels = new Map([['org', 'acme']]);
const SAID: Labels = new Map([['env', 'prod']]);
const TIME = instantOf('2026-04-27T10:00:00Z');

describe('what the ledger says of the labels of a spend', () => {
  it('stands beside its content, and is read back', () => {
    const record = recordOf({ ledgerLabels: ACME, holdPools: true, holdOutcome: 'settled' });
    expect(record.headers).toMatchObject({
      ce_ledgerlabels: '{"org":"acme"}',
      ce_ledgerpools: 'yes',
    });
    const read = readOf(record);
    expect(read).toMatchObject({ ledgerLabels: ACME, holdPools: true, extensions: {} });
    expect([...read.spend.labels!]).toEqual([...SAID]);
    expect(spendContentHash(read.spend)).toBe(read.contentHash);
  });

  it.each([
    ['of another form', { ce_ledgerlabels: '{ "org": "acme" }' }],
    ['that is no label', { ce_ledgerlabels: '{"Org":"acme"}' }],
    ['that the spend says itself', { ce_ledgerlabels: '{"env":"test"}' }],
    ['that is no JSON', { ce_ledgerlabels: 'org=acme' }],
    ['of pools, with another word', { ce_ledgerpools: 'true', ce_holdoutcome: 'settled' }],
    ['of pools, of a hold that it did not settle', { ce_ledgerpools: 'yes' }],
  ])(
    'is a producer’s from before it was reserved: one %s',
    (_, headers: Record<string, string>) => {
      const record = recordOf({ holdOutcome: 'ended' });
      const read = readOf({ ...record, headers: { ...record.headers, ...headers } });
      expect(read).not.toHaveProperty('ledgerLabels');
      expect(read).not.toHaveProperty('holdPools');
      const [[name, text]] = Object.entries(headers) as [[string, string]];
      expect(read.extensions).toEqual({ [name.slice('ce_'.length)]: text });
    },
  );

  it('joins what it says in the order of the names, and what it says stands', () => {
    expect([...allLabels(ACME, SAID)!]).toEqual([
      ['env', 'prod'],
      ['org', 'acme'],
    ]);
    expect(allLabels(undefined, undefined)).toBeUndefined();
    expect(labelsWithout(ACME, ACME)).toBeUndefined();
    expect([...labelsWithout(new Map([...SAID, ...ACME]), SAID)!]).toEqual([['org', 'acme']]);
  });
});

function recordOf(marks: Partial<Recording>): RecordBytes {
  const spend: Spend = {
    id: 'e-1',
    source: 'gateway',
    time: TIME,
    scope: { type: 'user', userId: 'alice' },
    currency: 'USD',
    amountPico: 1n,
    basis: 'exact',
    holdId: '00000000-0000-8000-8000-000000000000',
    labels: SAID,
  };
  const contentHash = spendContentHash(spend);
  return writeSpend(
    { spend, extensions: {} },
    { recordedAt: TIME, caller: 'test', contentHash, ...marks },
  );
}

function readOf(record: RecordBytes) {
  const read = readEvent(record, { currency: 'USD' });
  if (!read.ok || read.value.kind !== 'spend_recorded') throw new Error('it is no spend');
  return read.value;
}
