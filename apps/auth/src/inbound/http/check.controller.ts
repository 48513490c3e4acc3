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

  @Post('check')
  @HttpCode(200)
  async check(@Posted() posted: PostedRequest): Promise<DecisionDocument> {
    return printDecision(await this.decide(posted));
  }

  @Post('authorize')
  @HttpCode(200)
  async authorize(@Posted() posted: PostedRequest): Promise<DecisionDocument> {
    const decision = await this.decide(posted);
    if (!decision.allowed) throw budgetExceeded(decision);
    return printDecision(decision);
  }

  private decide(posted: PostedRequest): Promise<AnsweredDecision> {
    return this.checks.check(checkRequestOf(readPosted(CheckBody, posted)));
  }
}
