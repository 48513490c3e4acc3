import {
  isObject,
  memberPath,
  missing,
  parseAmount,
  parsed,
  refused,
  secretFaults,
  strangersOf,
  type FieldError,
  type Parsed,
} from '#libs/ledger';
import { ESTIMATE_PATHS } from './estimate';
import { parseFreeCall } from './free-calls';
import {
  DENY_STATUSES,
  USAGE_KEYS,
  type EstimateRules,
  type GatewayRules,
  type Gateways,
  type LabelRule,
  type ScopeRule,
  type UsageKey,
  type UsageRules,
} from './gateways-file';
import { parseLabelRules } from './map-labels';
import { parseScopeRules } from './parse-scope-rules';
import { eachOf, oneOf, parseCount, takerOf } from './read-members';
import { bodyPathsOf } from './scan-body';
import { parseSource, type Source } from './sources';

const NAME = /^[A-Za-z0-9._~:@-]{1,128}$/;
const MOST_GATEWAYS = 1_000;
const MOST_TTL_SECONDS = 86_400;
const MOST_TOKENS = 1_000_000_000;
const WITHOUT_USAGE = ['estimate', 'unknown', 'release'] as const;

/**
 * Reads the operator's file, a tree of JSON, and reports every faulty member by its path.
 * @param knownLabels the names of labels that this ledger accepts; `undefined`: any
 */
export function parseGateways(
  document: unknown,
  knownLabels?: ReadonlySet<string>,
): Parsed<Gateways> {
  if (!isObject(document)) return refused('', 'object', 'must be version, default and gateways');
  const faults: FieldError[] = [
    ...strangersOf(document, ['version', 'default', 'gateways'], '', 'the file does not have it'),
    ...secretFaults(document, ''),
  ];
  const take = takerOf(faults);
  if (document['version'] !== 1) {
    faults.push({ field: 'version', rule: 'one_of', message: 'must be 1' });
  }
  const byName =
    take(parseAll(document['gateways'], knownLabels)) ?? new Map<string, GatewayRules>();
  const name = document['default'];
  const byDefault = typeof name === 'string' ? byName.get(name) : undefined;
  if (name !== undefined && byDefault === undefined && faults.length === 0) {
    faults.push({ field: 'default', rule: 'one_of', message: 'must be the name of a gateway' });
  }
  return faults.length > 0 ? { ok: false, errors: faults } : parsed({ byName, default: byDefault });
}

/** What holds for calls of a gateway that the file does not have any more: their money was spent under its name. */
export function rulesOfNone(name: string): GatewayRules {
  const scope = [{ type: 'key', keyId: 'const:none' }];
  const rules = parseRules(NAME.test(name) ? name : 'unknown', { scope }, '');
  if (!rules.ok) throw new Error('the rules of no gateway are not rules');
  return rules.value;
}

function parseAll(
  value: unknown,
  knownLabels: ReadonlySet<string> | undefined,
): Parsed<ReadonlyMap<string, GatewayRules>> {
  if (value === undefined) return missing('gateways');
  const names = isObject(value) ? Object.keys(value) : [];
  if (!isObject(value) || names.length === 0) {
    return refused('gateways', 'object', 'must have at least one gateway by its name');
  }
  if (names.length > MOST_GATEWAYS) {
    return refused('gateways', 'size', `must be at most ${MOST_GATEWAYS}`);
  }
  const faults: FieldError[] = [];
  const take = takerOf(faults);
  const byName = new Map<string, GatewayRules>();
  for (const name of names) {
    const rules = take(parseRules(name, value[name], memberPath('gateways', name), knownLabels));
    if (rules !== undefined) byName.set(name, rules);
  }
  return faults.length > 0 ? { ok: false, errors: faults } : parsed(byName);
}

