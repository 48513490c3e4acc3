import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { readForeignKeys, type KeyInUse } from '#libs/access';
import type { Database } from '#libs/postgres';
import { BoundedReads, ListReads, MinuteQuota, Turns } from '#libs/runtime';
import { AuthParts } from './auth-parts';
import { CatchUp } from './catch-up';
import { CatchUpReadiness } from './catch-up-readiness';
import { BudgetChecker } from './check-budget';
import { DecisionLifecycle } from './decisions/decision-lifecycle';
import { DecisionQueue } from './decisions/decision-queue';
import { DecisionRetention } from './decisions/expire-decisions';
import { DecisionKeeper } from './decisions/keep-decision';
import { EarliestPassFinder } from './find-earliest-pass';
import { DecisionReader } from './decisions/read-decision';
import { DecisionWriter } from './decisions/write-decisions';
import { BudgetGrpcController } from './inbound/grpc/budget.controller';
import { HoldsGrpcController } from './inbound/grpc/holds.controller';
import { BalancesController } from './inbound/http/balances.controller';
import { BudgetRevisionsController } from './inbound/http/budget-revisions.controller';
import { BudgetReadsController } from './inbound/http/budgets.controller';
import { CheckController } from './inbound/http/check.controller';
import { CONSOLE_READERS, CONSOLE_READS } from './inbound/http/console/console-reads';
import { EventController } from './inbound/http/event.controller';
import { EventReadsController } from './inbound/http/event-reads.controller';
import { PricesController } from './inbound/http/prices.controller';
import { SpendController } from './inbound/http/spend.controller';
import { DecisionsController } from './inbound/http/decisions.controller';
import { HoldReadsController } from './inbound/http/hold-reads.controller';
import { HoldsController } from './inbound/http/holds.controller';
import { WarningsController } from './inbound/http/warnings.controller';
import { BalanceReader } from './read-balance';
import { AsOfReader, type AsOfSource } from './read-balance-as-of';
import { GATEWAY_CONTROLLERS, gatewayDoors } from './gateways/gateway-doors';
import { ExpiryCounter } from './holds/expiry-counter';
import { heldMoney } from './holds/held-money';
import { measureBudgets } from './measure-budgets';
import { measureChecks } from './measure-checks';
import { ScopePermits } from './inbound/permit-scope';
import { prepareForOutage, type Outage } from './outage/outage';
import { SideReads } from './outage/side-reads';
import { PoolLifecycle } from './pool-lifecycle';
import { SnapshotReader } from './snapshot-reader';

/** Two readings are under way at once. One that has no answer in time keeps its connection, while others ask again. */
const CHECK_CONNECTIONS = 8;

/** auth: answers checks and reads out of the projection, and keeps no counter of its own. All of its wiring. */
@Module({})
export class AuthModule {
  static of(parts: AuthParts): DynamicModule {
    const catchUp = new CatchUp();
    const outage = prepareForOutage(parts);
    const { holdPool, checkPool, questionPool } = openPools(parts);
    const expiries = expiryCounter(parts, holdPool);
    const checks = { ...parts, database: checkPool };
    const snapshots = new SnapshotReader(checks, catchUp, outage, expiries);
    const { keeper, providers } = keptDecisions(parts);
    const reads = listReads(parts);
    const holds = heldMoney(parts, holdPool, keeper, snapshots, catchUp);
    const checker = new BudgetChecker(snapshots, parts, outage, keeper);
    measureChecks(parts, checker, snapshots);
    measureBudgets(parts);
    return {
      module: AuthModule,
      controllers: [
        CheckController,
        BalancesController,
        BudgetReadsController,
        BudgetRevisionsController,
        DecisionsController,
        EventController,
        EventReadsController,
        SpendController,
        PricesController,
        WarningsController,
        BudgetGrpcController,
        HoldsController,
        HoldReadsController,
        HoldsGrpcController,
        ...CONSOLE_READS,
        ...GATEWAY_CONTROLLERS,
      ],
      providers: [
        { provide: AuthParts, useValue: parts },
        { provide: SnapshotReader, useValue: snapshots },
        { provide: CatchUp, useValue: catchUp },
        { provide: ListReads, useValue: reads },
        { provide: Turns, useValue: new Turns() },
        { provide: ExpiryCounter, useValue: expiries },
        { provide: BudgetChecker, useValue: checker },
        { provide: ScopePermits, useValue: scopePermits(parts, outage) },
        { provide: EarliestPassFinder, useValue: passFinder(parts, outage) },
        ...balances(parts, snapshots, outage.lastKnown, questionPool),
        { provide: PoolLifecycle, useValue: new PoolLifecycle([checkPool, questionPool]) },
        CatchUpReadiness,
        ...providers,
        ...holds,
        ...CONSOLE_READERS,
        ...gatewayDoors(parts),
      ],
    };
  }
}

