import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instantOf, type Labels, type Spend } from '#libs/ledger';
import { spendContentHash } from './content-hash';
import { readEvent } from './read-event';
import type { RecordBytes } from './record';
import { writeSpend } from './write-event';

const FOLDER = join(__dirname, '../golden/v1/labels');
const RULES = { currency: 'USD' };
const FACT = { recordedAt: instantOf('2026-04-27T10:00:01.25Z'), caller: 'anonymous' };

const labels = (pairs: Record<string, string>): Labels => new Map(Object.entries(pairs));
const spend = (said: Pick<Spend, 'id' | 'labels'> & Partial<Spend>): Spend => ({
  source: 'gateway-a',
  currency: 'USD',
  time: instantOf('2026-04-27T10:00:00Z'),
  scope: { type: 'team', teamId: 'ml', userId: 'alice' },
  amountPico: 12_500_000_000n,
  basis: 'exact',
  ...said,
});

/** What each file says. A file is never changed: what was written once must be readable for ever. */
const SPENDS: Readonly<Record<string, Spend>> = {
  'spend-with-a-label': spend({ id: 'call-8', labels: labels({ project: 'search' }) }),
  'spend-with-labels': spend({
    id: 'call-9',
    model: 'gpt-5',
    labels: labels({
      'a.b_c-9': 'X',
      constructor: '*',
      customer: 'josé@x.org',
      env: 'prod',
      org: 'acme',
      project: 'a/b c%',
      ticket: '007',
      [`z${'0'.repeat(62)}`]: '"\\\u2028é',
    }),
    metadata: { labels: { org: 'another' } },
  }),
};

function golden(name: string): RecordBytes {
  const text = readFileSync(join(FOLDER, `${name}.json`), 'utf8');
  const { headers, value } = JSON.parse(text) as { headers: RecordBytes['headers']; value: string };
  return { headers, value: Buffer.from(value) };
}

describe('the records with labels of version 1', () => {
  it('are all told of here', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(SPENDS).map((name) => `${name}.json`));
  });

  it.each(Object.entries(SPENDS))('%s is read, and still written so', (name, said) => {
    const file = golden(name);
    const contentHash = file.headers['ce_contenthash'];
    const read = readEvent(file, RULES);
    expect(read).toEqual({
      ok: true,
      value: { kind: 'spend_recorded', spend: said, extensions: {}, ...FACT, contentHash },
    });
    const written = writeSpend(
      { spend: said, extensions: {} },
      { ...FACT, contentHash: spendContentHash(said) },
    );
    expect(written.value.toString()).toBe(file.value.toString());
    expect(Object.entries(written.headers)).toEqual(Object.entries(file.headers));
  });
});
