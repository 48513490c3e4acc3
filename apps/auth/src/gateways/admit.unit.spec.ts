import { ANYBODY, otherThanBound } from '#libs/access';
import { parseGateways, type CallFacts } from '#libs/gateways';
import { parsePriceBook, type Labels } from '#libs/ledger';
import { Problem } from '#libs/runtime';
import type { AnsweredDecision } from '../decisions/answered-decision';
import type { HoldOutcome } from '../holds/hold-outcome';
import type { TakeRequest } from '../holds/hold-request';
import { Admission, type AdmissionParts, type AskedCall } from './admit';
import { metadataOf } from './admitted-call';

const book = parsePriceBook(
  { version: 'v1', currency: 'USD', models: [{ match: 'm', input: '1', output: '1' }] },
  {},
);
if (!book.ok) throw new Error('no prices');

const facts: CallFacts = {
  method: 'POST',
  path: '/',
  context: () => undefined,
  metadata: () => undefined,
  header: (name: string) => (name === 'x-user' ? 'ann' : undefined),
  descriptor: () => undefined,
  body: { bytes: Buffer.from('{"model":"m"}'), isCut: false },
};
const decision = { decisionId: null, allowed: true, remainingPico: null, budgets: [] };
const taken = {
  outcome: 'taken',
  hold: { holdId: 'h-1', createdAt: 5n },
  decision,
} as unknown as HoldOutcome;

const saysItsLabels: AdmissionParts['permits']['check'] = (
  _caller,
  { labels },
): Promise<Labels | undefined> => Promise.resolve(labels);

/** An admission whose ledger takes holds as `take` says, and what became of them. */
function admission(take: () => Promise<HoldOutcome>, more: Partial<AdmissionParts> = {}) {
  const released: Promise<HoldOutcome>[] = [];
  const asked: TakeRequest[] = [];
  const parts: AdmissionParts = {
    taker: {
      take: (request) => {
        asked.push(request);
        return take();
      },
    },
    checker: { check: () => Promise.reject(new Error('nobody checks')) },
    permits: { check: saysItsLabels, hold: saysItsLabels },
    passes: { of: () => Promise.resolve('unknown' as const) },
    prices: { current: book.ok ? book.value : undefined, ofVersion: () => undefined },
    givenUp: { releaseOf: (_request, taking) => released.push(taking) },
    monotonicMs: () => 0,
    now: () => 1n,
    newCallId: () => 'c-1',
    toProblem: (failure) =>
      failure instanceof Problem ? failure : new Problem('unavailable', 'Away.'),
    onAnswer: () => undefined,
    ...more,
  };
  return { released, asked, whole: new Admission(parts) };
}

function rulesOf(rules: object) {
  const scope = [{ type: 'user', userId: 'header:x-user' }];
  const read = parseGateways({ version: 1, gateways: { g: { scope, ...rules } } });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.value.byName.get('g')!;
}

const call = (more: Partial<AskedCall> = {}): AskedCall => ({
  caller: ANYBODY,
  answerByMs: Infinity,
  requestId: 'r-1',
  key: 'g/1',
  isGone: () => false,
  ...more,
});

describe('a call that is admitted', () => {
  it('is held for under the gateway’s own name for it', async () => {
    const { whole, asked, released } = admission(() => Promise.resolve(taken));
    const answer = await whole.admit(
      rulesOf({ ttlSeconds: 60, onExpiry: 'charge' }),
      facts,
      call(),
    );
    expect(answer).toMatchObject({
      outcome: 'admitted',
      call: { holdId: 'h-1', callId: 'h-1', at: 5n },
    });
    expect(asked).toMatchObject([
      { idempotencyKey: 'g/1', requestId: 'r-1', ttlSeconds: 60, onExpiry: 'charge' },
    ]);
    expect(released).toEqual([]);
  });
});

describe('a hold that no caller knows of', () => {
  it('is given up where the caller is gone when it is there', async () => {
    const { whole, released } = admission(() => Promise.resolve(taken));
    const answer = await whole.admit(rulesOf({}), facts, call({ isGone: () => true }));
    expect(answer.outcome).toBe('fault');
    expect(await Promise.all(released)).toEqual([taken]);
  });

  it('is given up where it comes too late', async () => {
    let answerNow: (outcome: HoldOutcome) => void = () => undefined;
    const { whole, released } = admission(() => new Promise((resolve) => (answerNow = resolve)));
    const answer = await whole.admit(rulesOf({}), facts, call({ answerByMs: 20 }));
    expect(answer).toMatchObject({ outcome: 'fault', denial: { status: 503 } });
    answerNow(taken);
    expect(await Promise.all(released)).toEqual([taken]);
  });

  it('is given up where the answer about it was lost', async () => {
    const { whole, released } = admission(() => Promise.reject(new Error('Connection terminated')));
    expect((await whole.admit(rulesOf({}), facts, call())).outcome).toBe('fault');
    await expect(Promise.all(released)).rejects.toThrow('Connection terminated');
  });

  it('is not taken at all where the time is over before', async () => {
    const { whole, asked, released } = admission(() => Promise.resolve(taken));
    const answer = await whole.admit(rulesOf({}), facts, call({ answerByMs: -1 }));
    expect([answer.outcome, asked, released]).toEqual(['fault', [], []]);
  });
});

