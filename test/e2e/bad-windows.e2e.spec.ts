import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  type Answer,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from './support/expect-problem';
import { footprintOf } from './support/footprint';
import { callGrpc } from './support/grpc-outcome';

const MONTH = { type: 'calendar', unit: 'month', zone: 'Europe/Berlin' };
const EVERY = { type: 'every', duration: 'P30D', anchor: '2026-04-01T00:00:00Z' };
const month = (more: object) => ({ ...MONTH, ...more });
const every = (more: object) => ({ ...EVERY, ...more });

type Bad = [what: string, window: unknown, field: string, rule: string];

const WINDOWS: Bad[] = [
  ['of no type', { unit: 'day', zone: 'UTC' }, 'window.type', 'one_of'],
  ['of an unknown type', { type: 'rolling' }, 'window.type', 'one_of'],
  ['without a unit', month({ unit: undefined }), 'window.unit', 'required'],
  ['of an unknown unit', month({ unit: 'fortnight' }), 'window.unit', 'one_of'],
  ['without a zone', month({ zone: undefined }), 'window.zone', 'required'],
  ['in an unknown zone', month({ zone: 'Mars/Olympus_Mons' }), 'window.zone', 'time_zone'],
  ['in an offset', month({ zone: '+01:00' }), 'window.zone', 'time_zone'],
  ['in a zone of null', month({ zone: null }), 'window.zone', 'time_zone'],
  ['from day 0', month({ startDay: 0 }), 'window.startDay', 'range'],
  ['from day 29', month({ startDay: 29 }), 'window.startDay', 'range'],
  ['from half a day', month({ startDay: 1.5 }), 'window.startDay', 'whole_number'],
  ['from a text of a day', month({ startDay: '1' }), 'window.startDay', 'whole_number'],
  ['from the eighth day', month({ unit: 'week', startDay: 8 }), 'window.startDay', 'range'],
  ['of a day from a day', month({ unit: 'day', startDay: 1 }), 'window.startDay', 'unknown_member'],
  ['of a month from a month', month({ startMonth: 1 }), 'window.startMonth', 'unknown_member'],
  ['from month 13', month({ unit: 'year', startMonth: 13 }), 'window.startMonth', 'range'],
  ['from hour 24', month({ startHour: 24 }), 'window.startHour', 'range'],
  ['from hour -1', month({ startHour: -1 }), 'window.startHour', 'range'],
  ['with an anchor', month({ anchor: EVERY.anchor }), 'window.anchor', 'unknown_member'],
  ['without a duration', every({ duration: undefined }), 'window.duration', 'required'],
  ['of no duration', every({ duration: 'monthly' }), 'window.duration', 'iso_duration'],
  ['of zero', every({ duration: 'PT0S' }), 'window.duration', 'range'],
  ['of no days', every({ duration: 'P0D' }), 'window.duration', 'range'],
  ['below zero', every({ duration: '-P30D' }), 'window.duration', 'range'],
  ['below a minute', every({ duration: 'PT59S' }), 'window.duration', 'range'],
  ['without an anchor', every({ anchor: undefined }), 'window.anchor', 'required'],
  ['from no offset', every({ anchor: '2026-04-01T00:00:00' }), 'window.anchor', 'offset'],
  ['from a second', every({ anchor: '2026-04-01T00:00:01Z' }), 'window.anchor', 'whole_minute'],
  ['with a zone', every({ zone: 'UTC' }), 'window.zone', 'unknown_member'],
];

const calendar = (more: object) => ({
  calendar: { unit: 'CALENDAR_UNIT_MONTH', zone: 'Europe/Berlin', ...more },
});
const everyMessage = (more: object) => ({
  every: { duration: 'P30D', anchor: { seconds: 1_775_001_600 }, ...more },
});

