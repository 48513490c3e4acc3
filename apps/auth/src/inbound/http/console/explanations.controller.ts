import { Controller, Get, Param, Query } from '@nestjs/common';
import { permitAccount, permitFound, permitsScope, permitsTarget, type Caller } from '#libs/access';
import type { DecisionDocument } from '#libs/audit';
import {
  parseAccount,
  parseInstant,
  parseNamedWindow,
  parsePosition,
  parseZone,
  redactSecrets,
  type Account,
  type Instant,
  type Position,
  type Window,
} from '#libs/ledger';
import {
  accepted,
  CalledBy,
  invalid,
  Needs,
  OptionalMember,
  ParsedBy,
  Problem,
  readQuery,
  refuseQuery,
} from '#libs/runtime';
import { IsString } from 'class-validator';
import { DecisionReader } from '../../../decisions/read-decision';
import { Explainer } from '../../../explanations/explainer';
import { showAccount, showDecision, type ShownAccount } from '../../../explanations/withhold';
import { SnapshotReader } from '../../../snapshot-reader';
import { refuseSecrets } from '../../refuse-secrets';

class ExplanationQuery {
  @ParsedBy(parseAccount)
  account!: Account;

  @OptionalMember()
  @IsString()
  window?: string;

  @OptionalMember()
  @ParsedBy(parseInstant)
  from?: Instant;

  @OptionalMember()
  @ParsedBy(parseInstant)
  to?: Instant;

  @OptionalMember()
  @ParsedBy(parseZone)
  zone?: string;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

/** `GET /v1/explanations?account=` and `GET /v1/decisions/{decisionId}/explanation`: the calls behind a number. */
@Controller('v1')
export class ExplanationsController {
  constructor(
    private readonly explainer: Explainer,
    private readonly decisions: DecisionReader,
    private readonly snapshots: SnapshotReader,
  ) {}

  @Needs('audit')
  @Get('explanations')
  async ofAccount(@Query() query: unknown, @CalledBy() caller: Caller): Promise<ShownAccount> {
    refuseSecrets(query, '');
    const asked = readQuery(ExplanationQuery, query, { redact: redactSecrets });
    permitAccount(caller, asked.account);
    const window = windowAsked(asked);
    await this.snapshots.awaitVisible(asked.minPosition);
    const document = await this.explainer.account(asked.account, window);
    return showAccount(document, (account) => permitsTarget(caller.bindings, account));
  }

  @Needs('check', 'audit')
  @Get('decisions/:decisionId/explanation')
  async ofDecision(
    @Param('decisionId') decisionId: string,
    @Query() query: unknown,
    @CalledBy() caller: Caller,
  ): Promise<DecisionDocument> {
    refuseQuery(query);
    refuseSecrets(decisionId, 'decisionId');
    // Written before its time, where it waits for that; of a granted hold it stands beside the hold.
    const kept = await this.decisions.read(decisionId);
    permitFound(caller, kept, ({ scope }) => permitsScope(caller.bindings, scope));
    const document = await this.explainer.decision(decisionId);
    if (!document) throw new Problem('not_found', 'There is no such decision, or no longer.');
    return showDecision(document, (account) => permitsTarget(caller.bindings, account));
  }
}

/** @throws Problem `invalid` */
function windowAsked({ window, from, to, zone }: ExplanationQuery): Window | undefined {
  if (window === undefined) {
    if (zone !== undefined)
      throw badQuery('zone', 'beside', 'is of the month in window: give both');
    if (from === undefined && to === undefined) return undefined;
    if (from !== undefined && to !== undefined && from >= to) {
      throw badQuery('to', 'range', 'must be after from');
    }
    return { start: from ?? null, end: to ?? null };
  }
  if (from !== undefined || to !== undefined) {
    throw badQuery('window', 'single', 'stands in place of from and to: give either');
  }
  return accepted(parseNamedWindow(window, zone ?? 'UTC', 'window'));
}

const badQuery = (field: string, rule: string, message: string) =>
  invalid([{ field, rule, message }]);
