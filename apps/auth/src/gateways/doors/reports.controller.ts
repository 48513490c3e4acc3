import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '#libs/access';
import {
  CalledBy,
  invalid,
  NeedsOfProxy,
  parseJson,
  Problem,
  refuseQuery,
  requireJson,
  within,
} from '#libs/runtime';
import { JSON_BODY } from '#libs/wire';
import { AuthParts } from '../../auth-parts';
import { holdNotFound } from '../../inbound/hold-problem';
import { refuseSecrets } from '../../inbound/refuse-secrets';
import { GatewayDirectory } from '../gateway-directory';
import { CallSettler, type ReportOutcome } from '../settle-call';
import { gatewayNotFound } from './gateway-not-found';
import { readReport, reportInHeaders, type Report } from './report-request';

/** `POST /v1/reports`: what became of a call that door 3 admitted. */
@Controller('v1/reports')
export class ReportsController {
  constructor(
    private readonly gateways: GatewayDirectory,
    private readonly settler: CallSettler,
    private readonly parts: AuthParts,
  ) {}

  /** Another report of the same call is no fault: the first one counts. */
  @NeedsOfProxy('check')
  @Post()
  async report(
    @Req() request: FastifyRequest,
    @CalledBy() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const report = reportIn(request);
    if (report.holdId === undefined) {
      void reply.code(204).send();
      return;
    }
    const outcome = await this.settle(report, report.holdId, caller);
    throwIfRefused(outcome);
    void reply.code(200).send({ outcome });
  }

  private settle(report: Report, holdId: string, caller: Caller): Promise<ReportOutcome | 'late'> {
    const { gateway, status, end, model, usage } = report;
    const rules = this.gateways.find(gateway);
    if (rules === undefined) throw gateway === undefined ? noGateway() : gatewayNotFound();
    if (this.settler.isFull) throw tooMany();
    const settling = this.settler.report(
      {
        rules,
        callId: holdId,
        holdId,
        status,
        end,
        model,
        usage,
        at: undefined,
        scope: undefined,
        labels: undefined,
        estimatePico: undefined,
        prices: undefined,
        requestId: undefined,
      },
      caller,
    );
    // It is done again for as long as it cannot be; its gateway does not wait as long.
    return within(settling, this.parts.gateways.answerWaitMs, () => 'late' as const);
  }
}

/** @throws Problem `invalid`, `unsupported_media_type`, `too_large` */
function reportIn({ query, headers, body }: FastifyRequest): Report {
  refuseQuery(query);
  const bytes = body as Buffer | undefined;
  if (bytes === undefined || bytes.length === 0) {
    const said = reportInHeaders(headers);
    refuseSecrets(said, '');
    return readReport(said);
  }
  requireJson(headers['content-type'], bytes);
  return readReport(parseJson(bytes, JSON_BODY));
}

/** @throws Problem `not_found`, `forbidden`, `unavailable` */
function throwIfRefused(outcome: ReportOutcome | 'late'): void {
  switch (outcome) {
    case 'not_found':
      throw holdNotFound();
    case 'forbidden':
      throw new Problem('forbidden', 'Only the caller that took a hold may report of its call.');
    case 'late':
      throw new Problem(
        'unavailable',
        'The report is not on record yet. This process tries again until it is; the same report again is harmless.',
        { retryAfterSeconds: 1 },
      );
    case 'failed':
      // Its cause is in the log of this process.
      throw new Problem('unavailable', 'The report could not be recorded. Send the same again.', {
        retryAfterSeconds: 1,
      });
    default:
  }
}

function tooMany(): Problem {
  const detail = 'Too many reports wait to be recorded. Send the same again later.';
  return new Problem('overloaded', detail, { retryAfterSeconds: 1 });
}

function noGateway(): Problem {
  const message = 'must name a gateway: GATEWAYS_FILE has no default';
  return invalid([{ field: 'gateway', rule: 'required', message }]);
}
