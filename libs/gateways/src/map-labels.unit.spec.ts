import { callOf } from './call-facts.fixture';
import { mapLabels } from './map-labels';
import { parseGateways } from './parse-gateways';
import { readBody } from './scan-body';

const SECRET = `sk-${'a'.repeat(24)}`;
const SCOPE = [{ type: 'key', keyId: 'const:k' }];

function map(labels: object, call: Parameters<typeof callOf>[0]) {
  const read = parseGateways({ version: 1, gateways: { g: { scope: SCOPE, labels } } });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  const rules = read.value.byName.get('g')!;
  const facts = callOf(call);
  return mapLabels(rules.labels, facts, readBody(facts.body, rules.bodyPaths));
}

describe('the labels of a call', () => {
  it('come from their sources, in the order of their names', () => {
    const { labels, errors } = map(
      { project: 'claim:project', org: 'header:x-org?', env: 'const:prod', ask: 'body:metadata.a' },
      {
        headers: { 'x-org': 'acme' },
        claims: { project: 7 },
        body: { metadata: { a: 'b' } },
      },
    );
    expect([...labels!]).toEqual([
      ['ask', 'b'],
      ['env', 'prod'],
      ['org', 'acme'],
      ['project', '7'],
    ]);
    expect(errors).toEqual([]);
  });

  it('are none where none is there and all may be missing', () => {
    expect(map({ org: 'header:x-org?' }, {})).toEqual({ labels: undefined, errors: [] });
  });

  it('lack one that must be there, and have the others', () => {
    const { labels, errors } = map(
      { org: 'header:x-org', 'cost.center': 'header:x-center', env: 'header:x-env?' },
      { headers: { 'x-org': 'acme' } },
    );
    expect([...labels!]).toEqual([['org', 'acme']]);
    expect(errors).toMatchObject([{ field: 'labels.cost.center', rule: 'required' }]);
  });

  it.each([
    ['a secret', SECRET, 'secret'],
    ['an empty text', '', 'not_empty'],
    ['a text that is too long', 'é'.repeat(200), 'length'],
    ['a control character', 'a\u0000b', 'control'],
  ])('fail with %s, which no answer says, though it may be missing', (_, given, rule) => {
    const mapped = map({ org: 'header:x-org?' }, { headers: { 'x-org': given } });
    expect(mapped).toMatchObject({ labels: undefined, errors: [{ field: 'labels.org', rule }] });
    if (given !== '') expect(JSON.stringify(mapped)).not.toContain(given);
  });
});