it.each([['behind'], ['ended'], ['key_reused']] as const)(
  'a ledger that says %s refuses nobody: the gateway decides',
  async (outcome) => {
    const { whole } = admission(() => Promise.resolve({ outcome } as HoldOutcome));
    expect((await whole.admit(rulesOf({}), facts, call())).outcome).toBe('fault');
  },
);

it('a caller that is bound elsewhere is denied, and the client reads nothing of its bindings', async () => {
  const bound = { ...ANYBODY, bindings: { accounts: ['team:secret-team'], sources: [] } };
  const { whole } = admission(() => Promise.resolve(taken), {
    permits: {
      check: saysItsLabels,
      hold: (caller) => Promise.reject(otherThanBound(caller)),
    },
  });
  const answer = await whole.admit(rulesOf({}), facts, call({ caller: bound }));
  expect(answer).toMatchObject({ outcome: 'denied', denial: { code: 'forbidden', status: 403 } });
  expect(JSON.stringify(answer)).not.toContain('secret-team');
});

it('a call whose cost nobody knows is held for by the flat sum that the rules say', async () => {
  const { whole, asked } = admission(() => Promise.resolve(taken));
  const unknown = { ...facts, body: undefined };
  const refused = await whole.admit(rulesOf({}), unknown, call());
  expect(refused).toMatchObject({
    outcome: 'denied',
    denial: { code: 'model_unknown', status: 400 },
  });
  await whole.admit(rulesOf({ unknownModel: { estimate: '0.05' } }), unknown, call());
  expect(asked.map(({ amountPico }) => amountPico)).toEqual([5n * 10n ** 10n]);
});

describe('the labels of a call', () => {
  const LABELS = { env: 'const:prod', org: 'header:x-org?' };
  const fills: AdmissionParts['permits']['check'] = (_caller, { labels }) =>
    Promise.resolve(new Map([...(labels ?? []), ['project', 'search']]));

  it('are held for as the permits return them, with its model', async () => {
    const { whole, asked } = admission(() => Promise.resolve(taken), {
      permits: { check: saysItsLabels, hold: fills },
    });
    const answer = await whole.admit(rulesOf({ labels: LABELS }), facts, call());
    const labels = new Map([
      ['env', 'prod'],
      ['project', 'search'],
    ]);
    expect(asked).toMatchObject([{ labels, model: 'm' }]);
    expect(answer).toMatchObject({ outcome: 'admitted', call: { labels } });
    // The hold keeps them.
    expect(metadataOf(answer, 'g')).not.toHaveProperty('labels');
  });

  it('are checked as the permits return them, with its model, and come back with its report', async () => {
    const questions: unknown[] = [];
    const { whole } = admission(() => Promise.reject(new Error('nobody holds')), {
      permits: { check: fills, hold: saysItsLabels },
      checker: {
        check: (question) => {
          questions.push(question);
          return Promise.resolve({ ...decision, decidedAt: 5n } as unknown as AnsweredDecision);
        },
      },
    });
    const rules = rulesOf({ mode: 'check', labels: LABELS });
    const answer = await whole.admit(rules, facts, call());
    const labels = { env: 'prod', project: 'search' };
    expect(questions).toMatchObject([{ labels: new Map(Object.entries(labels)), model: 'm' }]);
    const left = metadataOf(answer, 'g')!;
    expect(JSON.parse(left['labels'] as string)).toEqual(labels);
  });

  it('refuse the call that lacks one, before anything is asked', async () => {
    const { whole, asked } = admission(() => Promise.resolve(taken));
    const answer = await whole.admit(rulesOf({ labels: { org: 'header:x-org' } }), facts, call());
    expect(answer).toMatchObject({ outcome: 'denied', denial: { code: 'invalid', status: 400 } });
    expect(JSON.stringify(answer)).toContain('labels.org is missing.');
    expect(asked).toEqual([]);
  });
});
