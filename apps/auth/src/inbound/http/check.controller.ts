import type { Caller } from '#libs/access';
import { CalledBy, Needs } from '#libs/runtime';
import { Controller, HttpCode, Post } from '@nestjs/common';
import type { CheckRequest } from '../../decision';
import { BudgetChecker } from '../../check-budget';
import type { AnsweredDecision } from '../../decisions/answered-decision';
import { printDecision, type DecisionDocument } from '../../decisions/print-decision';
import { EarliestPassFinder } from '../../find-earliest-pass';
import { budgetExceeded } from '../budget-exceeded';
import { CheckBody, checkRequestOf } from './check-request';
import { ScopePermits } from '../permit-scope';
import { Posted, readPosted, type PostedRequest } from './posted';

/** `POST /v1/check` and, for proxies that read only the status, `POST /v1/authorize`. */
@Controller('v1')
export class CheckController {
  constructor(
    private readonly checks: BudgetChecker,
    private readonly passes: EarliestPassFinder,
    private readonly permits: ScopePermits,
  ) {}

  @Needs('check')
  @Post('check')
  @HttpCode(200)
  async check(
    @Posted() posted: PostedRequest,
    @CalledBy() caller: Caller,
  ): Promise<DecisionDocument> {
    return printDecision(await this.decide(readCheck(posted), caller));
  }

  @Needs('check')
  @Post('authorize')
  @HttpCode(200)
  async authorize(
    @Posted() posted: PostedRequest,
    @CalledBy() caller: Caller,
  ): Promise<DecisionDocument> {
    const request = readCheck(posted);
    const decision = await this.decide(request, caller);
    if (decision.allowed) return printDecision(decision);
    throw budgetExceeded(decision, await this.passes.of(decision, request.estimatePico));
  }

  private async decide(request: CheckRequest, caller: Caller): Promise<AnsweredDecision> {
    const labels = await this.permits.check(caller, request);
    return this.checks.check({ ...request, labels }, caller.name);
  }
}

const readCheck = (posted: PostedRequest): CheckRequest =>
  checkRequestOf(readPosted(CheckBody, posted));
