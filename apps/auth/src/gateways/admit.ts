import type { Caller } from '#libs/access';
import {
  estimateCall,
  isFree,
  mapLabels,
  mapScope,
  readBody,
  readModel,
  type CallFacts,
  type GatewayRules,
} from '#libs/gateways';
import { priceOf, type FieldError, type Instant, type Labels, type Scope } from '#libs/ledger';
import { Problem, within } from '#libs/runtime';
import type { BudgetChecker } from '../check-budget';
import type { AnsweredDecision } from '../decisions/answered-decision';
import type { EarliestPassFinder } from '../find-earliest-pass';
import type { HoldOutcome } from '../holds/hold-outcome';
import type { TakeRequest } from '../holds/hold-request';
import type { HoldTaker } from '../holds/hold-taker';
import type { ScopePermits } from '../inbound/permit-scope';
import type { AdmittedCall, Answer } from './admitted-call';
import { budgetDenial, callDenial, faultDenial, type Denial } from './denial';
import type { GivenUpHolds } from './give-up-hold';
import type { Prices } from './prices';

/** How a door asks for one call. */
export interface AskedCall {
  readonly caller: Caller;
  /** By when the answer must be there, on the process's clock that never goes back, in milliseconds; or Infinity. */
  readonly answerByMs: number;
  /** The gateway's own name for the call, which its report may say again. */
  readonly requestId: string | null;
  /** Of the hold's idempotency; no client can choose it. */
  readonly key: string;
  /** The caller waits no longer. */
  readonly isGone: () => boolean;
}

export interface AdmissionParts {
  readonly taker: Pick<HoldTaker, 'take'>;
  readonly checker: Pick<BudgetChecker, 'check'>;
  readonly permits: Pick<ScopePermits, 'check' | 'hold'>;
  readonly passes: Pick<EarliestPassFinder, 'of'>;
  readonly prices: Prices;
  readonly givenUp: Pick<GivenUpHolds, 'releaseOf'>;
  readonly monotonicMs: () => number;
  /** For the price in force. */
  readonly now: () => Instant;
  readonly newCallId: () => string;
  /** What a failure is for the caller; what is a bug goes to the log. */
  readonly toProblem: (failure: unknown) => Problem;
  readonly onAnswer: (gateway: string, outcome: string) => void;
}

/** What was read of a call that is to be decided on. */
interface ReadCall {
  readonly scope: Scope;
  readonly labels: Labels | undefined;
  readonly model: string | undefined;
  readonly estimatePico: bigint | undefined;
  readonly prices: string | undefined;
}

