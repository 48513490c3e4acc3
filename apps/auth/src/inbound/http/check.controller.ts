import { permitScope, type Caller } from '#libs/access';
import { CalledBy, Needs } from '#libs/runtime';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { CheckAnswerer } from '../../decisions/answer-check';
import type { AnsweredDecision } from '../../decisions/answered-decision';
import { printDecision, type DecisionDocument } from '../../decisions/print-decision';
import { budgetExceeded } from '../budget-exceeded';
import { CheckBody, checkRequestOf } from './check-request';
import { Posted, readPosted, type PostedRequest } from './posted';

/** `POST /v1/check` and, for proxies that read only the status, `POST /v1/authorize`. */
@Controller('v1')
export class CheckController {
  constructor(private readonly checks: CheckAnswerer) {}

  @Needs('check')
  @Post('check')
  @HttpCode(200)
  async check(
    @Posted() posted: PostedRequest,
    @CalledBy() caller: Caller,
  ): Promise<DecisionDocument> {
    return printDecision(await this.decide(posted, caller));
  }

  @Needs('check')
  @Post('authorize')
  @HttpCode(200)
  async authorize(
    @Posted() posted: PostedRequest,
    @CalledBy() caller: Caller,
  ): Promise<DecisionDocument> {
    const decision = await this.decide(posted, caller);
    if (!decision.allowed) throw budgetExceeded(decision);
    return printDecision(decision);
  }

  private decide(posted: PostedRequest, caller: Caller): Promise<AnsweredDecision> {
    const request = checkRequestOf(readPosted(CheckBody, posted));
    permitScope(caller, request.scope);
    return this.checks.check(request, caller.name);
  }
}
