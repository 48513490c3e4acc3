import { SPEND_TYPE, spendEvent } from '#libs/testing';
import type { Role } from './ledger-processes';

const JSON_TYPE = { 'content-type': 'application/json' };
const EVENT_TYPE = { 'content-type': 'application/cloudevents+json' };
const USER = { type: 'user', userId: 'alice' };
const RECORD = { role: 'ingest', method: 'POST', path: '/v1/events' } as const;

interface OverHttp {
  readonly where: string;
  readonly role: Role;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A raw key where an id is asked for, and where none is. */
export function rawKeyOverHttp(rawKey: string): OverHttp[] {
  return [...inIds(rawKey), ...inHeaders(rawKey), ...inBudgets(rawKey)];
}

function inIds(rawKey: string): OverHttp[] {
  const scopes = [
    { type: 'key', keyId: rawKey },
    { ...USER, keyId: rawKey },
    { type: 'user', userId: rawKey },
  ];
  const ids: [where: string, event: object][] = [
    ...scopes.map((scope): [string, object] => [
      `${Object.keys(scope).join()} in an event`,
      spendEvent(scope, '1'),
    ]),
    ['event id', spendEvent(USER, '1', { id: rawKey })],
  ];
  return [
    ...scopes.flatMap((scope) =>
      ['/v1/check', '/v1/authorize'].map((path): OverHttp => {
        const where = `${Object.keys(scope).join()} in ${path}`;
        return { where, role: 'auth', method: 'POST', path, headers: JSON_TYPE, body: { scope } };
      }),
    ),
    ...ids.map(([where, body]): OverHttp => ({ ...RECORD, where, headers: EVENT_TYPE, body })),
  ];
}

function inHeaders(rawKey: string): OverHttp[] {
  const scope = USER;
  const headers = { ...JSON_TYPE, 'x-request-id': rawKey };
  const event = {
    'ce-specversion': '1.0',
    'ce-id': rawKey,
    'ce-source': 'gateway',
    'ce-type': SPEND_TYPE,
    'ce-time': '2026-04-28T10:00:00Z',
  };
  return [
    {
      where: 'x-request-id',
      role: 'auth',
      method: 'POST',
      path: '/v1/check',
      headers,
      body: { scope },
    },
    {
      ...RECORD,
      where: 'ce-id',
      headers: { ...JSON_TYPE, ...event },
      body: { scope, amount: '1' },
    },
  ];
}

function inBudgets(rawKey: string): OverHttp[] {
  const budget = { account: 'user:alice', limit: '1', window: { type: 'total' } };
  const put = { role: 'ingest', method: 'PUT', headers: JSON_TYPE } as const;
  const get = { role: 'auth', method: 'GET' } as const;
  const [path, account] = [`/v1/budgets/${rawKey}`, `key:${rawKey}`];
  return [
    { ...put, where: 'account', path: '/v1/budgets/b', body: { ...budget, account } },
    { ...put, where: 'budget id', path, body: budget },
    { ...get, where: 'budget id', path },
    { ...get, where: 'page token', path: `/v1/budgets?pageToken=before-${rawKey}` },
    { ...get, where: 'account in a list', path: `/v1/budgets?account=${account}` },
    { ...get, where: 'account of a balance', path: `/v1/balances?account=${account}` },
  ];
}

type OverGrpc = [
  role: Role,
  service: 'IngestService' | 'BudgetService' | 'BudgetAdminService',
  method: string,
  request: object,
];

export function rawKeyOverGrpc(rawKey: string): OverGrpc[] {
  const scope = { key: { key_id: rawKey } };
  const time = { seconds: 1_777_370_400 };
  const event = { id: 'call-1', source: 'gateway', time, amount: '0.10', scope };
  const budget = { budget_id: 'b', account: `key:${rawKey}`, limit: '1', window: { total: {} } };
  return [
    ['auth', 'BudgetService', 'Check', { scope }],
    ['auth', 'BudgetService', 'GetBalance', { account: `key:${rawKey}` }],
    ['ingest', 'IngestService', 'RecordSpend', { event }],
    ['ingest', 'BudgetAdminService', 'SetBudget', { budget }],
  ];
}
