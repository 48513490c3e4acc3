import type { BodyPaths } from './scan-body';
import type { FreeCalls } from './free-calls';
import type { Source } from './sources';

/** What the operator's file says: how the calls of each gateway become scopes, holds and spends. */
export interface Gateways {
  readonly byName: ReadonlyMap<string, GatewayRules>;
  /** The gateway of calls that name none. */
  readonly default: GatewayRules | undefined;
}

export interface GatewayRules {
  readonly name: string;
  /** `hold`: money is set aside, so no budget is passed. `check`: only looked at. */
  readonly mode: 'hold' | 'check';
  readonly ttlSeconds: number;
  /** In the order in which they are tried. */
  readonly scope: readonly ScopeRule[];
  /** What calls are for. */
  readonly labels: readonly LabelRule[];
  /** What becomes of a call that no scope rule fits; `allow`: it has no budget and no record. */
  readonly unmapped: 'refuse' | 'allow';
  readonly free: FreeCalls;
  /** The first that is there says the model. */
  readonly model: readonly Source[];
  readonly estimate: EstimateRules;
  /** What is held for a call whose cost nobody knows, in 10^-12 units; `refuse`: it is not admitted. */
  readonly unknownModel: 'refuse' | bigint;
  readonly deny: { readonly status: DenyStatus };
  /** How door 1 says that the ledger cannot answer: as an error of gRPC, or as an answer of its own. */
  readonly faults: 'grpc' | 'response';
  readonly onUpstreamError: 'release' | 'settle';
  readonly onInterrupted: WithoutUsage;
  readonly onMissingUsage: WithoutUsage;
  readonly onExpiry: 'release' | 'unknown' | 'charge';
  /** Door 4 asks streams for their usage, and takes the chunk that says it out again. */
  readonly streamUsage: 'leave' | 'inject';
  readonly usage: UsageRules;
  /** `nginx`: a refusal is 403, its true status in a header. */
  readonly style: 'plain' | 'nginx';
  /** All that these rules read out of a body. */
  readonly bodyPaths: BodyPaths;
}

export const DENY_STATUSES = [429, 402, 403] as const;
export type DenyStatus = (typeof DENY_STATUSES)[number];

/** How a call is charged that says no usage: with what was held, as a call of unknown cost, or not at all. */
export type WithoutUsage = 'estimate' | 'unknown' | 'release';

/** Where the ids of a scope come from; it fits if all are there that have to be. */
export interface ScopeRule {
  readonly type: 'key' | 'user' | 'team';
  readonly ids: readonly (readonly [id: 'teamId' | 'userId' | 'keyId', source: Source])[];
}

/** Where the value of a label comes from. */
export type LabelRule = readonly [name: string, source: Source];

export interface EstimateRules {
  readonly bytesPerToken: number;
  /** The most tokens of an answer where neither the call nor the price says so. */
  readonly maxTokens: number;
}

/** Where reports find the usage: in which metadata, and under which names. */
export interface UsageRules {
  readonly namespace: string;
  readonly keys: Readonly<Partial<Record<UsageKey, string>>>;
}

export const USAGE_KEYS = [
  'input',
  'output',
  'cached',
  'reasoning',
  'cacheRead',
  'cacheWrite',
  'model',
] as const;
export type UsageKey = (typeof USAGE_KEYS)[number];

/**
 * The rules of a call: the first of the names that is there says whose they are, the file's default if there is none.
 * @returns `undefined`: the file has no such gateway
 */
export function gatewayOf(
  gateways: Gateways,
  names: readonly (string | undefined)[],
): GatewayRules | undefined {
  const name = names.find((given) => given !== undefined && given !== '');
  return name === undefined ? gateways.default : gateways.byName.get(name);
}
