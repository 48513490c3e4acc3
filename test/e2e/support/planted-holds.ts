import { scopesWith, type Planted } from './planted-events';

const JSON_TYPE = { 'content-type': 'application/json' };
const HOLD = { scope: { type: 'user', userId: 'alice' }, amount: '1', ttlSeconds: 1 };

/** Requests about holds with a secret in one place. */
export function inHolds(secret: string): Planted[] {
  const escaped = secret.replace('-', '%2D').replace('_', '%5F');
  const post = (where: string, path: string, body: unknown, headers: object = JSON_TYPE) => ({
    where,
    method: 'POST',
    path,
    body,
    headers: headers as Record<string, string>,
  });
  const takes: [string, unknown][] = [
    ...scopesWith(secret).map(([where, scope]): [string, unknown] => [where, { ...HOLD, scope }]),
    ...['amount', 'ttlSeconds', 'requestId', 'minPosition', 'stranger', secret].map(
      (name): [string, unknown] => [name, { ...HOLD, [name]: secret }],
    ),
    ['no JSON', secret],
  ];
  const settles: [string, unknown][] = [
    ...['amount', 'time', 'basis', 'model', 'stranger', secret].map((name): [string, unknown] => [
      name,
      { amount: '1', [name]: secret },
    ]),
    ['metadata', { amount: '1', metadata: { a: [{ b: secret }] } }],
    ['a name in metadata', { amount: '1', metadata: { a: { [secret]: 1 } } }],
  ];
  const extensions = ['ttlSeconds', 'amount', 'stranger', secret].map((name) => ({
    [name]: secret,
  }));
  const ids = [secret, escaped];
  return [
    ...takes.map(([where, body]) => post(where, '/v1/holds', body)),
    post('Idempotency-Key', '/v1/holds', HOLD, { ...JSON_TYPE, 'idempotency-key': secret }),
    post('content-type', '/v1/holds', HOLD, { 'content-type': secret }),
    ...settles.map(([where, body]) => post(where, '/v1/holds/h/settle', body)),
    ...extensions.map((body) => post('a member', '/v1/holds/h/extend', body)),
    post('a member', '/v1/holds/h/release', { [secret]: 1 }),
    post('a text', '/v1/holds/h/release', JSON.stringify(secret)),
    ...ids.flatMap((id) => [
      post('holdId', `/v1/holds/${id}/settle`, { amount: '1' }),
      post('holdId', `/v1/holds/${id}/release`, {}),
      post('holdId', `/v1/holds/${id}/extend`, { amount: '1' }),
    ]),
    ...[
      ...ids.map((id) => `/v1/holds/${id}`),
      ...['user:', 'key:', 'team:', 'member:a/'].map((at) => `/v1/holds?account=${at}${secret}`),
      ...['state', 'pageSize', 'pageToken'].map((name) => `/v1/holds?${name}=${secret}`),
    ].map((path) => ({ where: path, method: 'GET', path })),
  ];
}
