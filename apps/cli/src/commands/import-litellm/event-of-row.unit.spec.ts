import fc from 'fast-check';
import { characters, propertyOptions } from '#libs/testing';
import { parseReportedSpend } from '#libs/wire';
import { eventIdOf, eventOfRow, type EventRules } from './event-of-row';
import { sha256Of } from './fit-id';
import { parseLabelSources } from './label-sources';
import type { LogRow } from './log-row';
import { outcomeOfRow } from './outcome-of-row';
import { logRow } from './rows.fixture';
import { scopeOfRow } from './scope-of-row';

const RULES: EventRules = { source: 'litellm', endUsers: 'drop', labels: [], isPartitioned: false };
const NO_KEYS = new Map<string, string>();
const PLAIN_KEY = 'sk-not-a-real-key-0000000000';

function eventOf(row: LogRow, rules = RULES) {
  const outcome = outcomeOfRow(row, new Set());
  if ('skipped' in outcome) throw new Error('the row is no event');
  return eventOfRow(row, outcome, scopeOfRow(row, NO_KEYS), rules);
}
const said = (row: LogRow, rules = RULES) =>
  (eventOf(row, rules).data as { metadata: { litellm: Record<string, unknown> } }).metadata.litellm;

describe('whose money a row is', () => {
  it.each<[string, Partial<LogRow>, object]>([
    ['a team’s', { teamId: 'ml' }, { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k1' }],
    [
      'a service key’s in a team',
      { teamId: 'ml', userId: '' },
      { type: 'team', teamId: 'ml', keyId: 'k1' },
    ],
    [
      'her own, the team being empty',
      { teamId: '' },
      { type: 'user', userId: 'alice', keyId: 'k1' },
    ],
    [
      'her own in the console',
      { teamId: 'litellm-dashboard' },
      { type: 'user', userId: 'alice', keyId: 'k1' },
    ],
    ['hers without a key', { apiKey: '' }, { type: 'user', userId: 'alice' }],
    ['the key’s', { userId: null }, { type: 'key', keyId: 'k1' }],
    ['nobody’s', { userId: null, apiKey: null }, { type: 'key', keyId: 'unattributed' }],
    [
      'the key’s, told in the clear',
      { apiKey: PLAIN_KEY, userId: null },
      { type: 'key', keyId: sha256Of(PLAIN_KEY) },
    ],
    [
      'of a user with a blank',
      { userId: ' bob ', apiKey: null },
      { type: 'user', userId: `sha256:${sha256Of(' bob ')}` },
    ],
    [
      'of a user called *',
      { userId: '*', apiKey: null },
      { type: 'user', userId: `sha256:${sha256Of('*')}` },
    ],
  ])('%s', (_, columns, scope) => {
    expect(scopeOfRow(logRow(columns), NO_KEYS)).toEqual(scope);
  });

  it('is the key’s that took the place of a rotated one', () => {
    const active = new Map([['old', 'new']]);
    expect(scopeOfRow(logRow({ apiKey: 'old' }), active)).toMatchObject({ keyId: 'new' });
    const hashed = new Map([[sha256Of(PLAIN_KEY), 'new']]);
    expect(scopeOfRow(logRow({ apiKey: PLAIN_KEY }), hashed)).toMatchObject({ keyId: 'new' });
  });
});

describe('the event of a row', () => {
  it('has the row’s id, its end as its time, and what callers asked for', () => {
    expect(eventOf(logRow())).toMatchObject({
      attributes: { id: 'chatcmpl-1', source: 'litellm', time: '2026-11-30T03:57:41Z' },
      data: { amount: '0.000075', basis: 'exact', requestId: 'call-1', model: 'mini' },
    });
    expect(eventOf(logRow({ modelGroup: '', callId: null }))).toMatchObject({
      data: { requestId: 'chatcmpl-1', model: 'openai/mini-up' },
    });
  });

  it('has an id that the ledger takes, whatever the row’s is', () => {
    const long = 'r'.repeat(293);
    expect(eventIdOf(logRow({ requestId: long }), RULES)).toBe(`sha256:${sha256Of(long)}`);
    expect(eventIdOf(logRow({ requestId: PLAIN_KEY }), RULES)).toBe(sha256Of(PLAIN_KEY));
    const rules = { isPartitioned: true };
    expect(eventIdOf(logRow(), rules)).toBe('chatcmpl-1@2026-11-30T03:57:40.288Z');
    expect(eventIdOf(logRow({ startTime: '2026-11-30 00:00:00' }), rules)).toBe(
      'chatcmpl-1@2026-11-30T00:00:00.000Z',
    );
  });

  it('says of the end user what the operator allows', () => {
    expect(said(logRow())).not.toHaveProperty('endUser');
    expect(said(logRow(), { ...RULES, endUsers: 'keep' })).toMatchObject({ endUser: 'cust-1' });
    expect(said(logRow(), { ...RULES, endUsers: 'hash' })).toMatchObject({
      endUser: `sha256:${sha256Of('cust-1')}`,
    });
  });

  it('keeps what rounding changed, and what is no amount', () => {
    expect(said(logRow())).not.toHaveProperty('spend');
    expect(said(logRow({ spend: '1e-13' }))).toMatchObject({ spend: '1e-13' });
    expect(said(logRow({ spend: 'NaN' }))).toMatchObject({ spend: 'NaN' });
  });

  it('keeps the client’s tags, but no secrets, no programs and not too many', () => {
    const tags = ['a', 'User-Agent: x', PLAIN_KEY, 7, 'x'.repeat(101), 'ü'];
    expect(said(logRow({ tags: JSON.stringify(tags) }))).toMatchObject({
      request_tags: ['a', 'ü'],
    });
    const many = Array.from({ length: 60 }, (_, n) => `${n}${'☃'.repeat(90)}`);
    const event = eventOf(logRow({ tags: JSON.stringify(many) }));
    const { metadata } = event.data as { metadata: { litellm: { request_tags: string[] } } };
    expect(metadata.litellm.request_tags.length).toBeGreaterThan(20);
    expect(Buffer.byteLength(JSON.stringify(metadata))).toBeLessThanOrEqual(8 * 1024);
  });

  it('has the labels that its row says, as the ledger takes them', () => {
    const labels = parseLabelSources(['org=organization_id', 'env=metadata.a.env', 'job=tags.job']);
    if (typeof labels === 'string') throw new Error(labels);
    const rules = { ...RULES, labels };
    const row = logRow({ labelTexts: ['acme', PLAIN_KEY, null], tags: '["x","job: n:1","job:2"]' });
    expect(eventOf(row, rules).data).toMatchObject({
      labels: { org: 'acme', env: sha256Of(PLAIN_KEY), job: 'n:1' },
    });
    const silent = logRow({ labelTexts: ['', null, null], tags: '["jobs:1"]' });
    expect(eventOf(silent, rules).data).not.toHaveProperty('labels');
  });

  it.each([
    ['no source', ['org']],
    ['a name that is none', ['Org=organization_id']],
    ['an unknown column', ['org=api_key']],
    ['what SQL would read', ["org=metadata.a'b"]],
    ['an empty way', ['org=metadata.']],
    ['a label twice', ['org=organization_id', 'org=project_id']],
    ['too many', Array.from({ length: 9 }, (_, n) => `l${n}=organization_id`)],
  ])('has no labels by %s', (_, given) => {
    expect(typeof parseLabelSources(given)).toBe('string');
  });

  it('is one that the doors take, whatever stands in the columns', () => {
    const text = fc.oneof(fc.string(), fc.constant(PLAIN_KEY), fc.string({ unit: characters }));
    const anyText = text.filter((each) => each.isWellFormed() && !each.includes('\0'));
    const column = fc.option(anyText);
    const columns = fc.record({
      requestId: anyText.filter((id) => id !== ''),
      apiKey: column,
      teamId: column,
      userId: column,
      modelGroup: column,
      model: column,
      provider: column,
      callType: column,
      status: column,
      callId: column,
      endUser: column,
      keyAlias: column,
      tags: fc.array(anyText).map((tags) => JSON.stringify(tags)),
      labelTexts: fc.tuple(column),
      spend: fc.double({ min: 0, max: 1e14, minExcluded: true, noNaN: true }).map(String),
    });
    fc.assert(
      fc.property(columns, (given) => {
        const event = eventOf(logRow(given), {
          ...RULES,
          endUsers: 'keep',
          labels: [{ name: 'org', from: 'column', path: ['organization_id'] }],
        });
        const now = 4_000_000_000_000_000n;
        const read = parseReportedSpend(event, { currency: 'USD', now });
        expect(read.ok ? [] : read.errors).toEqual([]);
      }),
      propertyOptions(500),
    );
  });
});
