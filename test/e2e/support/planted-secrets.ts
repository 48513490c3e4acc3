import { spendEvent } from '#libs/testing';
import { inEvents, inHeaders, scopesWith, type Planted } from './planted-events';
import { inHolds } from './planted-holds';

const USER = { type: 'user', userId: 'alice' };
const EVENT = { 'content-type': 'application/cloudevents+json' };
const JSON_TYPE = { 'content-type': 'application/json' };
const BUDGET = { account: 'user:alice', limit: '1', window: { type: 'total' } };
const ROUTES = [
  ['POST', '/v1/events'],
  ['POST', '/v1/check'],
  ['POST', '/v1/authorize'],
  ['GET', '/v1/balances?account=user:alice'],
  ['GET', '/v1/budgets'],
  ['GET', '/v1/budgets/b'],
  ['GET', '/v1/decisions/d'],
  ['PUT', '/v1/budgets/b'],
  ['DELETE', '/v1/budgets/b'],
  ['GET', '/v1/warnings'],
  ['GET', '/v1/whoami'],
  ['GET', '/v1/statements/2026-04'],
  ['GET', '/v1/months'],
  ['GET', '/v1/series?account=user:alice'],
  ['GET', '/v1/budgets/b/burn'],
  ['GET', '/v1/projection'],
  ['GET', '/v1/credentials'],
  ['GET', '/v1/explanations?account=user:alice'],
  ['GET', '/v1/decisions/d/explanation'],
  ['POST', '/v1/holds'],
  ['GET', '/v1/holds'],
  ['GET', '/v1/holds/h'],
  ['POST', '/v1/holds/h/settle'],
  ['POST', '/v1/holds/h/release'],
  ['POST', '/v1/holds/h/extend'],
  ['GET', '/livez'],
  ['GET', '/readyz'],
  ['GET', '/metrics'],
  ['GET', '/openapi.json'],
] as const;

/** Every field, path, query and header of every HTTP route, with a secret in it. */
export function plantedRequests(secret: string): Planted[] {
  return [
    ...inEvents(secret),
    ...inHeaders(secret),
    ...inChecks(secret),
    ...inBudgets(secret),
    ...inHolds(secret),
    ...inQueries(secret),
    ...ROUTES.flatMap(([method, path]) => everywhere(method, path, secret)),
  ];
}

function inChecks(secret: string): Planted[] {
  const bodies: [string, unknown][] = [
    ...scopesWith(secret).map(([where, scope]): [string, unknown] => [where, { scope }]),
    ['estimate', { scope: USER, estimate: secret }],
    ['minPosition', { scope: USER, minPosition: secret }],
    ['a stranger', { scope: USER, stranger: secret }],
    ['the name of a stranger', { scope: USER, [secret]: 1 }],
    ['a text', JSON.stringify(secret)],
    ['no JSON', secret],
  ];
  return ['/v1/check', '/v1/authorize'].flatMap((path) => [
    ...bodies.map(([where, body]) => ({ where, method: 'POST', path, headers: JSON_TYPE, body })),
    {
      where: 'content-type',
      method: 'POST',
      path,
      headers: { 'content-type': secret },
      body: { scope: USER },
    },
  ]);
}