/** Says whether a call of a gateway may go to the upstream, and holds money for it where the rules say so. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /** Never rejects: a gateway that gets no answer may let the call through. */
  async admit(rules: GatewayRules, facts: CallFacts, asked: AskedCall): Promise<Answer> {
    const answer = await this.answer(rules, facts, asked).catch((failure: unknown) =>
      this.failed(failure, rules),
    );
    this.parts.onAnswer(rules.name, nameOf(answer));
    return answer;
  }

  private async answer(rules: GatewayRules, facts: CallFacts, asked: AskedCall): Promise<Answer> {
    const read = this.read(rules, facts);
    if ('outcome' in read) return read;
    return rules.mode === 'check' ? this.check(rules, read, asked) : this.hold(rules, read, asked);
  }

  /** All that the call itself says; an answer where that decides it. */
  private read(rules: GatewayRules, facts: CallFacts): ReadCall | Answer {
    const gateway = rules.name;
    if (isFree(rules.free, facts.method, facts.path)) {
      return { outcome: 'passed', pass: { gateway, why: 'free' } };
    }
    const body = readBody(facts.body, rules.bodyPaths);
    const mapped = mapScope(rules.scope, facts, body);
    if (mapped.outcome === 'refused') return invalidCall(mapped.errors, rules);
    if (mapped.outcome === 'unmapped') {
      return rules.unmapped === 'allow'
        ? { outcome: 'passed', pass: { gateway, why: 'unmapped' } }
        : denied(callDenial('scope_unknown', NO_SCOPE, rules));
    }
    const { labels, errors } = mapLabels(rules.labels, facts, body);
    if (errors.length > 0) return invalidCall(errors, rules);
    const model = readModel(rules.model, facts, body);
    if (!model.ok) return invalidCall(model.errors, rules);
    const { scope } = mapped;
    const book = this.parts.prices.current;
    const price =
      book === undefined || model.value === undefined
        ? undefined
        : priceOf(book, model.value, this.parts.now());
    const known = { scope, labels, model: model.value, prices: book?.version };
    if (price !== undefined) {
      return { ...known, estimatePico: estimateCall(price, rules.estimate, facts, body) };
    }
    if (rules.unknownModel !== 'refuse') return { ...known, estimatePico: rules.unknownModel };
    if (rules.mode === 'hold') {
      const sentence = model.value === undefined ? NO_MODEL : NO_PRICE;
      return denied(callDenial('model_unknown', sentence, rules));
    }
    return { ...known, estimatePico: undefined };
  }

  private async check(rules: GatewayRules, read: ReadCall, asked: AskedCall): Promise<Answer> {
    const { permits, checker, newCallId } = this.parts;
    const { scope, model, estimatePico } = read;
    const { caller } = asked;
    const labels = await this.within(asked, () => permits.check(caller, read));
    const question = { scope, labels, model, estimatePico, minPosition: undefined };
    const decision = await this.within(asked, () => checker.check(question, caller.name));
    if (!decision.allowed) {
      // Where no budget is known to be exceeded, the gateway says what becomes of the call.
      if (decision.degraded && decision.blockedBy?.verdict !== 'exceeded') throw behind();
      return this.refused(rules, decision, estimatePico, asked);
    }
    const known = { ...read, labels, rules, decision, at: decision.decidedAt };
    return { outcome: 'admitted', call: { ...known, callId: newCallId(), holdId: undefined } };
  }

  private async hold(rules: GatewayRules, read: ReadCall, asked: AskedCall): Promise<Answer> {
    const { permits, taker, givenUp } = this.parts;
    const { caller } = asked;
    const { scope, model, estimatePico } = read;
    const labels = await this.within(asked, () => permits.hold(caller, read));
    const request: TakeRequest = {
      kind: 'take',
      caller: caller.name,
      scope,
      labels,
      model,
      ttlSeconds: rules.ttlSeconds,
      amountPico: estimatePico!,
      requestId: asked.requestId,
      idempotencyKey: asked.key,
      onExpiry: rules.onExpiry,
    };
    let taking: Promise<HoldOutcome> | undefined;
    try {
      const outcome = await this.within(asked, () => (taking = taker.take(request, undefined)));
      if (outcome.outcome === 'taken' && asked.isGone()) throw gone();
      return await this.held(rules, { ...read, labels }, outcome, asked);
    } catch (failure) {
      // Nobody waits for this hold, or it is not known whether there is one.
      if (taking !== undefined) givenUp.releaseOf(request, taking);
      throw failure;
    }
  }

  private async held(
    rules: GatewayRules,
    read: ReadCall,
    outcome: HoldOutcome,
    asked: AskedCall,
  ): Promise<Answer> {
    switch (outcome.outcome) {
      case 'taken': {
        const { hold, decision } = outcome;
        const { holdId, createdAt: at } = hold;
        const call: AdmittedCall = { ...read, callId: holdId, holdId, rules, at, decision };
        return { outcome: 'admitted', call };
      }
      case 'refused':
        return this.refused(rules, outcome.decision, read.estimatePico, asked);
      case 'behind':
        throw behind();
      default:
        throw new Problem('unavailable', 'This call was asked about before, and has ended.');
    }
  }

  /** What was refused stays refused, also where nobody can say in time when it could pass. */
  private async refused(
    rules: GatewayRules,
    decision: AnsweredDecision,
    estimatePico: bigint | undefined,
    asked: AskedCall,
  ): Promise<Answer> {
    const earliest = await this.within(asked, () =>
      this.parts.passes.of(decision, estimatePico),
    ).catch(() => 'unknown' as const);
    return denied(budgetDenial(decision, earliest, rules));
  }

  private failed(failure: unknown, rules: GatewayRules): Answer {
    const problem = this.parts.toProblem(failure);
    // Which accounts a credential is bound to is not for the gateway's clients to know.
    if (problem.code === 'forbidden') return denied(callDenial('forbidden', FORBIDDEN, rules));
    return { outcome: 'fault', denial: faultDenial(problem, rules) };
  }

  /** @throws Problem `unavailable` when the time of the caller is over */
  private async within<T>({ answerByMs }: AskedCall, work: () => Promise<T>): Promise<T> {
    const leftMs = answerByMs - this.parts.monotonicMs();
    if (leftMs <= 0) throw late();
    return within(work(), leftMs, () => {
      throw late();
    });
  }
}

const NO_SCOPE = 'The call does not say whose budget it spends.';
const NO_MODEL = 'The call does not say which model it asks for.';
const NO_PRICE = 'The ledger has no price for the model of this call.';
const FORBIDDEN = 'The gateway may not spend in the scope of this call.';

const denied = (denial: Denial): Answer => ({ outcome: 'denied', denial });

function invalidCall(errors: readonly FieldError[], rules: GatewayRules): Answer {
  const [first] = errors;
  return denied(callDenial('invalid', `${first!.field} ${first!.message}.`, rules));
}

function nameOf(answer: Answer): string {
  switch (answer.outcome) {
    case 'passed':
      return answer.pass.why;
    case 'denied':
      return answer.denial.code;
    default:
      return answer.outcome;
  }
}

const passing = (detail: string): Problem =>
  new Problem('unavailable', detail, { retryAfterSeconds: 1 });
const behind = (): Problem => passing('The ledger is behind, and decides nothing until it is not.');
const late = (): Problem => passing('The ledger did not answer in time.');
const gone = (): Problem => passing('The caller is gone.');
