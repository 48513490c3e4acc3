import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '#libs/access';
import { formatMoney } from '#libs/ledger';
import { CalledBy, Needs, refuseQuery } from '#libs/runtime';
import { EarliestPassFinder } from '../../find-earliest-pass';
import { HoldDesk } from '../../holds/hold-desk';
import { HoldTaker } from '../../holds/hold-taker';
import {
  printExtended,
  printTaken,
  type ExtendedDocument,
  type TakenDocument,
} from '../../holds/print-hold';
import { HoldReader } from '../../holds/read-hold';
import { askedExtension } from '../asked-extension';
import { servedAs, throwIfRefused } from '../hold-problem';
import { permitHold } from '../permit-hold';
import { ScopePermits } from '../permit-scope';
import { refuseSecrets } from '../refuse-secrets';
import { costOf, ExtendBody, HoldBody, NoMembers, SettleBody } from './hold-requests';
import { readIdempotencyKey } from './idempotency-key';
import { Posted, readPosted, type PostedRequest } from './posted';

/** `POST /v1/holds` and what becomes of a hold; reading them is another's. */
@Controller('v1/holds')
export class HoldsController {
  constructor(
    private readonly taker: HoldTaker,
    private readonly desk: HoldDesk,
    private readonly holds: HoldReader,
    private readonly passes: EarliestPassFinder,
    private readonly permits: ScopePermits,
  ) {}

  @Needs('check')
  @Post()
  async take(
    @Req() { raw }: FastifyRequest,
    @Posted() posted: PostedRequest,
    @CalledBy() caller: Caller,
  ): Promise<TakenDocument> {
    const asked = readPosted(HoldBody, posted);
    const idempotencyKey = readIdempotencyKey(raw);
    const { scope, ttlSeconds, minPosition } = asked;
    const labels = await this.permits.hold(caller, asked);
    const outcome = await this.taker.take(
      {
        kind: 'take',
        caller: caller.name,
        scope,
        ttlSeconds,
        idempotencyKey,
        amountPico: asked.amount,
        requestId: asked.requestId ?? null,
        onExpiry: asked.onExpiry ?? 'release',
        labels,
        model: asked.model,
      },
      minPosition,
    );
    await throwIfRefused(outcome, this.passes);
    return printTaken(await servedAs(['taken'], outcome, this.holds));
  }

  @Needs('check')
  @Post(':holdId/settle')
  @HttpCode(200)
  async settle(
    @Param('holdId') holdId: string,
    @Posted() posted: PostedRequest,
    @CalledBy() caller: Caller,
  ): Promise<object> {
    refuseSecrets(holdId, 'holdId');
    const asked = readPosted(SettleBody, posted);
    const settled = { holdId, time: asked.time, cost: costOf(asked) };
    await permitHold(caller, holdId, this.holds);
    const outcome = await this.desk.submit({ kind: 'settle', caller: caller.name, ...settled });
    const done = await servedAs(['settled'], outcome, this.holds);
    const position = await this.holds.positionOf(holdId, done);
    return {
      source: done.event.source,
      eventId: done.event.id,
      overrun: formatMoney(done.overrunPico),
      late: done.late,
      ...(position !== undefined && { position }),
    };
  }

  @Needs('check')
  @Post(':holdId/release')
  @HttpCode(200)
  async release(
    @Param('holdId') holdId: string,
    @Posted() posted: PostedRequest,
    @CalledBy() caller: Caller,
  ): Promise<object> {
    refuseSecrets(holdId, 'holdId');
    if (posted.body !== undefined && posted.body.length > 0) readPosted(NoMembers, posted);
    else refuseQuery(posted.query);
    await permitHold(caller, holdId, this.holds);
    const outcome = await this.desk.submit({ kind: 'release', caller: caller.name, holdId });
    const { amountPico } = await servedAs(['released'], outcome, this.holds);
    return { released: formatMoney(amountPico) };
  }

  @Needs('check')
  @Post(':holdId/extend')
  @HttpCode(200)
  async extend(
    @Param('holdId') holdId: string,
    @Posted() posted: PostedRequest,
    @CalledBy() caller: Caller,
  ): Promise<ExtendedDocument> {
    refuseSecrets(holdId, 'holdId');
    const { ttlSeconds, amount } = readPosted(ExtendBody, posted);
    const extension = askedExtension({ ttlSeconds, amountPico: amount }, 'ttlSeconds');
    await permitHold(caller, holdId, this.holds);
    const request = { caller: caller.name, holdId, ...extension };
    const outcome = await this.desk.submit({ kind: 'extend', ...request });
    await throwIfRefused(outcome, this.passes);
    return printExtended(await servedAs(['extended'], outcome, this.holds));
  }
}
