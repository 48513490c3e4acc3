import { spendEvent } from '#libs/testing';

/** A request with a secret in one place of it. */
export interface Planted {
  readonly where: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const USER = { type: 'user', userId: 'alice' };
const EVENT = { 'content-type': 'application/cloudevents+json' };
const BATCH = { 'content-type': 'application/cloudevents-batch+json' };
const JSON_TYPE = { 'content-type': 'application/json' };
const CE: Readonly<Record<string, string>> = {
  'ce-specversion': '1.0',
  'ce-id': 'call-1',
  'ce-source': 'test',
  'ce-type': 'spendledger.spend.recorded.v1',
  'ce-time': '2026-04-27T10:00:00Z',
};

/** Events and batches with a secret in one place, broken ones among them. */
export function inEvents(secret: string): Planted[] {
  const post = { method: 'POST', path: '/v1/events' };
  const broken: [string, unknown][] = [
    ['a text', JSON.stringify(secret)],
    ['half a text', `{"${secret}`],
    ['no JSON', `{${secret}:1}`],
    ['a name that stands twice', `{"${secret}":1,"${secret}":2}`],
    ['a name with U+0000 after it', `{"data":{"${secret}":"\\u0000"}}`],
    ['bytes that are not UTF-8', Buffer.from([...Buffer.from(`{"a":"${secret}`), 0xff])],
  ];
  return [
    ...eventsWith(secret).flatMap(([where, body]) => [
      { ...post, where: `event ${where}`, headers: EVENT, body },
      { ...post, where: `batch ${where}`, headers: BATCH, body: [spendEvent(USER, '0'), body] },
    ]),
    ...broken.map(([where, body]) => ({ ...post, where, headers: EVENT, body })),
    { ...post, where: 'an entry', headers: BATCH, body: [secret] },
    { ...post, where: 'half a batch', headers: BATCH, body: `["${secret}",` },
  ];
}

/** Events in binary mode with a secret in one header. */
export function inHeaders(secret: string): Planted[] {
  const body = { scope: USER, amount: '1' };
  const escaped = secret.replace('-', '%2D').replace('_', '%5F');
  const names = [
    ...Object.keys(CE),
    'ce-subject',
    'ce-datacontenttype',
    'ce-data',
    'ce-traceparent',
  ];
  const values = names.flatMap((name) =>
    [secret, escaped, `"${secret}"`].map((value) => ({ [name]: value })),
  );
  const planted = [...values, { [`ce-${secret}`]: 'x' }, { 'content-type': secret }];
  return planted.map((headers) => ({
    where: `header ${JSON.stringify(headers)}`,
    method: 'POST',
    path: '/v1/events',
    headers: { ...CE, ...JSON_TYPE, ...headers },
    body,
  }));
}

/** A scope with a secret in one place, for each place it has. */
export function scopesWith(secret: string): [where: string, scope: object][] {
  return [
    ['scope.type', { ...USER, type: secret }],
    ['scope.userId', { type: 'user', userId: secret }],
    ['scope.keyId of a user', { ...USER, keyId: secret }],
    ['scope.keyId', { type: 'key', keyId: secret }],
    ['scope.teamId', { type: 'team', teamId: secret }],
    ['scope.userId of a team', { type: 'team', teamId: 'ml', userId: secret }],
    ['a stranger in scope', { ...USER, stranger: secret }],
    ['the name of a stranger in scope', { ...USER, [secret]: 'x' }],
    ['scope', [secret]],
  ];
}

/** An event with the secret in one place, for each place it has. */
function eventsWith(secret: string): [where: string, event: object][] {
  const attributes = [
    'id',
    'source',
    'type',
    'time',
    'specversion',
    'datacontenttype',
    'dataschema',
    'subject',
    'traceparent',
    secret,
  ];
  const members = ['amount', 'currency', 'basis', 'requestId', 'holdId', 'model', 'cost', secret];
  const labels: object[] = [{ org: secret }, { [secret]: 'acme' }];
  const metadata: object[] = [{ a: secret }, { [secret]: 1 }, { a: [{ b: [secret] }] }];
  return [
    ...attributes.map((name): [string, object] => [
      name,
      spendEvent(USER, '1', { [name]: secret }),
    ]),
    ...members.map((name): [string, object] => [
      `data.${name}`,
      spendEvent(USER, '1', {}, { [name]: secret }),
    ]),
    ...labels.map((given, n): [string, object] => [
      `labels ${n}`,
      spendEvent(USER, '1', {}, { labels: given }),
    ]),
    ...metadata.map((tree, n): [string, object] => [
      `metadata ${n}`,
      spendEvent(USER, '1', {}, { metadata: tree }),
    ]),
    ...scopesWith(secret).map(([where, scope]): [string, object] => [
      where,
      spendEvent(scope, '1'),
    ]),
    ['data', { ...spendEvent(USER, '1'), data: secret }],
  ];
}
