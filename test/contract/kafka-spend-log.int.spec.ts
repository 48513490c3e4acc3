import { randomUUID } from 'node:crypto';
import { openKafkaLog, type SpendLog } from '#libs/spend-log';
import {
  createTestDatabase,
  createTestTopics,
  SocketSwitch,
  TEST_CURRENCY,
  TEST_PARTITIONS,
} from '#libs/testing';
import type { Lease, LogUnderTest } from './log-under-test';
import { spendLogContract } from './spend-log.contract';

spendLogContract('Kafka', makeKafkaLog, { hold: false, lose: false });

/** The least that brokers grant unless told otherwise; and more than a spec takes. */
const SESSION_MS: Readonly<Record<Lease, number>> = { short: 6000, long: 60_000 };
/** Small, so that a few records make several batches. */
const BATCH = 3;

async function makeKafkaLog(): Promise<LogUnderTest> {
  const [db, topics] = await Promise.all([createTestDatabase(), createTestTopics()]);
  const facts = {
    id: randomUUID(),
    currency: TEST_CURRENCY,
    partitions: TEST_PARTITIONS,
    logId: topics.logId,
  };
  const switches = new Map<SpendLog, SocketSwitch>();
  const closes: (() => Promise<void>)[] = [];
  return {
    open: async (lease) => {
      const sockets = new SocketSwitch();
      const opened = await openKafkaLog(db.database, facts, {
        ...topics.options,
        sessionTimeoutMs: SESSION_MS[lease],
        applyLimits: { records: BATCH, bytes: 1024 * 1024 },
        socketFactory: sockets.factory,
      });
      switches.set(opened.log, sockets);
      closes.push(opened.close);
      return opened.log;
    },
    kill: (log) => {
      switches.get(log)!.cut();
      return Promise.resolve();
    },
    freeze: (log) => switches.get(log)!.freeze(),
    thaw: (log) => switches.get(log)!.thaw(),
    remove: async () => {
      await Promise.all(closes.map((close) => close().catch(() => undefined)));
      await topics.remove();
      await db.drop();
    },
  };
}
