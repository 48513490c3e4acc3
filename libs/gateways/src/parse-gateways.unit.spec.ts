import { parseGateways } from './parse-gateways';
import { gatewayOf } from './gateways-file';

const SCOPE = [{ type: 'team', teamId: 'header:x-team' }];
const file = (rules: object) => ({ version: 1, gateways: { g: { scope: SCOPE, ...rules } } });

const labelsOfCount = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`l${n}`, `header:x-${n}`]));

function faultsOf(document: unknown): string[] {
  const read = parseGateways(document);
  return read.ok ? [] : read.errors.map(({ field }) => field);
}

describe('the file of gateways', () => {
  it('has defaults for all but the scope', () => {
    const read = parseGateways(file({}));
    expect(read).toMatchObject({ ok: true });
    if (!read.ok) return;
    expect(read.value.default).toBeUndefined();
    expect(read.value.byName.get('g')).toMatchObject({
      name: 'g',
      mode: 'hold',
      ttlSeconds: 600,
      labels: [],
      unmapped: 'refuse',
      unknownModel: 'refuse',
      estimate: { bytesPerToken: 1, maxTokens: 4096 },
      deny: { status: 429 },
      faults: 'grpc',
      onUpstreamError: 'release',
      onInterrupted: 'estimate',
      onMissingUsage: 'estimate',
      onExpiry: 'release',
      streamUsage: 'leave',
      style: 'plain',
      usage: { namespace: 'spend_ledger.usage', keys: { cacheRead: 'cache_read_tokens' } },
    });
  });

  it('takes the keys of usage of another namespace as they are said, and the default’s for the others', () => {
    const keys = { input: 'llm_input_token', output: 'llm_output_token' };
    const read = parseGateways(file({ usage: { namespace: 'io.envoy.ai_gateway', keys } }));
    expect(read.ok && read.value.byName.get('g')!.usage.keys).toEqual({
      ...keys,
      cached: 'cached_tokens',
      reasoning: 'reasoning_tokens',
      cacheRead: 'cache_read_tokens',
      cacheWrite: 'cache_write_tokens',
      model: 'model',
    });
  });

  it.each<[unknown, string[]]>([
    [undefined, ['']],
    [[], ['']],
    [{ version: 2, gateways: {} }, ['version', 'gateways']],
    [{ version: 1 }, ['gateways']],
    [{ version: 1, gateway: {} }, ['gateway', 'gateways']],
    [{ ...file({}), default: 'other' }, ['default']],
    [{ ...file({}), default: 7 }, ['default']],
    [{ version: 1, gateways: { 'a b': { scope: SCOPE } } }, ['gateways.a b']],
    [{ version: 1, gateways: { g: null } }, ['gateways.g']],
    [file({ scope: undefined }), ['gateways.g.scope']],
    [file({ scope: [] }), ['gateways.g.scope']],
    [file({ scope: [{ type: 'org' }] }), ['gateways.g.scope[0].type']],
    [file({ scope: [{ type: 'user' }] }), ['gateways.g.scope[0].userId']],
    [file({ scope: [{ type: 'user', userId: 'header:x?' }] }), ['gateways.g.scope[0].userId']],
    [file({ scope: [{ type: 'user', userId: 'x-user' }] }), ['gateways.g.scope[0].userId']],
    [file({ scope: [{ type: 'user', userId: 'header:x | md5' }] }), ['gateways.g.scope[0].userId']],
    [file({ scope: [{ type: 'user', userId: 'claim:a..b' }] }), ['gateways.g.scope[0].userId']],
    [
      file({ scope: [{ type: 'key', keyId: 'header:k', teamId: 'header:t' }] }),
      ['gateways.g.scope[0].teamId'],
    ],
    [file({ labels: ['header:x-org'] }), ['gateways.g.labels']],
    [file({ labels: { Org: 'header:x-org' } }), ['gateways.g.labels.Org']],
    [file({ labels: { org: 'x-org' } }), ['gateways.g.labels.org']],
    [
      file({ labels: { org: null, env: 'header:x | md5' } }),
      ['gateways.g.labels.env', 'gateways.g.labels.org'],
    ],
    [file({ labels: labelsOfCount(9) }), ['gateways.g.labels']],
    [file({ mode: 'holds' }), ['gateways.g.mode']],
    [file({ ttl: 5 }), ['gateways.g.ttl']],
    [file({ ttlSeconds: 0 }), ['gateways.g.ttlSeconds']],
    [file({ ttlSeconds: '600' }), ['gateways.g.ttlSeconds']],
    [file({ free: 'GET *' }), ['gateways.g.free']],
    [file({ free: ['GET'] }), ['gateways.g.free[0]']],
    [file({ model: ['model'] }), ['gateways.g.model[0]']],
    [file({ estimate: { bytesPerToken: 0.5 } }), ['gateways.g.estimate.bytesPerToken']],
    [file({ unknownModel: { estimate: 0.05 } }), ['gateways.g.unknownModel.estimate']],
    [file({ unknownModel: 'allow' }), ['gateways.g.unknownModel']],
    [file({ deny: { status: 500 } }), ['gateways.g.deny.status']],
    [file({ deny: 429 }), ['gateways.g.deny']],
    [file({ onInterrupted: 'settle' }), ['gateways.g.onInterrupted']],
    [file({ onUpstreamError: 'estimate' }), ['gateways.g.onUpstreamError']],
    [file({ onExpiry: 'keep' }), ['gateways.g.onExpiry']],
    [file({ usage: { keys: { inputs: 'x' } } }), ['gateways.g.usage.keys.inputs']],
    [file({ usage: { namespace: '' } }), ['gateways.g.usage.namespace']],
    [file({ style: 'apache' }), ['gateways.g.style']],
  ])('%j is wrong at %j', (document, fields) => {
    expect(faultsOf(document)).toEqual(fields);
  });

  it('has as many labels as a call may have, and only those that the ledger accepts', () => {
    expect(faultsOf(file({ labels: labelsOfCount(8) }))).toEqual([]);
    const read = parseGateways(
      file({ labels: { org: 'header:x-org', projct: 'header:p' } }),
      new Set(['org', 'project']),
    );
    expect(read).toMatchObject({
      ok: false,
      errors: [{ field: 'gateways.g.labels.projct', rule: 'one_of' }],
    });
  });

  it('names a secret in it without saying it', () => {
    const secret = `sk-${'b'.repeat(24)}`;
    const read = parseGateways(
      file({ scope: [{ type: 'key', keyId: `const:${secret}` }], style: secret }),
    );
    expect(read.ok).toBe(false);
    expect(JSON.stringify(read)).not.toContain(secret);
  });
});

describe('the gateway of a call', () => {
  it('is the one of the first name that is there, or the default', () => {
    const gateways = { a: { scope: SCOPE }, b: { scope: SCOPE } };
    const read = parseGateways({ version: 1, default: 'b', gateways });
    if (!read.ok) throw new Error('it is in order');
    const named = (...names: (string | undefined)[]) => gatewayOf(read.value, names)?.name;
    expect(named(undefined, 'a')).toBe('a');
    expect(named('', 'a')).toBe('a');
    expect(named(undefined, undefined)).toBe('b');
    expect(named('c', 'a')).toBeUndefined();
    expect(named('__proto__')).toBeUndefined();
  });
});
