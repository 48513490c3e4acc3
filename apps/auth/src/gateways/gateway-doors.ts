import { randomUUID } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import { instantOfMillis } from '#libs/ledger';
import { problemFor } from '#libs/runtime';
import type { AuthParts } from '../auth-parts';
import { BudgetChecker } from '../check-budget';
import { EarliestPassFinder } from '../find-earliest-pass';
import { HoldDesk } from '../holds/hold-desk';
import { HoldTaker } from '../holds/hold-taker';
import { HoldReader } from '../holds/read-hold';
import { ScopePermits } from '../inbound/permit-scope';
import { Admission } from './admit';
import { Backlog } from './backlog';
import { AccessLogController } from './doors/access-log.controller';
import { AnswerTime } from './doors/answer-time';
import { ExtAuthzController } from './doors/ext-authz.controller';
import { ExtProcController } from './doors/ext-proc.controller';
import { ForwardAuthController } from './doors/forward-auth.controller';
import { OpenStreams } from './doors/open-streams';
import { ProcessedStreams } from './doors/processed-streams';
import { ReportsController } from './doors/reports.controller';
import { GatewayDirectory } from './gateway-directory';
import { GatewayLifecycle } from './gateway-lifecycle';
import { gatewayMetrics } from './gateway-metrics';
import { GivenUpHolds } from './give-up-hold';
import { LostHolds } from './lost-holds';
import { KnownPrices } from './prices';
import { CallRecorder } from './record-call';
import { LoggedCalls } from './report-logged-calls';
import { CallSettler } from './settle-call';

/** The doors that gateways plug into. */
export const GATEWAY_CONTROLLERS = [
  ExtAuthzController,
  AccessLogController,
  ExtProcController,
  ForwardAuthController,
  ReportsController,
];

/** What is behind the doors of gateways: it asks, holds and settles as any other caller does. */
export function gatewayDoors(parts: AuthParts): Provider[] {
  const { database, partitions, gateways, limits, logger, metrics, monotonicMs } = parts;
  const { currency, onOutbox } = parts;
  const prices = new KnownPrices(parts.prices);
  const now = () => instantOfMillis(parts.nowMs());
  const [reports, releases] = [backlog(parts, 'reports'), backlog(parts, 'releases')];
  const { onAnswer, onReport, onGivenUp } = gatewayMetrics(metrics, { reports, releases });
  const onError = (error: unknown) => logger.error(error, 'a report of a gateway');
  const streams = new OpenStreams();
  const processed = new ProcessedStreams(gateways.mostEventBytes);
  const recorder = new CallRecorder({ database, currency, partitions, limits, onOutbox });
  const lost = new LostHolds({ reads: database.forReads(), partitions, limits });
  return [
    { provide: GatewayDirectory, useValue: new GatewayDirectory(gateways.file) },
    { provide: AnswerTime, useValue: new AnswerTime(monotonicMs) },
    { provide: OpenStreams, useValue: streams },
    { provide: ProcessedStreams, useValue: processed },
    {
      provide: GatewayLifecycle,
      useValue: new GatewayLifecycle({
        ...{ streams, processed, backlogs: [reports, releases], logger },
        stopWaitMs: gateways.stopWaitMs,
      }),
    },
    {
      provide: GivenUpHolds,
      inject: [HoldDesk],
      useFactory: (desk: HoldDesk) =>
        new GivenUpHolds({ desk, backlog: releases, onOutcome: onGivenUp, onError }),
    },
    {
      provide: Admission,
      inject: [HoldTaker, BudgetChecker, ScopePermits, EarliestPassFinder, GivenUpHolds],
      useFactory: (
        taker: HoldTaker,
        checker: BudgetChecker,
        permits: ScopePermits,
        passes: EarliestPassFinder,
        givenUp: GivenUpHolds,
      ) =>
        new Admission({
          ...{ taker, checker, permits, passes, givenUp, prices, monotonicMs, now, onAnswer },
          newCallId: randomUUID,
          toProblem: (failure) => problemFor(failure, logger),
        }),
    },
    {
      provide: CallSettler,
      inject: [HoldDesk, HoldReader, ScopePermits],
      useFactory: (desk: HoldDesk, holds: HoldReader, permits: ScopePermits) =>
        new CallSettler({
          ...{ desk, holds, permits, recorder, prices, backlog: reports, onError },
          onOutcome: onReport,
        }),
    },
    {
      provide: LoggedCalls,
      inject: [GatewayDirectory, CallSettler, GivenUpHolds],
      useFactory: (directory: GatewayDirectory, settler: CallSettler, givenUp: GivenUpHolds) =>
        new LoggedCalls({
          ...{ gateways: directory, settler, givenUp, lost, backlog: reports, now, onError },
          onOutcome: onReport,
        }),
    },
  ];
}

function backlog({ gateways, logger }: AuthParts, what: string): Backlog {
  return new Backlog({
    ...gateways.backlog,
    onFailure: (error) => logger.error(error, `${what} of gateways, which are tried again`),
  });
}
