import { usageOf, type CallFacts, type SaidUsage, type UsageKey } from '#libs/gateways';
import {
  isSecret,
  parsed,
  parseId,
  refused,
  type Labels,
  type Parsed,
  type Scope,
} from '#libs/ledger';
import { labelsOf, scopeOf } from './log-entry';

/** `envoy.service.ratelimit.v3.RateLimitRequest`. */
export interface RateLimitMessage {
  readonly domain: string;
  readonly descriptors?: readonly DescriptorMessage[];
  /** 0: it is not said. */
  readonly hits_addend: number;
}

interface DescriptorMessage {
  readonly entries?: readonly { readonly key: string; readonly value: string }[];
  readonly hits_addend?: { readonly value: string } | null;
}

/** What a request asks: one answer for each descriptor, in order. */
export interface LimitedCalls {
  readonly asked: readonly Asked[];
  /** One for each call, of all the descriptors that count its tokens. */
  readonly reports: readonly CountedCall[];
}

export type Asked =
  { readonly spend: 'check'; readonly facts: CallFacts } | { readonly spend: 'report' };

/** A call whose tokens were counted. */
export interface CountedCall {
  readonly callId: string;
  readonly holdId: string | undefined;
  readonly model: string | undefined;
  /** That door 1 has left; else the gateway's rules say it, from the facts. */
  readonly scope: Scope | undefined;
  readonly labels: Labels | undefined;
  readonly facts: CallFacts;
  readonly usage: SaidUsage;
}

/** Most descriptors of one request. Each call needs one for a check and one for each kind of token. */
const MOST_DESCRIPTORS = 100;

/** Which tokens a descriptor may count, by the word that says so. */
const TOKENS = ['input', 'output', 'cached', 'reasoning', 'cacheRead', 'cacheWrite'] as const;
type Tokens = (typeof TOKENS)[number];

interface Report {
  readonly field: string;
  readonly entries: ReadonlyMap<string, string>;
  readonly tokens: Tokens;
  readonly count: number;
}

export function readDescriptors(message: RateLimitMessage): Parsed<LimitedCalls> {
  const descriptors = message.descriptors ?? [];
  if (descriptors.length > MOST_DESCRIPTORS) {
    return refused('descriptors', 'count', `must be at most ${MOST_DESCRIPTORS}`);
  }
  const asked: Asked[] = [];
  const counted = new Map<string, Report[]>();
  for (const [n, descriptor] of descriptors.entries()) {
    const field = `descriptors[${n}]`;
    const entries = new Map(descriptor.entries?.map(({ key, value }) => [key, value]));
    switch (entries.get('spend')) {
      case 'check':
        asked.push({ spend: 'check', facts: factsOf(entries) });
        break;
      case 'report': {
        const report = readReport(message, descriptor, field, entries);
        if (!report.ok) return report;
        const { key, value } = report.value;
        counted.set(key, [...(counted.get(key) ?? []), value]);
        asked.push({ spend: 'report' });
        break;
      }
      default:
        return refused(field, 'spend', 'must have an entry "spend": "check" or "report"');
    }
  }
  const reports: CountedCall[] = [];
  for (const ofCall of counted.values()) {
    const read = readCall(ofCall);
    if (!read.ok) return read;
    reports.push(read.value);
  }
  return parsed({ asked, reports });
}

function readReport(
  message: RateLimitMessage,
  { hits_addend: own }: DescriptorMessage,
  field: string,
  entries: ReadonlyMap<string, string>,
): Parsed<{ readonly key: string; readonly value: Report }> {
  const tokens = TOKENS.find((each) => each === entries.get('tokens'));
  if (tokens === undefined) {
    return refused(field, 'tokens', `must have an entry "tokens": one of ${TOKENS.join(', ')}`);
  }
  if (!own && message.hits_addend === 0) {
    return refused(`${field}.hits_addend`, 'required', 'must say how many tokens there were');
  }
  const key = entries.get('hold_id') ?? entries.get('call_id');
  if (key === undefined) {
    return refused(field, 'call_id', 'must have an entry "call_id" or "hold_id"');
  }
  const count = Number(own?.value ?? message.hits_addend);
  return parsed({ key, value: { field, entries, tokens, count } });
}

/** Of two descriptors that count the same tokens of a call, the first counts. */
function readCall(reports: readonly Report[]): Parsed<CountedCall> {
  const [first] = reports;
  const { field, entries } = first!;
  const ids = [];
  for (const name of ['hold_id', 'call_id'] as const) {
    const id = entries.has(name) ? parseId(entries.get(name), `${field}.${name}`) : undefined;
    if (id && !id.ok) return id;
    if (id && isSecret(id.value)) return refused(`${field}.${name}`, 'secret', 'may not be a key');
    ids.push(id?.value);
  }
  const [holdId, callId = holdId] = ids;
  const model = parseId(entries.get('model'), 'model');
  const countOf = (key: UsageKey) => reports.find(({ tokens }) => tokens === key)?.count;
  return parsed({
    callId: callId!,
    holdId,
    model: model.ok && !isSecret(model.value) ? model.value : undefined,
    scope: scopeOf(entries.get('scope')),
    labels: labelsOf(entries.get('labels')),
    facts: factsOf(entries),
    usage: usageOf(countOf, true),
  });
}

function factsOf(entries: ReadonlyMap<string, string>): CallFacts {
  return {
    method: '',
    path: '',
    body: undefined,
    header: () => undefined,
    context: () => undefined,
    metadata: () => undefined,
    descriptor: (name) => entries.get(name),
  };
}
