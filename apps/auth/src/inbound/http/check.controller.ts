import { Body, Controller, Headers, HttpCode, Post, Query } from '@nestjs/common';
import { redactSecrets } from '#libs/ledger';
import { parseJson, readBody, refuseQuery, requireJson } from '#libs/runtime';
import { JSON_BODY } from '#libs/wire';
import { CheckAnswerer } from '../../decisions/answer-check';
import type { AnsweredDecision } from '../../decisions/answered-decision';
import { printDecision, type DecisionDocument } from '../../decisions/print-decision';
import { budgetExceeded } from '../budget-exceeded';
import { CheckBody, checkRequestOf } from './check-request';

/** `POST /v1/check` and, for proxies that read only the status, `POST /v1/authorize`. */
@Controller('v1')
export class CheckController {
  constructor(private readonly checks: CheckAnswerer) {}

  @Post('check')
  @HttpCode(200)
  async check(
    @Query() query: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: Buffer | undefined,
  ): Promise<DecisionDocument> {
    return printDecision(await this.decide(query, contentType, body));
  }

  @Post('authorize')
  @HttpCode(200)
  async authorize(
    @Query() query: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: Buffer | undefined,
  ): Promise<DecisionDocument> {
    const decision = await this.decide(query, contentType, body);
    if (!decision.allowed) throw budgetExceeded(decision);
    return printDecision(decision);
  }

  private decide(
    query: unknown,
    contentType: string | undefined,
    body: Buffer | undefined,
  ): Promise<AnsweredDecision> {
    refuseQuery(query);
    requireJson(contentType);
    const request = readBody(CheckBody, parseJson(body, JSON_BODY), { redact: redactSecrets });
    return this.checks.check(checkRequestOf(request));
  }
}
