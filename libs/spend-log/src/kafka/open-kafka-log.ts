import { instantOf, type Instant } from '#libs/ledger';
import type { Database, LedgerFacts } from '#libs/postgres';
import { TOPICS } from '#libs/wire';
import { connectKafka } from './connect-kafka';
import { parseKafkaLogId } from './find-kafka-log';
import type { KafkaOptions } from './kafka-options';
import { KafkaSpendLog } from './kafka-spend-log';

const CLOCK = { name: 'log-clock', text: 'select ledger_now()' };

/** Opens the log of a ledger whose topics are found. */
export function openKafkaLog(
  database: Database,
  { id, partitions, logId }: LedgerFacts,
  options: KafkaOptions,
): Promise<KafkaSpendLog> {
  const place = {
    topic: options.topicPrefix + TOPICS.ledger,
    topicId: parseKafkaLogId(logId!).topicId,
    groupId: `${options.topicPrefix}spend-ledger.${id}.projector`,
    partitions,
  };
  const now = async (): Promise<Instant> => {
    const [row] = await database.prepared<readonly [string]>(CLOCK, []);
    return instantOf(row![0]);
  };
  return KafkaSpendLog.open(connectKafka(options), place, options, now);
}