const RULE_MEMBERS = [
  ...['mode', 'ttlSeconds', 'scope', 'labels', 'unmapped', 'free', 'model', 'estimate'],
  ...['unknownModel'],
  ...['deny', 'faults', 'onUpstreamError', 'onInterrupted', 'onMissingUsage', 'onExpiry'],
  ...['streamUsage', 'usage', 'style'],
];

function parseRules(
  name: string,
  value: unknown,
  field: string,
  knownLabels?: ReadonlySet<string>,
): Parsed<GatewayRules> {
  if (!NAME.test(name)) {
    return refused(field, 'name', 'must have a name of at most 128 letters, digits and ._~:@-');
  }
  if (!isObject(value)) return refused(field, 'object', 'must be an object with a scope');
  const faults = strangersOf(value, RULE_MEMBERS, field, 'a gateway does not have it');
  const take = takerOf(faults);
  const choice = <T extends string>(member: string, of: readonly T[], absent: T): T =>
    take(oneOf(value[member], of, absent, `${field}.${member}`)) ?? absent;
  const model = take(eachOf(value['model'] ?? ['body:model'], `${field}.model`, parseSource)) ?? [];
  const scope = take(parseScopeRules(value['scope'], `${field}.scope`)) ?? [];
  const labels = take(parseLabelRules(value['labels'], knownLabels, `${field}.labels`)) ?? [];
  const rules: GatewayRules = {
    name,
    mode: choice('mode', ['hold', 'check'], 'hold'),
    ttlSeconds: take(parseTtl(value['ttlSeconds'], `${field}.ttlSeconds`)) ?? 0,
    scope,
    labels,
    unmapped: choice('unmapped', ['refuse', 'allow'], 'refuse'),
    free: { patterns: take(eachOf(value['free'] ?? [], `${field}.free`, parseFreeCall)) ?? [] },
    model,
    estimate: take(parseEstimate(value['estimate'], `${field}.estimate`)) ?? NO_ESTIMATE,
    unknownModel: take(parseUnknown(value['unknownModel'], `${field}.unknownModel`)) ?? 'refuse',
    deny: { status: take(parseDeny(value['deny'], `${field}.deny`)) ?? 429 },
    faults: choice('faults', ['grpc', 'response'], 'grpc'),
    onUpstreamError: choice('onUpstreamError', ['release', 'settle'], 'release'),
    onInterrupted: choice('onInterrupted', WITHOUT_USAGE, 'estimate'),
    onMissingUsage: choice('onMissingUsage', WITHOUT_USAGE, 'estimate'),
    onExpiry: choice('onExpiry', ['release', 'unknown', 'charge'], 'release'),
    streamUsage: choice('streamUsage', ['leave', 'inject'], 'leave'),
    usage: take(parseUsageRules(value['usage'], `${field}.usage`)) ?? DEFAULT_USAGE,
    style: choice('style', ['plain', 'nginx'], 'plain'),
    bodyPaths: bodyPathsOf([...ESTIMATE_PATHS, ...bodySources(model, scope, labels)]),
  };
  return faults.length > 0 ? { ok: false, errors: faults } : parsed(rules);
}

function bodySources(
  model: readonly Source[],
  scope: readonly ScopeRule[],
  labels: readonly LabelRule[],
): (readonly string[])[] {
  const named = [...scope.flatMap(({ ids }) => ids), ...labels];
  const sources = [...model, ...named.map(([, source]) => source)];
  return sources.filter(({ from }) => from === 'body').map(({ path }) => path);
}

function parseTtl(value: unknown, field: string): Parsed<number> {
  return parseCount(value, 600, MOST_TTL_SECONDS, field);
}

const NO_ESTIMATE: EstimateRules = { bytesPerToken: 1, maxTokens: 4096 };