/** Connections of their own, so that none of these waits for another, or for anything else that auth does. */
function openPools({ database, holds, asOf }: AuthParts) {
  return {
    // Two more: what counts out expiries, and what makes their events.
    holdPool: database.pipelinedPool({
      maxConnections: holds.concurrency + 2,
      idleMs: holds.idleMs,
    }),
    // To plan what a check reads takes longer than to read it.
    checkPool: database.separatePool({
      maxConnections: CHECK_CONNECTIONS,
      byIndexes: true,
      plansOnce: true,
    }),
    // One more than may read at once: for marks, and for asking how far the partitions are.
    questionPool: database.pipelinedPool({
      maxConnections: asOf.concurrency + 1,
      statementMs: asOf.timeoutMs,
      plansOnce: true,
    }),
  };
}

function balances(
  parts: AuthParts,
  snapshots: SnapshotReader,
  lastKnown: Outage['lastKnown'],
  questionPool: Database,
): Provider[] {
  const { partitions, onOutbox, asOf } = parts;
  const { concurrency, timeoutMs: statementMs, maxQueue, waitMs } = asOf;
  const questions = new BoundedReads(questionPool, {
    concurrency,
    maxQueue,
    waitMs: statementMs,
  });
  const marks = marksWithin(parts);
  // Marks are written: a question that hangs with its commit is given up like one that reads for too long.
  const asOfReader = new AsOfReader({
    questions,
    database: questionPool,
    partitions,
    onOutbox,
    waitMs,
    marks,
  });
  return [
    {
      provide: BalanceReader,
      useValue: new BalanceReader(snapshots, partitions, lastKnown, asOfReader),
    },
  ];
}

function scopePermits({ database, limits, labels }: AuthParts, { breaker }: Outage): ScopePermits {
  const reads = database.forReads();
  const read = (keys: readonly KeyInUse[]) => readForeignKeys(reads, keys);
  const foreignKeys = new SideReads({ ...limits, waitMs: limits.checkWaitMs, breaker, read });
  return new ScopePermits(foreignKeys, labels);
}

function passFinder(parts: AuthParts, { breaker }: Outage): EarliestPassFinder {
  const { database, partitions, logger, limits, holds } = parts;
  return new EarliestPassFinder({
    reads: database.forReads(),
    partitions,
    maxExpiries: holds.maxExpiries,
    limits: { ...limits, waitMs: limits.checkWaitMs, breaker },
    onError: (error) => logger.error(error, 'when held money expires'),
  });
}

/** So many rounds of marks a minute. */
function marksWithin({ asOf, metrics, monotonicMs }: AuthParts): AsOfSource['marks'] {
  const quota = new MinuteQuota(asOf.marksPerMinute, monotonicMs);
  const refused = metrics.counter(
    'auth_marks_over_limit_total',
    'Questions as of another time that were refused because too many marks were left in the minute',
  );
  let rounds = 0;
  return {
    mayLeave: () => quota.admit('marks', String(rounds)),
    onLeft: () => (rounds += 1),
    retryAfterSeconds: () => {
      if (quota.admit('marks', String(rounds))) return 1;
      refused.inc();
      return quota.secondsLeft;
    },
  };
}

function expiryCounter({ holds, logger }: AuthParts, holdPool: Database): ExpiryCounter {
  const onError = (error: unknown) => logger.error(error, 'counting out what has expired');
  return new ExpiryCounter(holdPool, { ...holds, onError });
}

function listReads({ database, lists, metrics }: AuthParts): ListReads<Database> {
  const reads = new ListReads(database, lists);
  const help = 'Lists and sums that wait for their turn';
  metrics.queue('auth_list_reads', help, () => reads.queued, lists.maxQueue);
  return reads;
}

/** What keeps answers: the services that answer hand them to the keeper. */
function keptDecisions(parts: AuthParts): { keeper: DecisionKeeper; providers: Provider[] } {
  const { database, decisions, logger, metrics } = parts;
  const outcomes = metrics.counter(
    'auth_decisions_total',
    'Decisions that were to be kept, by what became of them',
    ['outcome'],
  );
  for (const outcome of ['kept', 'dropped', 'over_limit']) outcomes.inc({ outcome }, 0);
  const count = (outcome: string) => outcomes.inc({ outcome });
  const onError = (error: unknown) => logger.error(error, 'kept decisions');
  const queue = new DecisionQueue(decisions.maxQueue);
  const writer = new DecisionWriter(database, queue, { ...decisions, onError });
  return {
    keeper: new DecisionKeeper(queue, {
      record: decisions.record,
      count,
      refusals: new MinuteQuota(decisions.perMinute, parts.monotonicMs),
    }),
    providers: [
      { provide: DecisionQueue, useValue: queue },
      { provide: DecisionWriter, useValue: writer },
      { provide: DecisionReader, useValue: new DecisionReader(database, writer, decisions) },
      {
        provide: DecisionRetention,
        useValue: new DecisionRetention(database, { ...decisions, onError }),
      },
      DecisionLifecycle,
    ],
  };
}