function inBudgets(secret: string): Planted[] {
  const settings: [string, object][] = [
    ...accountsWith(secret).map((account): [string, object] => [account, { account }]),
    ['limit', { limit: secret }],
    ['window', { window: secret }],
    ['window.type', { window: { type: secret } }],
    ['window.from', { window: { type: 'total', from: secret } }],
    ['a stranger in window', { window: { type: 'total', [secret]: 1 } }],
    ['warnAt', { warnAt: ['0.5', secret] }],
    ['enforce', { enforce: secret }],
    ['outage', { outage: secret }],
    ['validUntil', { validUntil: secret }],
    ['a stranger', { stranger: secret }],
    ['the name of a stranger', { [secret]: 1 }],
  ];
  const put = { method: 'PUT', path: '/v1/budgets/b', headers: JSON_TYPE };
  return [
    ...settings.map(([where, more]) => ({ ...put, where, body: { ...BUDGET, ...more } })),
    { ...put, where: 'content-type', headers: { 'content-type': secret }, body: BUDGET },
    ...[secret, `"${secret}"`, `"1", "${secret}"`].flatMap((ifMatch) => [
      {
        ...put,
        where: `if-match ${ifMatch}`,
        headers: { ...JSON_TYPE, 'if-match': ifMatch },
        body: BUDGET,
      },
      {
        where: `if-match ${ifMatch}`,
        method: 'DELETE',
        path: '/v1/budgets/b',
        headers: { 'if-match': ifMatch },
      },
    ]),
    ...['PUT', 'GET', 'DELETE'].map((method) => ({
      where: 'budgetId',
      method,
      path: `/v1/budgets/${secret.replace('-', '%2D')}`,
      ...(method === 'PUT' && { headers: JSON_TYPE, body: BUDGET }),
    })),
  ];
}

function accountsWith(secret: string): string[] {
  const escaped = `%${secret.charCodeAt(0).toString(16)}${secret.slice(1)}`;
  return [
    secret,
    `user:${secret}`,
    `key:${escaped}`,
    `team:${secret}`,
    `member:${secret}/a`,
    `member:a/${secret}`,
    `member:${secret}/*`,
  ];
}

function inQueries(secret: string): Planted[] {
  const get = (path: string): Planted => ({ where: path, method: 'GET', path });
  return [
    ...accountsWith(secret).flatMap((account) => [
      get(`/v1/balances?account=${encodeURIComponent(account)}`),
      get(`/v1/budgets?account=${encodeURIComponent(account)}`),
      get(`/v1/warnings?account=${encodeURIComponent(account)}`),
      get(`/v1/explanations?account=${encodeURIComponent(account)}`),
      get(`/v1/series?account=${encodeURIComponent(account)}`),
      get(`/v1/statements/2026-04?account=${encodeURIComponent(account)}`),
      get(`/v1/budgets/b/burn?account=${encodeURIComponent(account)}`),
    ]),
    get(`/v1/balances?account=user:a&minPosition=${secret}`),
    get(`/v1/decisions/${secret}`),
    get(`/v1/decisions/${secret}/explanation`),
    get(`/v1/statements/${secret}`),
    get(`/v1/statements/2026-04?zone=${secret}`),
    get(`/v1/months?pageToken=${secret}`),
    get(`/v1/explanations?account=user:a&window=${secret}`),
    get(`/v1/decisions/${secret.replace('-', '%2D')}`),
    get(`/v1/budgets?pageSize=${secret}`),
    get(`/v1/budgets?pageToken=${secret}`),
    get(`/v1/warnings?pageToken=${secret}`),
    get(`/v1/credentials?pageToken=${secret}`),
    {
      where: 'dryRun',
      method: 'PUT',
      path: `/v1/budgets/b?dryRun=${secret}`,
      headers: JSON_TYPE,
      body: BUDGET,
    },
  ];
}

/** What every route has: a path to stray from, a query to add to, an x-request-id. */
function everywhere(method: string, path: string, secret: string): Planted[] {
  const [bare] = path.split('?') as [string];
  const sign = path.includes('?') ? '&' : '?';
  const request = {
    method,
    ...(method === 'POST' && { headers: bare === '/v1/events' ? EVENT : JSON_TYPE }),
    ...(method === 'PUT' && { headers: JSON_TYPE, body: BUDGET }),
    ...(method === 'POST' && {
      body: bare === '/v1/events' ? spendEvent(USER, '1') : { scope: USER },
    }),
  };
  return [
    { ...request, where: 'a path beyond', path: `${bare}/x/${secret}` },
    { ...request, where: 'a parameter', path: `${path}${sign}x=${secret}` },
    { ...request, where: 'the name of a parameter', path: `${path}${sign}${secret}=x` },
    { ...request, where: 'a broken query', path: `${path}${sign}x=${secret}%ff` },
    {
      ...request,
      where: 'x-request-id',
      path,
      headers: { ...request.headers, 'x-request-id': secret },
    },
  ];
}
