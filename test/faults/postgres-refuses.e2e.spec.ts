import { status } from '@grpc/grpc-js';
import { LedgerProcess, spendEvent, waitUntil, type Answer } from '#libs/testing';
import { user } from './support/outage-ledger';
import { RefusingPostgres } from './support/refusing-postgres';

const BATCH = 'application/cloudevents-batch+json';
const UNAVAILABLE = { status: 503, body: { code: 'unavailable' } };

/** What an operator of Postgres may do to it; each says what it is to the processes, and how it is undone. */
interface Refusal {
  readonly name: string;
  readonly begin: (server: RefusingPostgres) => Promise<unknown>;
  readonly end: (server: RefusingPostgres) => Promise<unknown>;
  /** Nothing can be read either. */
  readonly isAway: boolean;
  readonly reason: RegExp;
}

const byDatabase = (setting: string) => `alter database spend_ledger ${setting}`;
const REFUSALS: readonly Refusal[] = [
  {
    name: 'new sessions are read-only',
    begin: async (server) => {
      await server.run(byDatabase('set default_transaction_read_only = on'));
      await server.terminate();
    },
    end: (server) => server.run(byDatabase('reset default_transaction_read_only')),
    isAway: false,
    reason: /takes no writes/,
  },
  {
    name: 'living sessions become read-only',
    begin: async (server) => {
      await server.run('alter system set default_transaction_read_only = on');
      await server.run('select pg_reload_conf()');
    },
    end: async (server) => {
      await server.run('alter system reset default_transaction_read_only');
      await server.run('select pg_reload_conf()');
    },
    isAway: false,
    reason: /takes no writes/,
  },
  {
    name: 'the role may not log in',
    begin: async (server) => {
      await server.run('alter role ledger nologin');
      await server.terminate();
    },
    end: (server) => server.run('alter role ledger login'),
    isAway: true,
    reason: /does not let this user in/,
  },
  {
    name: 'the database accepts no connections',
    begin: async (server) => {
      await server.run(byDatabase('with allow_connections false'));
      await server.terminate();
    },
    end: (server) => server.run(byDatabase('with allow_connections true')),
    isAway: true,
    reason: /accepts no connections/,
  },
  {
    name: 'there is no connection left',
    begin: async (server) => {
      await server.run(byDatabase('with connection limit 0'));
      await server.terminate();
    },
    end: (server) => server.run(byDatabase('with connection limit -1')),
    isAway: true,
    reason: /no connection left/,
  },
  {
    name: 'Postgres is shut down',
    begin: ({ postgres }) => postgres.stop(),
    end: ({ postgres }) => postgres.start(),
    isAway: true,
    reason: /./,
  },
];

