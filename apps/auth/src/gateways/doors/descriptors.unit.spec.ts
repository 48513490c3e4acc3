import { readDescriptors, type RateLimitMessage } from './descriptors';

type Entries = Readonly<Record<string, string>>;

function message(
  descriptors: readonly (readonly [entries: Entries, hits?: number | undefined])[],
): RateLimitMessage {
  return {
    domain: 'plain',
    hits_addend: 0,
    descriptors: descriptors.map(([entries, hits]) => ({
      entries: Object.entries(entries).map(([key, value]) => ({ key, value })),
      hits_addend: hits === undefined ? null : { value: String(hits) },
    })),
  };
}

const INPUT = { spend: 'report', tokens: 'input', call_id: 'call-1' };
const OUTPUT = { ...INPUT, tokens: 'output' };

describe('the descriptors of a rate limit', () => {
  it('ask for a check in the scope that their entries say', () => {
    const read = readDescriptors(message([[{ spend: 'check', team: 'ml' }, 0]]));
    if (!read.ok) throw new Error('refused');
    const asked = read.value.asked[0]!;
    expect(asked.spend === 'check' && asked.facts.descriptor('team')).toBe('ml');
    expect(read.value.reports).toEqual([]);
  });

  it('count the tokens of a call in one report', () => {
    const scope = '{"type":"team","teamId":"ml"}';
    const read = readDescriptors(
      message([
        [{ ...INPUT, model: 'gpt-5', scope, labels: '{"org":"acme"}' }, 10],
        [OUTPUT, 5],
        [{ ...INPUT, tokens: 'cached' }, 4],
        [{ ...INPUT, call_id: 'call-2', hold_id: 'hold-2' }, 7],
      ]),
    );
    if (!read.ok) throw new Error('refused');
    expect(read.value.reports).toMatchObject([
      {
        callId: 'call-1',
        holdId: undefined,
        model: 'gpt-5',
        scope: { type: 'team', teamId: 'ml' },
        labels: new Map([['org', 'acme']]),
        usage: { input: 10, output: 5, cachedInput: 4 },
      },
      { callId: 'call-2', holdId: 'hold-2', usage: { input: 7, output: 0 } },
    ]);
    expect(read.value.asked).toHaveLength(4);
  });

  it('that count what cannot be leave the cost unknown', () => {
    const read = readDescriptors(
      message([
        [INPUT, 1],
        [OUTPUT, 1],
        [{ ...INPUT, tokens: 'cached' }, 2],
      ]),
    );
    if (!read.ok) throw new Error('refused');
    expect(read.value.reports[0]!.usage).toBe('absurd');
  });

  it('never say a model that is a secret', () => {
    const read = readDescriptors(
      message([[{ ...INPUT, model: 'sk-abcdefghijklmnopqrstuvwxyz0123' }, 1]]),
    );
    if (!read.ok) throw new Error('refused');
    expect(read.value.reports[0]!.model).toBeUndefined();
  });

  it.each<[rule: string, field: string, entries: Entries, hits: number | undefined]>([
    ['spend', 'descriptors[0]', { team: 'ml' }, undefined],
    ['tokens', 'descriptors[0]', { spend: 'report', call_id: 'c' }, 1],
    ['tokens', 'descriptors[0]', { ...INPUT, tokens: 'all' }, 1],
    ['call_id', 'descriptors[0]', { spend: 'report', tokens: 'input' }, 1],
    ['required', 'descriptors[0].hits_addend', INPUT, undefined],
    [
      'secret',
      'descriptors[0].call_id',
      { ...INPUT, call_id: 'sk-abcdefghijklmnopqrstuvwxyz0123' },
      1,
    ],
  ])('are refused by the rule %s at %s', (rule, field, entries, hits) => {
    expect(readDescriptors(message([[entries, hits]]))).toMatchObject({
      ok: false,
      errors: [{ field, rule }],
    });
  });

  it('are at most a hundred', () => {
    const many = Array.from({ length: 101 }, () => [INPUT, 1] as const);
    expect(readDescriptors(message(many))).toMatchObject({
      ok: false,
      errors: [{ field: 'descriptors', rule: 'count' }],
    });
  });
});
