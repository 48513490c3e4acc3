import {
  createTestDatabase,
  LedgerProcess,
  positionOf,
  SecureKafka,
  type TestDatabase,
} from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };

describe('a ledger whose brokers let in nobody unknown', () => {
  let kafka: SecureKafka;
  let db: TestDatabase;
  let env: Record<string, string>;
  const processes: LedgerProcess[] = [];

  beforeAll(async () => {
    kafka = await SecureKafka.start();
    await kafka.setPassword('ledger', 'first-secret');
    db = await createTestDatabase({ ledger: false });
    env = {
      DATABASE_URL: db.url,
      KAFKA_BROKERS: kafka.passwordAddress,
      KAFKA_TLS: 'true',
      KAFKA_CA_FILE: kafka.files.write('ca.crt', kafka.serverCa.certificate),
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'ledger',
      KAFKA_SASL_PASSWORD_FILE: kafka.files.write('password', 'first-secret\n'),
    };
  });

  afterAll(async () => {
    for (const process of processes) await process.stop();
    await db?.drop();
    await kafka?.remove();
  });

  const open = async (app: 'ingest' | 'projector' | 'auth', more = {}) => {
    const opened = await LedgerProcess.open({ app, env: { ...env, ...more } });
    processes.push(opened);
    return opened;
  };

  it('records by password, projects by certificate, and answers', async () => {
    const ingest = await open('ingest');
    const { certificate, key } = await kafka.clientCa.issue({ use: 'client' });
    await open('projector', {
      KAFKA_BROKERS: kafka.certificateAddress,
      KAFKA_CERT_FILE: kafka.files.write('tls.crt', certificate),
      KAFKA_KEY_FILE: kafka.files.write('tls.key', key),
      KAFKA_SASL_MECHANISM: '',
      KAFKA_SASL_USERNAME: '',
      KAFKA_SASL_PASSWORD_FILE: '',
    });
    const auth = await open('auth');
    await ingest.ready();
    await auth.ready();
    const recorded = await ingest.http.record(ALICE, '4.20');
    expect(recorded.status).toBe(201);
    const { body } = await auth.http.balance('user:alice', positionOf([recorded]));
    expect(body.spentAllTime).toBe('4.20');
    expect(await auth.http.check(ALICE)).toMatchObject({ body: { allowed: true } });
  });

  it('does not start with a password that the brokers do not take, and shows none', async () => {
    const wrong = kafka.files.write('wrong', 'another-secret\n');
    const { code, text } = await LedgerProcess.refusal({
      app: 'ingest',
      env: { ...env, KAFKA_SASL_PASSWORD_FILE: wrong },
    });
    expect(code).toBe(1);
    expect(text).toMatch(
      /^The brokers do not accept the user of KAFKA_SASL_USERNAME with the password in KAFKA_SASL_PASSWORD_FILE \(.*\)\.\n$/,
    );
    const printed = processes.map(({ output }) => output).join('');
    expect(text + printed).not.toMatch(/first-secret|another-secret/);
  });
});
