import { randomUUID } from 'node:crypto';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { permitRole, type Caller } from '#libs/access';
import { mapLabels, mapScope, NO_BODY, type GatewayRules } from '#libs/gateways';
import { instantOfMillis, type Scope } from '#libs/ledger';
import { CalledBy, GrpcCall, invalid, Needs, Problem } from '#libs/runtime';
import { AuthParts } from '../../auth-parts';
import { Admission, type AskedCall } from '../admit';
import type { Answer } from '../admitted-call';
import { GATEWAY_UNKNOWN, type Denial } from '../denial';
import { GatewayDirectory } from '../gateway-directory';
import { CallSettler, type ReportOutcome } from '../settle-call';
import { AnswerTime } from './answer-time';
import { readDescriptors, type CountedCall, type RateLimitMessage } from './descriptors';
import type { HeaderValueMessage } from './envoy-messages';

/** `envoy.service.ratelimit.v3.RateLimitResponse`. */
interface RateLimitResponseMessage {
  readonly overall_code: LimitCode;
  readonly statuses: readonly LimitStatus[];
  readonly response_headers_to_add?: readonly HeaderValueMessage[];
  readonly raw_body?: Buffer;
}

interface LimitStatus {
  readonly code: LimitCode;
  /** Thousandths of the currency. */
  readonly limit_remaining: number;
  /** Envoy tells clients what remains only beside a limit. */
  readonly current_limit?: { readonly requests_per_unit: number; readonly unit: 'UNKNOWN' };
}

type LimitCode = 'OK' | 'OVER_LIMIT';

/** Door 5, `envoy.service.ratelimit.v3.RateLimitService`: looks at budgets before a call, and takes its tokens after it. */
@Controller()
export class RateLimitController {
  constructor(
    private readonly gateways: GatewayDirectory,
    private readonly admission: Admission,
    private readonly settler: CallSettler,
    private readonly time: AnswerTime,
    private readonly parts: AuthParts,
  ) {}

  /** @throws Problem `invalid` for a descriptor that says no scope: a gateway would take any answer for OK */
  @Needs('check', 'record')
  @GrpcMethod('RateLimitService', 'ShouldRateLimit')
  async shouldRateLimit(
    @Payload() message: RateLimitMessage,
    @CalledBy() caller: Caller,
    @GrpcCall() call: ServerUnaryCall<unknown, unknown>,
  ): Promise<RateLimitResponseMessage> {
    const read = readDescriptors(message);
    if (!read.ok) throw invalid(read.errors);
    const { asked, reports } = read.value;
    const [named] = call.metadata.get('x-spend-gateway');
    const rules = this.gateways.find(named?.toString(), message.domain);
    if (rules === undefined) return overLimit(GATEWAY_UNKNOWN, asked.map(noRoom));
    permitRole(caller, reports.length > 0 && rules.mode === 'check' ? 'record' : 'check');
    const answerByMs = this.time.answerByMs(call.getDeadline());
    const scopes = reports.map((report) => scopeOf(report, rules));
    const settling = reports.map((report, n) => this.report(report, scopes[n], rules, caller));
    const statuses: LimitStatus[] = [];
    let denial: Denial | undefined;
    for (const each of asked) {
      if (each.spend === 'report') {
        statuses.push({ code: 'OK', limit_remaining: MOST_REMAINING });
        continue;
      }
      const question: AskedCall = {
        caller,
        answerByMs,
        requestId: null,
        key: `${rules.name}/${randomUUID()}`,
        isGone: () => call.cancelled,
      };
      // Nothing here ends what it would hold, so it only looks.
      const answer = await this.admission.admit({ ...rules, mode: 'check' }, each.facts, question);
      if (answer.outcome === 'denied') denial ??= refusedBy(answer.denial);
      statuses.push(statusOf(answer));
    }
    await this.time.within(answerByMs, Promise.all(settling));
    return denial === undefined ? { overall_code: 'OK', statuses } : overLimit(denial, statuses);
  }

  private report(
    { callId, holdId, model, usage, labels, facts }: CountedCall,
    scope: Scope | undefined,
    rules: GatewayRules,
    caller: Caller,
  ): Promise<ReportOutcome> {
    return this.settler.report(
      {
        callId,
        holdId,
        model,
        usage,
        rules,
        scope,
        labels:
          holdId === undefined
            ? (labels ?? mapLabels(rules.labels, facts, NO_BODY).labels)
            : undefined,
        at: holdId === undefined ? instantOfMillis(this.parts.nowMs()) : undefined,
        estimatePico: undefined,
        prices: undefined,
        requestId: undefined,
        status: 0,
        end: 'answered',
      },
      caller,
    );
  }
}

/** The largest number of a uint32. */
const MOST_REMAINING = 0xffff_ffff;
/** A thousandth of the currency, in 10^-12 units. */
const PICO_PER_THOUSANDTH = 10n ** 9n;

const noRoom = (): LimitStatus => checked('OVER_LIMIT', 0);

function checked(code: LimitCode, limit_remaining: number): LimitStatus {
  return {
    code,
    limit_remaining,
    current_limit: { requests_per_unit: limit_remaining, unit: 'UNKNOWN' },
  };
}

/**
 * Whose money a call spent: as door 1 has left it, or as the rules say. A hold knows it itself.
 * @throws Problem `invalid` where nothing says it
 */
function scopeOf({ holdId, scope, facts }: CountedCall, rules: GatewayRules): Scope | undefined {
  if (holdId !== undefined || scope !== undefined) return scope;
  const mapped = mapScope(rules.scope, facts, NO_BODY);
  if (mapped.outcome !== 'mapped') throw noScope();
  return mapped.scope;
}

/** @throws Problem where the answer is neither yes nor no */
function statusOf(answer: Answer): LimitStatus {
  switch (answer.outcome) {
    case 'admitted':
      return checked('OK', remainingOf(answer.call.decision.remainingPico));
    case 'passed':
      if (answer.pass.why === 'unmapped') throw noScope();
      return checked('OK', MOST_REMAINING);
    case 'denied':
      return noRoom();
    case 'fault':
      throw new Problem('unavailable', answer.denial.message, { retryAfterSeconds: 1 });
  }
}

function remainingOf(remainingPico: bigint | null): number {
  if (remainingPico === null) return MOST_REMAINING;
  const thousandths = remainingPico / PICO_PER_THOUSANDTH;
  return thousandths > BigInt(MOST_REMAINING) ? MOST_REMAINING : Number(thousandths);
}

/** @throws Problem `invalid` where the descriptor says no scope */
function refusedBy(denial: Denial): Denial {
  if (denial.code === 'scope_unknown') throw noScope();
  return denial;
}

function noScope(): Problem {
  const message = 'must have the entries that a scope of the gateway’s rules is made of';
  return invalid([{ field: 'descriptors', rule: 'scope', message }]);
}

/** The status of HTTP is the gateway's own: its rate limit filter says which. */
function overLimit(denial: Denial, statuses: readonly LimitStatus[]): RateLimitResponseMessage {
  return {
    overall_code: 'OVER_LIMIT',
    statuses,
    response_headers_to_add: Object.entries(denial.headers).map(([key, value]) => ({ key, value })),
    raw_body: Buffer.from(denial.body),
  };
}