describe('a Postgres that refuses', () => {
  let server: RefusingPostgres;
  let projector: LedgerProcess;
  let ingest: LedgerProcess;
  let auth: LedgerProcess;
  let undoFullDisk: () => Promise<void>;
  let spent = 0;

  beforeAll(async () => {
    server = await RefusingPostgres.start();
    const env = {
      DATABASE_URL: server.url,
      RECORD_TIMEOUT: 'PT10S',
      VISIBLE_WAIT: 'PT20S',
      MAX_LAG: 'PT1H',
    };
    projector = await LedgerProcess.openReady({ app: 'projector', env });
    ingest = await LedgerProcess.openReady({ app: 'ingest', env });
    auth = await LedgerProcess.openReady({ app: 'auth', env });
  });

  afterAll(async () => {
    for (const app of [projector, ingest, auth]) await app.stop('SIGKILL');
    await server.postgres.remove();
  });

  it('the disk is full', async () => {
    undoFullDisk = await server.fillDisk('^event_claim');
    const recorded = () => ingest.http.record(user('full'), '1.00', { id: 'full' });
    await waitUntil('it is refused for the disk', async () =>
      /disk of Postgres is full/.test((await recorded()).body.detail),
    );
    expect(await recorded()).toMatchObject(UNAVAILABLE);
    await expectBatchUnavailable();
    await expectGrpcUnavailable();
    await waitUntil('ingest is not ready', async () => {
      await recorded();
      await recorded();
      const { status: code, body } = await ingest.http.get('/readyz');
      return code === 503 && /disk of Postgres is full/.test(body.checks.recording.detail);
    });
    await undoFullDisk();
    await ingest.ready();
    expect(await recorded()).toMatchObject({ status: 201 });
  });

  it('knows an open and a closed budget', async () => {
    const open = await ingest.http.setBudget('open', 'user:open', '5.00', { outage: 'open' });
    const closed = await ingest.http.setBudget('closed', 'user:closed', '5.00');
    expect([open, closed]).toMatchObject([{ status: 201 }, { status: 201 }]);
    await expectWorking();
  });

  it.each(REFUSALS)('$name', async ({ begin, end, isAway, reason }) => {
    await begin(server);
    for (const app of [projector, ingest, auth]) await expectNotReady(app, 'postgres', reason);
    const recorded = await ingest.http.record(user('open'), '1.00', { id: 'meanwhile' });
    expect(recorded).toMatchObject({
      ...UNAVAILABLE,
      body: { detail: expect.stringMatching(reason) },
    });
    expect(recorded.headers.get('retry-after')).toBe('1');
    await expectBatchUnavailable();
    await expectGrpcUnavailable();
    expect(await ingest.http.setBudget('open', 'user:open', '6.00')).toMatchObject(UNAVAILABLE);
    expect(await auth.http.hold(user('open'), '1.00')).toMatchObject(UNAVAILABLE);
    const [open, closed] = [await checked('open'), await checked('closed')];
    expect(open).toMatchObject({ allowed: true, degraded: isAway });
    expect(closed).toMatchObject({ allowed: !isAway, degraded: isAway });
    if (isAway) expect(await auth.http.balance('user:open')).toMatchObject(UNAVAILABLE);
    await end(server);
    for (const app of [projector, ingest, auth]) await app.ready();
    await expectWorking();
  });

  it('a grant that is taken away', async () => {
    await server.rows('alter table event_claim owner to postgres');
    await server.rows('revoke all on event_claim from ledger');
    const recorded = await ingest.http.record(user('open'), '1.00', { id: 'granted' });
    expect(recorded).toMatchObject({
      ...UNAVAILABLE,
      body: { detail: expect.stringContaining('does not permit') },
    });
    await server.rows('alter table event_claim owner to ledger');
    await server.rows('grant all on event_claim to ledger');
    await expectWorking();
  });

  it('a start is refused in one sentence', async () => {
    await server.run('create database fresh owner ledger');
    await server.run('alter database fresh set default_transaction_read_only = on');
    const DATABASE_URL = server.url.replace('/spend_ledger?', '/fresh?');
    const { code, text } = await LedgerProcess.refusal({ app: 'ingest', env: { DATABASE_URL } });
    expect(code).toBe(1);
    expect(text.trim().split('\n')).toEqual([
      expect.stringMatching(/^The process cannot start now: Postgres takes no writes/),
    ]);
  });

  it('gives no answer 500', async () => {
    for (const app of [ingest, auth]) {
      const metrics = await (await fetch(`${app.httpUrl}/metrics`)).text();
      expect(metrics).not.toMatch(/status="500"\} [1-9]/);
      expect(metrics).not.toMatch(/grpc_code="(?:13|INTERNAL)"\} [1-9]/);
    }
  });

  async function checked(userId: string): Promise<Answer['body']> {
    const { status: code, body } = await auth.http.check(user(userId));
    expect([code, body]).toEqual([200, expect.anything()]);
    return body;
  }

  async function expectNotReady(app: LedgerProcess, check: string, reason: RegExp): Promise<void> {
    await waitUntil(`${check} is not ready`, async () => {
      const { status: code, body } = await app.http.get('/readyz');
      return code === 503 && reason.test(body.checks[check].detail);
    });
    expect((await app.http.get('/livez')).status).toBe(200);
  }

  async function expectBatchUnavailable(): Promise<void> {
    const events = [spendEvent(user('open'), '1.00'), spendEvent(user('closed'), '1.00')];
    const batch = await ingest.http.post('/v1/events', events, BATCH);
    expect(batch).toMatchObject({
      status: 503,
      body: {
        results: [{ problem: { code: 'unavailable' } }, { problem: { code: 'unavailable' } }],
      },
    });
    expect(batch.headers.get('retry-after')).toBe('1');
  }

  async function expectGrpcUnavailable(): Promise<void> {
    const grpc = ingest.grpc();
    const event = {
      id: 'by-grpc',
      source: 'test',
      time: { seconds: 1_777_284_000 },
      scope: { user: { user_id: 'open' } },
      amount: '1.00',
    };
    const answer = await grpc
      .call('IngestService', 'RecordSpend', { event })
      .catch((error) => error);
    expect(answer).toMatchObject({ code: status.UNAVAILABLE });
    const batch = await grpc.call('IngestService', 'RecordSpendBatch', { events: [event] });
    expect(batch.results).toMatchObject([{ problem: { code: 'unavailable', retryable: true } }]);
    grpc.close();
  }

  /** Everything of an untroubled ledger, at once and without a restart; counted once. */
  async function expectWorking(): Promise<void> {
    spent += 1;
    const recorded = await ingest.http.record(user('works'), '1.00', { id: `works-${spent}` });
    expect(recorded).toMatchObject({ status: 201 });
    const balance = await auth.http.balance('user:works', recorded.body.position);
    expect(balance.body.spentAllTime).toBe(`${spent}.00`);
    expect(await checked('closed')).toMatchObject({ allowed: true, degraded: false });
    const held = await auth.http.hold(user('open'), '1.00');
    expect(held.status).toBe(201);
    expect((await auth.http.release(held.body.holdId)).status).toBe(200);
  }
});
