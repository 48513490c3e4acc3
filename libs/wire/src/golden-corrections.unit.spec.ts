import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instantOf } from '#libs/ledger';
import { adjustmentContentHash } from './content-hash';
import type { SpendAdjusted } from './ledger-event';
import { readEvent } from './read-event';
import type { RecordBytes } from './record';
import { writeAdjustment, writeMark } from './write-event';

const FOLDER = join(__dirname, '../golden/v1/corrections');
const RULES = { currency: 'USD' };
const RECORDED_AT = instantOf('2026-04-27T10:00:01.25Z');

type Stated = Pick<SpendAdjusted, 'adjustment' | 'extensions'>;

/** What each file says. A file is never changed: what was written once must be readable for ever. */
const ADJUSTMENTS: Readonly<Record<string, Stated>> = {
  'spend-amended': {
    adjustment: {
      id: 'correction-1',
      source: 'finance',
      time: instantOf('2026-05-02T09:00:00.5Z'),
      adjusts: { source: 'https://gateway.example/a?b=c', id: 'call-2' },
      kind: 'amend',
      amountPico: 40_000_000_000_001n,
      reason: 'prix corrigé: "gpt-5", \u{1f4b8}',
    },
    extensions: { subject: 'ünïcode' },
  },
  'spend-reversed': {
    adjustment: {
      id: '0197b5c2-7d1e-7000-8000-00000000002a/70001',
      source: 'ledger/corrections',
      time: instantOf('2026-05-02T09:00:00Z'),
      adjusts: { source: 'gateway-a', id: 'call-1' },
      kind: 'reverse',
      reason: 'test calls',
    },
    extensions: {},
  },
};
const MARK = 'log-marked';

describe('the records of corrections of version 1, and of marks', () => {
  it('are all told of here', () => {
    const names = [...Object.keys(ADJUSTMENTS), MARK].map((name) => `${name}.json`);
    expect(readdirSync(FOLDER).sort()).toEqual(names.sort());
  });

  it.each(Object.entries(ADJUSTMENTS))('%s is read, and still written so', (name, stated) => {
    const file = golden(name);
    const fact = { recordedAt: RECORDED_AT, caller: 'anonymous' };
    const contentHash = file.headers['ce_contenthash']!;
    expect(adjustmentContentHash(stated.adjustment)).toBe(contentHash);
    const event = { kind: 'spend_adjusted', ...stated, ...fact, contentHash };
    expect(readEvent(file, RULES)).toEqual({ ok: true, value: event });
    expectSameBytes(writeAdjustment(stated, { ...fact, contentHash }), file);
  });

  it('a mark is read, and still written so', () => {
    const file = golden(MARK);
    const contentHash = file.headers['ce_contenthash'];
    const event = { kind: 'log_marked', recordedAt: RECORDED_AT, caller: 'anonymous', contentHash };
    expect(readEvent(file, RULES)).toEqual({ ok: true, value: event });
    expectSameBytes(writeMark(RECORDED_AT, 'anonymous'), file);
  });
});

function golden(name: string): RecordBytes {
  const text = readFileSync(join(FOLDER, `${name}.json`), 'utf8');
  const { headers, value } = JSON.parse(text) as { headers: RecordBytes['headers']; value: string };
  return { headers, value: Buffer.from(value) };
}

/** The order of headers is part of a record, though nothing reads it. */
function expectSameBytes(written: RecordBytes, file: RecordBytes): void {
  expect(written.value.toString()).toBe(file.value.toString());
  expect(Object.entries(written.headers)).toEqual(Object.entries(file.headers));
}
