import type { Report } from './adapter-process';
import type { Outcome } from './run-scenario';
import type { Expectations, ExpectedReport } from './scenario';
import { story, type SeenRequest } from './seen-request';

/** Timers of two processes may differ by so much. */
const CLOCKS_APART_MS = 20;
/** What stands on the report; all else is said of its last step. */
const OF_REPORT = ['steps', 'warnings', 'atLeastWarnings', 'upstream', 'journal'];

/** Fails with what the ledger, the proxy and the client saw. */
export function expectOutcome(expected: Expectations, outcome: Outcome): void {
  const { requests, truth, reports, leaks } = outcome;
  const seen = {
    ...(expected.requests !== undefined && { requests: story(requests) }),
    ...(expected.answered !== undefined && { answered: answers(requests, expected.answered) }),
    ...(expected.quietSeconds !== undefined && {
      isQuiet: quietMs(requests) >= expected.quietSeconds * 1000 - CLOCKS_APART_MS,
    }),
    ledger: pick(truth, Object.keys(expected.ledger)),
    leaks,
    client: reports,
  };
  const clients = [expected.client ?? {}].flat() as readonly (ExpectedReport | null)[];
  expect(seen).toEqual({
    ...(expected.requests !== undefined && { requests: expected.requests }),
    ...(expected.answered !== undefined && { answered: expected.answered }),
    ...(expected.quietSeconds !== undefined && { isQuiet: true }),
    ledger: expected.ledger,
    leaks: [],
    client: reports.map((ofRun, run) => ofRun.map(() => like(clients[run]))),
  });
}

function like(expected: ExpectedReport | null | undefined): unknown {
  if (expected === null) return null;
  const ofStep = Object.entries(expected ?? {}).filter(([name]) => !OF_REPORT.includes(name));
  return new ReportLike(expected ?? {}, Object.fromEntries(ofStep));
}

/** Compares a report with what stands in a scenario, and shows the scenario's words when it differs. */
class ReportLike {
  readonly $$typeof = Symbol.for('jest.asymmetricMatcher');

  constructor(
    private readonly expected: ExpectedReport,
    private readonly ofStep: ExpectedReport,
  ) {}

  asymmetricMatch(report: Report | null): boolean {
    if (report === null) return false;
    const { steps, atLeastWarnings = 0, ...rest } = pick(this.expected, OF_REPORT);
    const { steps: done, ...said } = report;
    return (
      matches(said, rest) &&
      report.warnings >= Number(atLeastWarnings) &&
      matchesStep(done.at(-1), this.ofStep) &&
      ((steps ?? []) as ExpectedReport[]).every((step, at) => matchesStep(done[at], step))
    );
  }

  toAsymmetricMatcher(): string {
    return `a report like ${JSON.stringify(this.expected)}`;
  }
}

function matchesStep(done: Report['steps'][number] | undefined, expected: ExpectedReport): boolean {
  const { kind, ...rest } = expected;
  const kinds = (done?.['kinds'] ?? []) as readonly unknown[];
  return (kind === undefined || kinds.includes(kind)) && matches(done, rest);
}

function matches(received: unknown, expected: object): boolean {
  try {
    expect(received).toMatchObject(expected);
    return true;
  } catch {
    return false;
  }
}

function answers(requests: readonly SeenRequest[], asked: object): Record<string, number> {
  return Object.fromEntries(
    Object.keys(asked).map((name) => [
      name,
      requests.filter(({ kind, status }) => `${kind} ${status}` === name).length,
    ]),
  );
}

/** How long nothing came after the first fault. */
function quietMs(requests: readonly SeenRequest[]): number {
  const at = requests.findIndex(({ fault }) => fault !== undefined);
  const after = requests[at + 1];
  return after === undefined ? Infinity : after.atMs - (requests[at]!.faultedAtMs ?? Infinity);
}

function pick<T extends object>(from: T, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
