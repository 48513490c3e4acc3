import { Body, Controller, Headers, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ANONYMOUS, formatMoney, redactSecrets } from '#libs/ledger';
import { parseJson, readBody, refuseQuery, requireJson } from '#libs/runtime';
import { JSON_BODY } from '#libs/wire';
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
import { servedAs } from '../hold-problem';
import { refuseSecrets } from '../refuse-secrets';
import { costOf, ExtendBody, HoldBody, NoMembers, SettleBody } from './hold-requests';
import { readIdempotencyKey } from './idempotency-key';

const caller = ANONYMOUS;
const READING = { redact: redactSecrets };

/** `POST /v1/holds` and what becomes of a hold; reading them is another's. */
@Controller('v1/holds')
export class HoldsController {
  constructor(
    private readonly taker: HoldTaker,
    private readonly desk: HoldDesk,
    private readonly holds: HoldReader,
  ) {}

  @Post()
  async take(
    @Req() { raw }: FastifyRequest,
    @Query() query: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: Buffer | undefined,
  ): Promise<TakenDocument> {
    refuseQuery(query);
    requireJson(contentType);
    const idempotencyKey = readIdempotencyKey(raw);
    const asked = readBody(HoldBody, parseJson(body, JSON_BODY), READING);
    const { scope, ttlSeconds, minPosition } = asked;
    const outcome = await this.taker.take(
      {
        ...{ kind: 'take', caller, scope, ttlSeconds, idempotencyKey },
        amountPico: asked.amount,
        requestId: asked.requestId ?? null,
      },
      minPosition,
    );
    return printTaken(await servedAs(['taken'], outcome, this.holds));
  }

  @Post(':holdId/settle')
  @HttpCode(200)
  async settle(
    @Param('holdId') holdId: string,
    @Query() query: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: Buffer | undefined,
  ): Promise<object> {
    refuseQuery(query);
    refuseSecrets(holdId, 'holdId');
    requireJson(contentType);
    const asked = readBody(SettleBody, parseJson(body, JSON_BODY), READING);
    const request = { caller, holdId, time: asked.time, cost: costOf(asked) };
    const outcome = await this.desk.submit({ kind: 'settle', ...request });
    const { event, overrunPico, late } = await servedAs(['settled'], outcome, this.holds);
    return { source: event.source, eventId: event.id, overrun: formatMoney(overrunPico), late };
  }

  @Post(':holdId/release')
  @HttpCode(200)
  async release(
    @Param('holdId') holdId: string,
    @Query() query: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: Buffer | undefined,
  ): Promise<object> {
    refuseQuery(query);
    refuseSecrets(holdId, 'holdId');
    if (body !== undefined && body.length > 0) {
      requireJson(contentType);
      readBody(NoMembers, parseJson(body, JSON_BODY), READING);
    }
    const outcome = await this.desk.submit({ kind: 'release', caller, holdId });
    const { amountPico } = await servedAs(['released'], outcome, this.holds);
    return { released: formatMoney(amountPico) };
  }

  @Post(':holdId/extend')
  @HttpCode(200)
  async extend(
    @Param('holdId') holdId: string,
    @Query() query: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: Buffer | undefined,
  ): Promise<ExtendedDocument> {
    refuseQuery(query);
    refuseSecrets(holdId, 'holdId');
    requireJson(contentType);
    const { ttlSeconds, amount } = readBody(ExtendBody, parseJson(body, JSON_BODY), READING);
    const extension = askedExtension({ ttlSeconds, amountPico: amount }, 'ttlSeconds');
    const outcome = await this.desk.submit({ kind: 'extend', caller, holdId, ...extension });
    return printExtended(await servedAs(['extended'], outcome, this.holds));
  }
}