function parseEstimate(value: unknown, field: string): Parsed<EstimateRules> {
  if (value === undefined) return parsed(NO_ESTIMATE);
  if (!isObject(value)) return refused(field, 'object', 'must be an object');
  const faults = strangersOf(
    value,
    Object.keys(NO_ESTIMATE),
    field,
    'an estimate does not have it',
  );
  const take = takerOf(faults);
  const count = (name: keyof EstimateRules, most: number) =>
    take(parseCount(value[name], NO_ESTIMATE[name], most, `${field}.${name}`)) ?? 0;
  const estimate = {
    bytesPerToken: take(parseBytesPerToken(value['bytesPerToken'], `${field}.bytesPerToken`)) ?? 1,
    maxTokens: count('maxTokens', MOST_TOKENS),
  };
  return faults.length > 0 ? { ok: false, errors: faults } : parsed(estimate);
}

function parseBytesPerToken(value: unknown, field: string): Parsed<number> {
  if (value === undefined) return parsed(NO_ESTIMATE.bytesPerToken);
  const isInRange = typeof value === 'number' && value >= 1 && value <= 1_000;
  return isInRange && Number.isInteger(Number((value * 1000).toFixed(6)))
    ? parsed(value)
    : refused(
        field,
        'range',
        'must be a number from 1 to 1000 with at most 3 decimals, such as 3.5',
      );
}

function parseUnknown(value: unknown, field: string): Parsed<'refuse' | bigint> {
  if (value === undefined || value === 'refuse') return parsed('refuse');
  if (!isObject(value)) return refused(field, 'one_of', 'must be refuse, or an estimate');
  const faults = strangersOf(value, ['estimate'], field, 'unknownModel does not have it');
  const estimate = parseAmount(value['estimate'], `${field}.estimate`);
  if (!estimate.ok) faults.push(...estimate.errors);
  return faults.length > 0 ? { ok: false, errors: faults } : estimate;
}

function parseDeny(value: unknown, field: string): Parsed<(typeof DENY_STATUSES)[number]> {
  if (value === undefined) return parsed(429);
  if (!isObject(value)) return refused(field, 'object', 'must be an object with a status');
  const faults = strangersOf(value, ['status'], field, 'deny does not have it');
  if (faults.length > 0) return { ok: false, errors: faults };
  const status = DENY_STATUSES.find((each) => each === (value['status'] ?? 429));
  return status === undefined
    ? refused(`${field}.status`, 'one_of', `must be one of ${DENY_STATUSES.join(', ')}`)
    : parsed(status);
}

const DEFAULT_USAGE: UsageRules = {
  namespace: 'spend_ledger.usage',
  keys: {
    input: 'input_tokens',
    output: 'output_tokens',
    cached: 'cached_tokens',
    reasoning: 'reasoning_tokens',
    cacheRead: 'cache_read_tokens',
    cacheWrite: 'cache_write_tokens',
    model: 'model',
  },
};

/** Keys that the file does not say are those of the default. */
function parseUsageRules(value: unknown, field: string): Parsed<UsageRules> {
  if (value === undefined) return parsed(DEFAULT_USAGE);
  if (!isObject(value)) return refused(field, 'object', 'must be an object');
  const faults = strangersOf(value, ['namespace', 'keys'], field, 'usage does not have it');
  const take = takerOf(faults);
  const namespace =
    take(parseName(value['namespace'], `${field}.namespace`)) ?? DEFAULT_USAGE.namespace;
  const given = value['keys'] ?? {};
  if (!isObject(given)) return refused(`${field}.keys`, 'object', 'must be an object');
  faults.push(...strangersOf(given, USAGE_KEYS, `${field}.keys`, 'usage.keys does not have it'));
  const keys: Partial<Record<UsageKey, string>> = { ...DEFAULT_USAGE.keys };
  for (const key of USAGE_KEYS) {
    const name = take(parseName(given[key], `${field}.keys.${key}`));
    if (name !== undefined) keys[key] = name;
  }
  return faults.length > 0 ? { ok: false, errors: faults } : parsed({ namespace, keys });
}

function parseName(value: unknown, field: string): Parsed<string | undefined> {
  return value === undefined || (typeof value === 'string' && value !== '')
    ? parsed(value)
    : refused(field, 'string', 'must be a string that is not empty');
}
