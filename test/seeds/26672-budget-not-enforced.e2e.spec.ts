import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { positionOf, spendEvent } from '#libs/testing';
import { callGrpc } from '../e2e/support/grpc-outcome';
import { ASKS, type Told } from './support/ask';
import { LedgerProcesses } from './support/ledger-processes';
import { rawKeyOverGrpc, rawKeyOverHttp } from './support/raw-keys';
import {
  caller,
  DOORS,
  expected,
  REPORTED_SPEND,
  setBudgets,
  type Caller,
} from './support/report-26672';

const AUTHS = ['auth', 'second auth'] as const;
const ALL = ['ingest', 'projector', ...AUTHS] as const;
const RAW_KEY = `sk-raw${randomBytes(12).toString('hex')}`;

describe('#26672 on Kafka: no path admits what a budget forbids', () => {
  const ledger = new LedgerProcesses('Kafka', { LOG_LEVEL: 'debug' });
  const reported = caller('reported', ['a', 'b']);
  let position: string;

  beforeAll(async () => {
    await ledger.start(ALL);
    position = await DOORS.HTTP.record(ledger, reported.scope, REPORTED_SPEND);
    await setBudgets(ledger, DOORS.HTTP, reported);
  });

  afterAll(() => ledger.remove());

  const askEverywhere = ({ scope }: Caller, minPosition?: string) =>
    Promise.all(
      AUTHS.flatMap((auth) =>
        Object.values(ASKS).map((ask) => ask(ledger, auth, scope, minPosition)),
      ),
    );
  const everywhere = (told: Told | undefined) =>
    AUTHS.flatMap(() => Object.keys(ASKS).map(() => told));

  describe.each([
    { door: 'HTTP', ids: ['a', 'b'] },
    { door: 'gRPC', ids: ['b', 'a'] },
  ] as const)('calls of about 0.1, reported by $door', ({ door, ids }) => {
    const alice = caller(door, ids);

    it('the first is admitted', async () => {
      await setBudgets(ledger, DOORS[door], alice);
      expect(await askEverywhere(alice)).toEqual(everywhere(expected(alice, '0.00')));
    });

    it('the second is refused, whichever door asks, for it is over the budget of the key', async () => {
      const minPosition = await DOORS[door].record(ledger, alice.scope, '0.0987');
      const refused = expected(alice, '0.0987');
      expect(refused.blockedBy).toBe(alice.keyBudget);
      expect(await askEverywhere(alice, minPosition)).toEqual(everywhere(refused));
    });

    it('of two that are exceeded and never reset it names the one with the first id', async () => {
      const minPosition = await DOORS[door].record(ledger, alice.scope, '0.0987');
      const refused = expected(alice, '0.1974');
      expect(refused.blockedBy).toBe(door === 'HTTP' ? alice.userBudget : alice.keyBudget);
      expect(await askEverywhere(alice, minPosition)).toEqual(everywhere(refused));
    });
  });

  it('budgets that are set below what is spent refuse the very next call', async () => {
    expect(await askEverywhere(reported)).toEqual(everywhere(expected(reported, REPORTED_SPEND)));
  });

  it('none of 200 calls at once is admitted, while calls that ran before are still reported', async () => {
    const asks = Object.values(ASKS);
    const [answers, late] = await Promise.all([
      Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          asks[n % asks.length]!(ledger, AUTHS[n % AUTHS.length]!, reported.scope),
        ),
      ),
      Promise.all(
        Array.from({ length: 20 }, () => ledger.http('ingest').record(reported.scope, '0.10')),
      ),
    ]);
    expect(answers).toHaveLength(200);
    for (const told of answers) {
      const spent = told?.budgets[0]?.[1] ?? 'not told';
      expect(told).toEqual(expected(reported, spent));
      expect(Number(spent)).toBeGreaterThanOrEqual(Number(REPORTED_SPEND));
    }
    position = `${position},${positionOf(late)}`;
    const all = expected(reported, '2.540408');
    expect(await askEverywhere(reported, position)).toEqual(everywhere(all));
  });

  it.each(rawKeyOverHttp(RAW_KEY))(
    'a raw key as $where is refused by $role, $method',
    async ({ role, method, path, headers = {}, body }) => {
      const answer = await ledger.http(role).request(method, path, body, { ...headers });
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid']);
      expect(JSON.stringify([...answer.headers, answer.body])).not.toContain(RAW_KEY);
    },
  );

  it.each(rawKeyOverGrpc(RAW_KEY))(
    'a raw key is refused by %s, %s/%s',
    async (role, service, method, request) => {
      const refused = await callGrpc(ledger.grpc(role), service, method, request);
      expect(refused).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'invalid' });
      expect(refused.text).not.toContain(RAW_KEY);
    },
  );

  describe('a new server over an existing log', () => {
    beforeAll(async () => {
      const users = Array.from({ length: 1000 }, (_, n) => ({ type: 'user', userId: `user-${n}` }));
      for (let batch = 0; batch < 4; batch++) {
        const events = users.map((scope) => spendEvent(scope, '0.01'));
        const type = 'application/cloudevents-batch+json';
        expect((await ledger.http('ingest').post('/v1/events', events, type)).status).toBe(200);
      }
    });

    it('admits nobody while no projector tells it what is spent', async () => {
      expect(await ledger.stop('SIGTERM', ['projector', ...AUTHS])).toEqual([0, 0, 0]);
      await ledger.open(AUTHS);
      expect(await askEverywhere(reported)).toEqual(everywhere(undefined));
    });

    it('refuses as before when there is one again', async () => {
      await ledger.start(['projector']);
      await expectRefusals(await untilAnswered());
    });

    it('on a new database, admits nobody before it has read the log', async () => {
      await ledger.stop();
      await ledger.newDatabase();
      await ledger.open(AUTHS);
      expect(await askEverywhere(reported)).toEqual(everywhere(undefined));
      const [answers] = await Promise.all([untilAnswered(), ledger.start(['ingest', 'projector'])]);
      await expectRefusals(answers);
    });

    /** Asks again and again until each auth answers. @returns all it was told */
    async function untilAnswered(): Promise<Told[]> {
      const told: Told[] = [];
      for (;;) {
        const answers = await askEverywhere(reported);
        const given = answers.filter((answer) => answer !== undefined);
        told.push(...given);
        if (given.length === answers.length) return told;
      }
    }

    async function expectRefusals(answers: readonly Told[]): Promise<void> {
      const refused = expected(reported, '2.540408');
      for (const told of answers) expect(told).toEqual(refused);
      expect(await askEverywhere(reported, position)).toEqual(everywhere(refused));
    }
  });

  it('no process has said a raw key', async () => {
    await ledger.stop();
    expect(ledger.output).toContain('"level":"debug"');
    expect(ledger.output).not.toContain(RAW_KEY);
  });
});
