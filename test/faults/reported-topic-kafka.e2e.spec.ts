import { createHash } from 'node:crypto';
import { CompressionTypes, type KafkaMessage, type Message } from 'kafkajs';
import {
  balancesOf,
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  projectionDifferences,
  randomSpends,
  readTopic,
  testKafka,
  waitUntil,
  workloadSeed,
  type TestDatabase,
} from '#libs/testing';
import { badRecords, binary, CONFLICTED, SECRET, structured } from './support/reported-records';

const seed = workloadSeed();
const spends = randomSpends(240, seed);
/** Each codec carries a part. */
const CODECS = [
  CompressionTypes.None,
  CompressionTypes.GZIP,
  CompressionTypes.Snappy,
  CompressionTypes.LZ4,
  CompressionTypes.ZSTD,
];

describe(`what producers report on Kafka (FC_SEED=${seed})`, () => {
  const log = logEnvironment('Kafka');
  const topic = `${log.env['KAFKA_TOPIC_PREFIX']}spend.reported.v1`;
  let db: TestDatabase;
  let ingest: LedgerProcess;
  let projector: LedgerProcess;
  const good = spends.map((spend, n) => (n % 2 === 0 ? structured(spend) : binary(spend)));
  const bad = badRecords();

  const start = (app: 'ingest' | 'projector') =>
    LedgerProcess.openReady({
      app,
      env: { DATABASE_URL: db.url, ...log.env },
    });

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    [ingest, projector] = await Promise.all([start('ingest'), start('projector')]);
  });

  afterAll(async () => {
    for (const app of [ingest, projector]) await app.stop('SIGKILL');
    await log.remove();
    await db.drop();
  });

  it('ends on the log or among the dead letters, though ingest is killed again and again', async () => {
    // Its content is on record before the other one comes, or the other one would be the first.
    await report([structured(CONFLICTED)]);
    await waitUntil('the first content is recorded', async () => (await events()) === 1);
    const sending = reportMixed();
    for (const count of [40, 120]) {
      await waitUntil(`${count} are recorded`, async () => (await events()) > count);
      await ingest.stop('SIGKILL');
      ingest = await start('ingest');
    }
    await sending;

    await waitUntil('all are recorded', async () => (await events()) === spends.length + 1, 60_000);
    await waitUntil('all others are buried', async () => (await buried()).size === bad.length);
    expect(await projectionDifferences(db.database)).toEqual([]);
    const expected = balancesOf([...spends, CONFLICTED]);
    const { rows } = await userBalances();
    for (const { user_id, spent } of rows) expect(expected[`user:${user_id}`]).toBe(printed(spent));
    expect(await events()).toBe(spends.length + 1);
  });

  it('stands among the dead letters unchanged, with the reason beside it', async () => {
    const letters = await buried();
    for (const { why, code, message } of bad) {
      const [letter] = letters.get(fingerprint(message))!;
      expect([why, headerOf(letter!, 'dlt_error_code')]).toEqual([why, code]);
      expect(headerOf(letter!, 'dlt_original_topic')).toBe(topic);
      expect(headerOf(letter!, 'dlt_original_partition')).toMatch(/^\d+$/);
      expect(headerOf(letter!, 'dlt_original_offset')).toMatch(/^\d+$/);
      expect(headerOf(letter!, 'dlt_error_message')).not.toContain(SECRET);
      if (code === 'event_conflict') {
        expect(headerOf(letter!, 'dlt_error_message')).toContain('What differs: amount.');
      }
    }
  });

  it('is on no side twice: a dead letter that stands twice tells of one place', async () => {
    for (const letters of (await buried()).values()) {
      const places = letters.map((letter) =>
        ['topic', 'partition', 'offset']
          .map((part) => headerOf(letter, `dlt_original_${part}`))
          .join(),
      );
      expect(new Set(places).size).toBe(1);
    }
  });

  it('says in its metrics what became of it', async () => {
    // The process counts what it judged itself, which may be nothing: it was started a moment ago.
    await report([structured(CONFLICTED)]);
    await waitUntil('it is counted, and nothing waits', async () => {
      const text = await (await fetch(`${ingest.httpUrl}/metrics`)).text();
      if (!/^ingest_reported_total\{outcome="accepted"\} [1-9]\d*$/m.test(text)) return false;
      const lags = [...text.matchAll(/^ingest_reported_lag_records\{.*\} (\d+)$/gm)];
      return lags.length > 0 && lags.every(([, lag]) => lag === '0');
    });
    expect(ingest.output).not.toContain(SECRET);
  });

  /** Good and bad ones in turn, in all codecs. */
  async function reportMixed(): Promise<void> {
    const records = good.flatMap((message, n) => {
      const one = bad[n / 10];
      return n % 10 === 0 && one ? [message, one.message] : [message];
    });
    for (const { message } of bad.slice(good.length / 10)) records.push(message);
    for (let from = 0; from < records.length; from += 10) {
      await report(records.slice(from, from + 10), CODECS[(from / 10) % CODECS.length]);
    }
  }

  async function report(messages: Message[], compression = CompressionTypes.None): Promise<void> {
    const producer = testKafka().producer();
    await producer.connect();
    await producer.send({ topic, messages, compression });
    await producer.disconnect();
  }

  async function events(): Promise<number> {
    const { count } = await db.database.kysely
      .selectFrom('spend_event')
      .select(({ fn }) => fn.countAll<bigint>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  function userBalances() {
    return db.database.kysely
      .selectFrom('user_balance')
      .select(['user_id', 'spent'])
      .execute()
      .then((rows) => ({ rows }));
  }

  /** The dead letters by what their records were. */
  async function buried(): Promise<Map<string, KafkaMessage[]>> {
    return Map.groupBy(await readTopic(`${topic}.dlt`), fingerprint);
  }
});

/** What a record was, whatever stands beside it among the dead letters. */
function fingerprint({ key, value, headers = {} }: Message | KafkaMessage): string {
  const own = Object.entries(headers)
    .filter(([name]) => !name.startsWith('dlt_'))
    .map(([name, given]) => [
      name,
      [given]
        .flat()
        .flatMap((each) =>
          typeof each === 'function' ? [] : [Buffer.from(each ?? '').toString('hex')],
        ),
    ])
    .sort();
  const bytes = [key, value].map((each) => (each ? Buffer.from(each).toString('hex') : null));
  return createHash('sha256')
    .update(JSON.stringify([bytes, own]))
    .digest('hex');
}

function headerOf({ headers }: KafkaMessage, name: string): string | undefined {
  return headers?.[name]?.toString();
}

/** A sum as Postgres has it, in the digits that the ledger prints. */
function printed(sum: string): string {
  const [whole, fraction = ''] = sum.split('.');
  return `${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`;
}
