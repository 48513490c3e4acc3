import { Controller, Get, Param, Query } from '@nestjs/common';
import { Problem, refuseQuery } from '#libs/runtime';
import type { KeptDecisionDocument } from '../../decisions/print-kept-decision';
import { DecisionReader } from '../../decisions/read-decision';
import { refuseSecrets } from '../refuse-secrets';

/** `GET /v1/decisions/{decisionId}` */
@Controller('v1/decisions')
export class DecisionsController {
  constructor(private readonly decisions: DecisionReader) {}

  @Get(':decisionId')
  async get(
    @Param('decisionId') decisionId: string,
    @Query() query: unknown,
  ): Promise<KeptDecisionDocument> {
    refuseQuery(query);
    refuseSecrets(decisionId, 'decisionId');
    const decision = await this.decisions.read(decisionId);
    if (!decision) throw new Problem('not_found', 'There is no such decision, or no longer.');
    return decision;
  }
}
