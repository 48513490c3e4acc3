import { Client, credentials, status } from '@grpc/grpc-js';
import { createTestDatabase, LedgerProcess, waitUntil, type TestDatabase } from '#libs/testing';

const SERVICES = ['IngestService', 'BudgetService', 'BudgetAdminService'].map(
  (name) => `spendledger.v1.${name}`,
);

describe('what operators and machines ask', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('it lives, and is ready by each dependency by name', async () => {
    expect(await ledger.http.get('/livez')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await ledger.http.get('/readyz')).toMatchObject({
      status: 200,
      body: {
        status: 'ready',
        checks: {
          postgres: { ready: true },
          projection: { ready: true },
          'catch-up': { ready: true },
        },
      },
    });
  });

  it('serves by each of its parts by name', async () => {
    expect(await ledger.http.get('/servez')).toMatchObject({
      status: 200,
      body: {
        status: 'serving',
        checks: { auth: { ready: true }, ingest: { ready: true }, projector: { ready: true } },
      },
    });
  });

  it('gives every answer a request id', async () => {
    const answers = await Promise.all([
      ledger.http.get('/livez'),
      ledger.http.get('/no/such/path'),
      ledger.http.check({ type: 'user', userId: 'alice' }),
      ledger.http.check({}),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([200, 404, 200, 400]);
    const ids = answers.map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(answers.length);
    for (const id of ids) expect(id).toMatch(/./);
  });

  it('counts what it does', async () => {
    await ledger.http.record({ type: 'user', userId: 'alice' }, '1.00');
    await ledger.http.get('/v1/budgets/one-of-many');
    const grpc = ledger.grpc();
    await grpc.call('BudgetService', 'Check', { scope: { user: { user_id: 'alice' } } });
    grpc.close();
    const response = await fetch(`${ledger.httpUrl}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    for (const counted of [
      /^http_request_duration_seconds_count\{method="POST",route="\/v1\/events",status="201"\} 1$/m,
      /^http_request_duration_seconds_count\{.*route="\/v1\/budgets\/:budgetId",status="404"\} 1$/m,
      /^grpc_server_handled_total\{grpc_method="\/spendledger\.v1\.BudgetService\/Check",grpc_code="0"\} 1$/m,
      /^projector_next_offset\{partition="\d+"\} 1$/m,
      /^projector_halted_partitions 0$/m,
      /^process_resident_memory_bytes \d+$/m,
    ]) {
      expect(text).toMatch(counted);
    }
    expect(text).not.toContain('one-of-many');
  });

  it('serves by gRPC health, the process and each service', async () => {
    const grpc = ledger.grpc();
    // Health is looked at a moment later.
    await waitUntil('the process serves', () => grpc.isServing());
    for (const service of SERVICES) expect(await grpc.isServing(service)).toBe(true);
    await expect(grpc.isServing('spendledger.v1.NoSuchService')).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
    grpc.close();
  });

  it('lists its services by gRPC reflection', async () => {
    const client = new Client(ledger.grpcAddress, credentials.createInsecure());
    const keep = (raw: Buffer) => raw;
    const stream = client.makeBidiStreamRequest(
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      keep,
      keep,
    );
    const answer = new Promise<Buffer>((resolve, reject) => {
      stream.on('data', resolve);
      stream.on('error', reject);
    });
    // list_services, field 7 of the request, with any text.
    stream.write(Buffer.from([0x3a, 0x01, 0x2a]));
    const listed = (await answer).toString('latin1');
    for (const service of SERVICES) expect(listed).toContain(service);
    stream.end();
    client.close();
  });
});
