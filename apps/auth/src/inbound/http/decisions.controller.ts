import { Controller, Get, Param, Query } from '@nestjs/common';
import { permitFound, permitsScope, type Caller } from '#libs/access';
import { CalledBy, Needs, Problem, refuseQuery } from '#libs/runtime';
import type { KeptDecisionDocument } from '../../decisions/print-kept-decision';
import { DecisionReader } from '../../decisions/read-decision';
import { refuseSecrets } from '../refuse-secrets';

/** `GET /v1/decisions/{decisionId}` */
@Controller('v1/decisions')
export class DecisionsController {
  constructor(private readonly decisions: DecisionReader) {}

  @Needs('check', 'audit')
  @Get(':decisionId')
  async get(
    @Param('decisionId') decisionId: string,
    @Query() query: unknown,
    @CalledBy() caller: Caller,
  ): Promise<KeptDecisionDocument> {
    refuseQuery(query);
    refuseSecrets(decisionId, 'decisionId');
    const decision = await this.decisions.read(decisionId);
    permitFound(caller, decision, ({ scope }) => permitsScope(caller.bindings, scope));
    if (!decision) throw new Problem('not_found', 'There is no such decision, or no longer.');
    return decision;
  }
}
