import { lockOutbox, takeOutOfOutbox, type Database } from '#libs/postgres';
import { projectLog } from './project-log';
import { openTestLog } from './test-log';
import { waitUntil } from './wait-until';

/** Appends what lies in the outbox to the Postgres log and projects it, as long as something else is under way. */
export async function relayingOutbox<T>(database: Database, underWay: Promise<T>): Promise<T> {
  let isOver = false;
  const over = underWay.finally(() => (isOver = true));
  const relay = waitUntil('what was under way is over', async () => {
    await relayOnce(database);
    return isOver;
  });
  const [result] = await Promise.all([over, relay]);
  return result;
}

async function relayOnce(database: Database): Promise<void> {
  const log = openTestLog(database);
  const relayed = await database.atomically(async (client) => {
    const records = await lockOutbox(client, 100);
    if (records.length > 0) await log.append(records);
    await takeOutOfOutbox(
      client,
      records.map(({ id }) => id),
    );
    return records.length;
  });
  await log.close();
  if (relayed > 0) await projectLog(database);
}