const MESSAGES: Bad[] = [
  ['of no kind', {}, 'window', 'required'],
  ['of no unit', calendar({ unit: 0 }), 'window.calendar.unit', 'required'],
  ['of an unknown unit', calendar({ unit: 9 }), 'window.calendar.unit', 'one_of'],
  ['without a zone', calendar({ zone: '' }), 'window.calendar.zone', 'time_zone'],
  ['in an unknown zone', calendar({ zone: 'Mars/Olympus' }), 'window.calendar.zone', 'time_zone'],
  ['from day 0', calendar({ start_day: 0 }), 'window.calendar.start_day', 'range'],
  ['from day 29', calendar({ start_day: 29 }), 'window.calendar.start_day', 'range'],
  ['from a month', calendar({ start_month: 1 }), 'window.calendar.start_month', 'unknown_member'],
  ['from hour 24', calendar({ start_hour: 24 }), 'window.calendar.start_hour', 'range'],
  ['of no duration', everyMessage({ duration: '' }), 'window.every.duration', 'iso_duration'],
  ['below a minute', everyMessage({ duration: 'PT59S' }), 'window.every.duration', 'range'],
  ['without an anchor', everyMessage({ anchor: null }), 'window.every.anchor', 'required'],
  [
    'from a second',
    everyMessage({ anchor: { seconds: 1_775_001_601 } }),
    'window.every.anchor',
    'whole_minute',
  ],
  [
    'from beyond all years',
    everyMessage({ anchor: { seconds: 253_402_300_800 } }),
    'window.every.anchor.seconds',
    'range',
  ],
];

describe('a bad window', () => {
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

  it.each(WINDOWS)(
    'is refused %s, in a budget and in a preview',
    async (_what, window, at, rule) => {
      const budget = { account: 'user:alice', limit: '1', window };
      await refused(() => ledger.http.request('PUT', '/v1/budgets/b', budget), at, rule);
      await refused(() => preview({ window }), at, rule);
    },
  );

  it.each<[string, object, string, string]>([
    ['nothing', {}, 'window', 'required'],
    ['no window', { window: MONTH, count: 0 }, 'count', 'range'],
    ['too many windows', { window: MONTH, count: 1001 }, 'count', 'range'],
    ['half a window', { window: MONTH, count: 0.5 }, 'count', 'whole_number'],
    ['a text of a number', { window: MONTH, count: '5' }, 'count', 'whole_number'],
    ['a time without offset', { window: MONTH, at: '2026-04-01T00:00:00' }, 'at', 'offset'],
    ['a time of null', { window: MONTH, at: null }, 'at', 'rfc3339'],
    ['a stranger', { window: MONTH, from: '2026-04-01T00:00:00Z' }, 'from', 'unknown_member'],
  ])('is refused in a preview of %s', (_what, body, at, rule) =>
    refused(() => preview(body), at, rule),
  );

  it('is told all that is wrong with it at once', async () => {
    const window = {
      type: 'calendar',
      unit: 'week',
      zone: 'CEST',
      startDay: 8,
      startMonth: 1,
      at: 1,
    };
    expectProblem(await preview({ window, count: 0 }), 400, 'invalid', [
      ['window.at', 'unknown_member'],
      ['window.zone', 'time_zone'],
      ['window.startMonth', 'unknown_member'],
      ['window.startDay', 'range'],
      ['count', 'range'],
    ]);
  });

  it.each(MESSAGES)('is refused over gRPC %s', async (_what, window, at, rule) => {
    const before = await footprintOf(db.database);
    const budget = { budget_id: 'b', account: 'user:alice', limit: '1', window };
    const set = await callGrpc(grpc, 'BudgetAdminService', 'SetBudget', { budget });
    expect(set).toMatchObject(invalid([`budget.${at}`, rule]));
    const shown = await callGrpc(grpc, 'BudgetAdminService', 'PreviewWindows', { window });
    expect(shown).toMatchObject(invalid([at, rule]));
    expect(await footprintOf(db.database)).toEqual(before);
  });

  it.each([
    [{ window: calendar({}), count: 1001 }, 'count', 'range'],
    [{ window: calendar({}), count: -1 }, 'count', 'range'],
    [{ window: calendar({}), at: { seconds: 0, nanos: -1 } }, 'at.nanos', 'range'],
    [{}, 'window', 'required'],
  ])('is refused over gRPC in a preview as %j', async (request, at, rule) => {
    const shown = await callGrpc(grpc, 'BudgetAdminService', 'PreviewWindows', request);
    expect(shown).toMatchObject(invalid([at, rule]));
  });

  const preview = (body: object) => ledger.http.post('/v1/windows/preview', body);

  const invalid = (fault: [string, string]) => ({
    code: status.INVALID_ARGUMENT,
    reason: 'invalid',
    faults: [fault],
  });

  /** Expects a refusal that leaves nothing behind. */
  async function refused(request: () => Promise<Answer>, at: string, rule: string) {
    const before = await footprintOf(db.database);
    expectProblem(await request(), 400, 'invalid', [[at, rule]]);
    expect(await footprintOf(db.database)).toEqual(before);
  }
});
