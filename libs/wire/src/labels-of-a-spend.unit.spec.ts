import { instantOf } from '#libs/ledger';
import { readStructuredEvent } from './cloud-event';
import { parseReported } from './parse-reported';

const EVENT = {
  specversion: '1.0',
  id: 'call-1',
  source: 'gateway-a',
  type: 'spendledger.spend.recorded.v1',
  time: '2026-04-27T10:00:00Z',
};
const DATA = { scope: { type: 'user', userId: 'alice' }, amount: '0.05' };
const SECRET = `sk-${'x'.repeat(16)}`;

function parse(event: object, known?: readonly string[]) {
  const read = readStructuredEvent(event);
  if (!read.ok) throw new Error('an object is taken apart');
  const labels = known && new Set(known);
  return parseReported(read.value, { currency: 'USD', now: instantOf(EVENT.time), labels });
}
const withLabels = (labels: unknown, known?: readonly string[]) =>
  parse({ ...EVENT, data: { ...DATA, labels } }, known);
function faultsOf(read: ReturnType<typeof parse>): string[] {
  return read.ok ? [] : read.errors.map(({ field, rule }) => `${field} ${rule}`);
}

describe('the labels of a spend', () => {
  it('are no member of it where it says none', () => {
    for (const labels of [{}, undefined]) {
      const read = withLabels(labels);
      expect(read.ok && read.value).not.toHaveProperty('spend.labels');
    }
  });

  it.each([
    [null, 'data.labels object'],
    [['org'], 'data.labels object'],
    [{ Org: 'acme' }, 'data.labels.Org label_name'],
    [{ org: 7 }, 'data.labels.org string'],
    [{ org: '' }, 'data.labels.org not_empty'],
    [JSON.parse('{"__proto__":"x"}'), 'data.labels.__proto__ label_name'],
  ])('are refused: %j', (labels, fault) => {
    expect(faultsOf(withLabels(labels))).toEqual([fault]);
  });

  it('are refused as secrets, and the secret is not repeated', () => {
    const byValue = withLabels({ org: SECRET });
    const byName = withLabels({ [SECRET]: 'acme' });
    expect(faultsOf(byValue)).toEqual(['data.labels.org secret']);
    expect(faultsOf(byName)).toEqual(['data.labels.(secret) secret']);
    expect(JSON.stringify([byValue, byName])).not.toContain('xxxx');
  });

  it('are those that the ledger accepts, where it names them', () => {
    const known = ['org', 'project'];
    expect(faultsOf(withLabels({ org: 'a', project: 'b' }, known))).toEqual([]);
    expect(faultsOf(withLabels({ org: 'a', projct: 'b' }, known))).toEqual([
      'data.labels.projct one_of',
    ]);
    expect(faultsOf(withLabels({ org: 'a' }, []))).toEqual(['data.labels.org one_of']);
    expect(faultsOf(withLabels(undefined, []))).toEqual([]);
  });

  it('are no part of a correction, which has those of its spend', () => {
    const adjusts = { source: 'gateway-a', id: 'call-1' };
    const data = { adjusts, kind: 'reverse', reason: 'twice', labels: { org: 'acme' } };
    const read = parse({ ...EVENT, id: 'fix-1', type: 'spendledger.spend.adjusted.v1', data });
    expect(faultsOf(read)).toEqual(['data.labels unknown_member']);
  });
});
