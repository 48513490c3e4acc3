import { Database } from '#libs/postgres';
import { Metrics, type Knock, type PeerCertificate } from '#libs/runtime';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { AccessGate, type GateOptions } from './access-gate';
import { ANYBODY, type Caller } from './caller';
import { KnownCredentials } from './known-credentials';
import { insertCredential } from './manage-credentials';
import type { CredentialKind } from './read-credentials';
import { hashToken, makeToken } from './token';

const HOUR_MS = 3_600_000;

describe('the gate', () => {
  let db: TestDatabase;
  let ofGate: Database;
  let credentials: KnownCredentials;
  let clockMs: number;
  let metrics: Metrics;

  beforeEach(async () => {
    db = await createTestDatabase();
    ofGate = new Database(db.options);
    clockMs = Date.now();
  });
  afterEach(async () => {
    await credentials.stop();
    await ofGate.close();
    await db.drop();
  });

  async function open({
    refreshMs = 10,
    maxWaiting = 10,
    mode = 'closed',
  }: { refreshMs?: number } & Partial<GateOptions> = {}): Promise<AccessGate> {
    const options = { refreshMs, nowMs: () => clockMs, onError: () => undefined };
    credentials = await KnownCredentials.open(ofGate, options);
    metrics = new Metrics();
    return new AccessGate(credentials, { mode, maxWaiting, metrics });
  }

  async function keep(kind: CredentialKind, matches: string, more: object = {}): Promise<void> {
    const bindings = { accounts: [], sources: [] };
    const given = { roles: ['check' as const], bindings, by: 'test', expiresIn: undefined };
    await insertCredential(db.database.kysely, { kind, name: 'gw', matches, ...given, ...more });
  }

  async function keepToken(more: object = {}): Promise<string> {
    const token = makeToken();
    await keep('token', hashToken(token), more);
    return token;
  }

  const ask = async (gate: AccessGate, knock: Partial<Knock>): Promise<Caller> =>
    gate.admit({ authorization: [], certificate: undefined, host: undefined, ...knock }, ['check']);
  const bearer = (token: string) => ({ authorization: [`Bearer ${token}`] });
  const showing = (...sans: string[]): { certificate: PeerCertificate } => ({
    certificate: { authorized: true, sans, notAfterMs: clockMs + HOUR_MS },
  });

  it('knows of a credential that was made after it opened', async () => {
    const gate = await open();
    expect(await ask(gate, bearer(await keepToken()))).toMatchObject({ name: 'gw' });
  });

  it.each(['Bearer sk-of-a-client', 'Basic YTpi'])(
    'takes %s for a client’s own only where a proxy asks, and no credential is needed',
    async (authorization) => {
      const ofClient = { authorization: [authorization], mayBeOfClient: true };
      const gate = await open({ mode: 'open' });
      expect(await ask(gate, ofClient)).toMatchObject({ name: ANYBODY.name });
      for (const [mode, knock] of [
        ['open', { authorization: [authorization] }],
        ['closed', ofClient],
      ] as const) {
        await credentials.stop();
        const other = await open({ mode });
        await expect(ask(other, knock)).rejects.toMatchObject({ code: 'unauthenticated' });
      }
    },
  );

  it('lets few strangers wait, and sends the others away', async () => {
    const gate = await open({ refreshMs: 60_000, maxWaiting: 3 });
    const waiting = Array.from({ length: 3 }, () => ask(gate, bearer(makeToken())));
    await expect(ask(gate, bearer(makeToken()))).rejects.toMatchObject({ code: 'overloaded' });
    expect(await metrics.registry.metrics()).toContain(
      'access_refusals_total{reason="too_many"} 1',
    );
    await credentials.stop();
    for (const each of waiting) await expect(each).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('lets in whom it knows while strangers wait', async () => {
    const token = await keepToken();
    const gate = await open({ refreshMs: 60_000, maxWaiting: 1 });
    const stranger = ask(gate, bearer(makeToken()));
    stranger.catch(() => undefined);
    expect(await ask(gate, bearer(token))).toMatchObject({ name: 'gw' });
  });

  it('goes by what it knew while the database is away, and guesses nothing', async () => {
    const token = await keepToken();
    const gate = await open();
    await ofGate.close();
    expect(await ask(gate, bearer(token))).toMatchObject({ name: 'gw' });
    await expect(ask(gate, bearer(makeToken()))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(ask(gate, {})).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('refuses what has expired by the clock of the ledger', async () => {
    const token = await keepToken({ expiresIn: 'PT1H' });
    const gate = await open({ refreshMs: 60_000 });
    expect(await ask(gate, bearer(token))).toMatchObject({ name: 'gw' });
    clockMs += HOUR_MS + 60_000;
    await expect(Promise.race([ask(gate, bearer(token)), soon()])).resolves.toBe('waits');
  });

  it('takes a certificate by a name in it, and one name in several', async () => {
    await keep('certificate', 'DNS:gw.internal');
    const gate = await open();
    const sans = ['DNS:gw.internal', 'DNS:other.internal'];
    expect(await ask(gate, showing(...sans))).toMatchObject({ name: 'gw' });
    for (const none of [[], ['DNS:other.internal'], ['URI:gw.internal'], ['DNS:GW.internal.']]) {
      const asked = ask(gate, showing(...none));
      await expect(asked).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('takes no certificate that the door does not trust, whatever else there is', async () => {
    await keep('certificate', 'DNS:gw.internal');
    const token = await keepToken({ name: 'other' });
    const gate = await open();
    const { certificate } = showing('DNS:gw.internal');
    const untrusted = { certificate: { ...certificate, authorized: false } };
    const expired = { certificate: { ...certificate, notAfterMs: clockMs - 1 } };
    for (const knock of [untrusted, expired]) {
      await expect(ask(gate, knock)).rejects.toMatchObject({ code: 'unauthenticated' });
      const both = ask(gate, { ...knock, ...bearer(token) });
      await expect(both).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('refuses credentials that disagree, and takes those that say the same', async () => {
    await keep('certificate', 'DNS:gw.internal');
    await keep('certificate', 'DNS:second.internal', { name: 'second' });
    const same = await keepToken();
    const other = await keepToken({ name: 'other' });
    const gate = await open();
    const shown = showing('DNS:gw.internal');
    expect(await ask(gate, { ...shown, ...bearer(same) })).toMatchObject({ name: 'gw' });
    const mesh = showing('DNS:unmapped.internal');
    expect(await ask(gate, { ...mesh, ...bearer(other) })).toMatchObject({ name: 'other' });
    for (const knock of [
      { ...shown, ...bearer(other) },
      { ...shown, ...bearer(makeToken()) },
      showing('DNS:gw.internal', 'DNS:second.internal'),
    ]) {
      await expect(ask(gate, knock)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });
});

const soon = (): Promise<string> =>
  new Promise((resolve) => setTimeout(() => resolve('waits'), 200));
