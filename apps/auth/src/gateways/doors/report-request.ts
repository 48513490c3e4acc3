import type { IncomingHttpHeaders } from 'node:http';
import { usageOf, type SaidUsage } from '#libs/gateways';
import {
  parsed,
  parseId,
  parseUsage,
  redactSecrets,
  refused,
  type Parsed as Read,
} from '#libs/ledger';
import { accepted, OptionalMember, ParsedBy, readBody } from '#libs/runtime';
import type { EndedCall } from '../charge-of';

/** What `POST /v1/reports` says of a call. */
export interface Report extends Omit<EndedCall, 'rules'> {
  readonly gateway: string | undefined;
  /** `undefined`: the call has none, so there is nothing to settle. */
  readonly holdId: string | undefined;
}

/** @throws Problem `invalid` */
export function readReport(given: unknown): Report {
  const body = readBody(ReportBody, given, { redact: redactSecrets });
  const { gateway, holdId, model, status = NO_STATUS } = body;
  const end = endOf(body.ended, status);
  return { gateway, holdId, model, status, end, usage: usageIn(body, end === 'answered') };
}

/** The same said in headers, for proxies that can send no body. */
export function reportInHeaders(headers: IncomingHttpHeaders): object {
  const said = Object.entries(HEADERS).flatMap(([name, member]) => {
    const value = headers[name];
    return value === undefined || value === '' ? [] : [[member, value] as const];
  });
  const { status, ...report } = Object.fromEntries(said);
  return { ...report, ...(status !== undefined && { status: statusOf(status) }) };
}

/** nginx says 009 or 000 of a call that had no answer when its client left. */
function statusOf(said: string | string[]): number {
  return /^0\d\d$/.test(String(said)) ? CLIENT_LEFT : Number(said);
}

const HEADERS = {
  'x-spend-gateway': 'gateway',
  'x-spend-hold-id': 'holdId',
  'x-spend-status': 'status',
  'x-spend-ended': 'ended',
  'x-spend-model': 'model',
  'x-spend-input-tokens': 'inputTokens',
  'x-spend-output-tokens': 'outputTokens',
} as const;

class ReportBody {
  @OptionalMember()
  @ParsedBy(parseId)
  gateway?: string;

  @OptionalMember()
  @ParsedBy(parseId)
  holdId?: string;

  @OptionalMember()
  @ParsedBy(parseStatus)
  status?: number;

  @OptionalMember()
  @ParsedBy(parseEnd)
  ended?: EndedCall['end'];

  @OptionalMember()
  @ParsedBy(parseId)
  model?: string;

  @OptionalMember()
  @ParsedBy(parseSaidUsage)
  usage?: SaidUsage;

  @OptionalMember()
  @ParsedBy(parsed)
  inputTokens?: unknown;

  @OptionalMember()
  @ParsedBy(parsed)
  outputTokens?: unknown;
}

const NO_STATUS = 0;
const ENDS = ['answered', 'not_sent', 'upstream_error', 'interrupted'] as const;
/** With which nginx notes that the client left before there was an answer. */
const CLIENT_LEFT = 499;

function parseStatus(value: unknown, field: string): Read<number> {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599
    ? parsed(value as number)
    : refused(field, 'range', 'must be a status of HTTP, such as 200');
}

function parseEnd(value: unknown, field: string): Read<EndedCall['end']> {
  const end = ENDS.find((each) => each === value);
  return end === undefined
    ? refused(field, 'one_of', `must be one of ${ENDS.join(', ')}`)
    : parsed(end);
}

/** The call is over: counts that cannot be true leave its cost unknown, and do not leave it open. */
function parseSaidUsage(value: unknown, field: string): Read<SaidUsage> {
  const usage = parseUsage(value, field);
  if (usage.ok) return usage;
  return usage.errors.every(({ rule }) => rule === 'tokens' || rule === 'parts')
    ? parsed('absurd')
    : usage;
}

function endOf(said: EndedCall['end'] | undefined, status: number): EndedCall['end'] {
  if (said !== undefined && said !== 'answered') return said;
  if (status === CLIENT_LEFT) return 'interrupted';
  return status >= 400 ? 'upstream_error' : 'answered';
}

function usageIn({ usage, inputTokens, outputTokens }: ReportBody, isWhole: boolean): SaidUsage {
  const counts = { input: inputTokens, output: outputTokens };
  const isCounted = inputTokens !== undefined || outputTokens !== undefined;
  if (usage === undefined) {
    return usageOf(
      (key) => (key === 'input' || key === 'output' ? counts[key] : undefined),
      isWhole,
    );
  }
  if (!isCounted) return usage;
  return accepted(refused('usage', 'one_of', 'may not stand beside inputTokens and outputTokens'));
}
