import { createHash } from 'node:crypto';
import { status as grpcStatus } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { grpcOutcome, httpOutcome, type Outcome } from './support/door-outcome';
import { callGrpc } from './support/grpc-outcome';

const TYPE = 'spendledger.spend.recorded.v1';
const SCOPE = { type: 'team', teamId: 'ml/ops', userId: 'josé@x.org', keyId: '%2A' };
const LABELS = { project: 'a/b c%', org: 'café' };
const METADATA = { b: [1, 'é', null, { z: 0.5, a: true }], a: '💸' };
/** What one and the same event comes to, as the log and every hash have it. */
const CONTENT = {
  type: TYPE,
  time: '2026-04-27T10:00:00.123456Z',
  scope: SCOPE,
  currency: 'USD',
  basis: 'exact',
  requestId: 'req-1',
  model: 'gpt-5',
  labels: LABELS,
  metadata: METADATA,
};

describe('the doors agree', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    grpc = ledger.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  /** Each says the same event in its own way: other digits, other offsets, defaults said and unsaid. */
  const doors: Readonly<Record<string, (id: string, amount: string) => Promise<Outcome>>> = {
    structured: async (id, amount) => {
      const event = {
        specversion: '1.0',
        id,
        source: 'café',
        type: TYPE,
        time: '2026-04-27T12:00:00.123456789+02:00',
        data: { ...said(amount), currency: 'USD', basis: 'exact', metadata: METADATA },
      };
      const { status, body } = await ledger.http.post(
        '/v1/events',
        event,
        'application/cloudevents+json',
      );
      return httpOutcome(status, body);
    },
    batch: async (id, amount) => {
      const event = {
        data: { metadata: { a: '\ud83d\udcb8', b: METADATA.b }, ...said(`${amount}0`) },
        time: '2026-04-27t10:00:00.1234560z',
        type: TYPE,
        source: 'café',
        id,
        specversion: '1.0',
        datacontenttype: 'application/json',
      };
      const { body } = await ledger.http.post(
        '/v1/events',
        [event],
        'application/cloudevents-batch+json',
      );
      const [result] = body.results;
      return httpOutcome(result.status, result.problem ?? result);
    },
    base64: async (id, amount) => {
      const data = JSON.stringify({ metadata: METADATA, ...said(`${amount}00`) });
      const event = {
        specversion: '1.0',
        id,
        source: 'café',
        type: TYPE,
        time: '2026-04-27T10:00:00.123456Z',
        data_base64: Buffer.from(data).toString('base64'),
      };
      const { status, body } = await ledger.http.post(
        '/v1/events',
        event,
        'application/cloudevents+json',
      );
      return httpOutcome(status, body);
    },
    binary: async (id, amount) => {
      const headers = {
        'content-type': 'application/json; charset=UTF-8',
        'ce-specversion': '1.0',
        'ce-id': id,
        'ce-source': 'caf%C3%A9',
        'ce-type': TYPE,
        'ce-time': '2026-04-27T05:30:00.123456-04:30',
      };
      const data = { ...said(`${amount}00000`), metadata: METADATA };
      const { status, body } = await ledger.http.request('POST', '/v1/events', data, headers);
      return httpOutcome(status, body);
    },
    gRPC: async (id, amount) => {
      const event = {
        id,
        source: 'café',
        amount,
        request_id: 'req-1',
        model: 'gpt-5',
        labels: { org: LABELS.org, project: LABELS.project },
        time: { seconds: Date.parse('2026-04-27T10:00:00Z') / 1000, nanos: 123_456_999 },
        scope: { team: { team_id: SCOPE.teamId, user_id: SCOPE.userId, key_id: SCOPE.keyId } },
        metadata: structOf(METADATA),
      };
      return grpcOutcome(await callGrpc(grpc, 'IngestService', 'RecordSpend', { event }));
    },
  };
  const names = Object.keys(doors);

  it.each(names)('on an event that came first through %s', async (first) => {
    const id = `first-${first}`;
    const recorded = await doors[first]!(id, '1.5');
    expect(recorded).toMatchObject({ said: 'recorded' });
    const { recordedAt } = recorded as { recordedAt: number };
    for (const name of names) {
      expect([name, await doors[name]!(id, '1.5')]).toEqual([
        name,
        { said: 'duplicate', recordedAt },
      ]);
    }
  });

  it('on an event that comes through all of them at once', async () => {
    const many = [...names, ...names, ...names];
    const outcomes = await Promise.all(many.map((name) => doors[name]!('at-once', '1.5')));
    expect(outcomes.map(({ said }) => said).sort()).toEqual(
      many.map((_, n) => (n < many.length - 1 ? 'duplicate' : 'recorded')),
    );
    const times = new Set(outcomes.map((outcome) => 'recordedAt' in outcome && outcome.recordedAt));
    expect(times.size).toBe(1);
  });

  it.each(names)('on other content under the same id, which came through %s', async (name) => {
    const id = `first-${name}`;
    let conflict = await doors[name]!(id, '2.5');
    await waitUntil('the conflict shows what is on record', async () => {
      conflict = await doors[name]!(id, '2.5');
      return conflict.said === 'conflict' && conflict.onRecord !== null;
    });
    expect(conflict).toEqual({
      said: 'conflict',
      recordedHash: hashOf('1.50'),
      givenHash: hashOf('2.50'),
      differs: ['amount'],
      onRecord: expect.objectContaining({
        id,
        source: 'café',
        type: TYPE,
        time: CONTENT.time,
        data: { ...contentOf('1.50'), type: undefined, time: undefined },
      }),
    });
  });

  it('on what is counted, and that once', async () => {
    const { body } = await ledger.http.balance('member:ml%2Fops/josé@x.org');
    expect(body.spentAllTime).toBe('9.00');
  });

  it('on what is wrong, each in its own names', async () => {
    const overHttp = await ledger.http.record({ type: 'user', userId: '' }, '1');
    expect(overHttp.body.errors).toMatchObject([{ field: 'data.scope.userId', rule: 'not_empty' }]);
    const event = { id: 'x', source: 'x', time: { seconds: 1 }, scope: { user: {} }, amount: '1' };
    const overGrpc = await callGrpc(grpc, 'IngestService', 'RecordSpend', { event });
    expect(overGrpc).toMatchObject({
      code: grpcStatus.INVALID_ARGUMENT,
      reason: overHttp.body.code,
      domain: 'spendledger',
      faults: [['event.scope.user.user_id', 'not_empty']],
    });
  });
});

const said = (amount: string) => ({
  scope: SCOPE,
  amount,
  requestId: 'req-1',
  model: 'gpt-5',
  labels: LABELS,
});
const contentOf = (amount: string) => ({ ...CONTENT, amount });

/** The content hash by hand: SHA-256 over the RFC 8785 form. */
function hashOf(amount: string): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(contentOf(amount))))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

function structOf(tree: object): object {
  return {
    fields: Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, valueOf(value)])),
  };
}

function valueOf(value: unknown): object {
  if (value === null) return { nullValue: 'NULL_VALUE' };
  if (Array.isArray(value)) return { listValue: { values: value.map(valueOf) } };
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'number':
      return { numberValue: value };
    case 'boolean':
      return { boolValue: value };
    default:
      return { structValue: structOf(value as object) };
  }
}
