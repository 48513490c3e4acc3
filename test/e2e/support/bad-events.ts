import { spendEvent } from '#libs/testing';

/** Spend events that the HTTP door has to refuse, each with the one thing that is wrong with it. */

const USER = { type: 'user', userId: 'alice' };
const TEAM = { type: 'team', teamId: 'ml', userId: 'alice' };
const KEY = { type: 'key', keyId: 'key-7' };

/** What is wrong with an event: the event, and what the refusal names. */
export type BadEvent = [what: string, event: unknown, field: string, rule: string];

const event = (more: object): object => spendEvent(USER, '1.00', more);
const data = (more: object): object => spendEvent(USER, '1.00', {}, more);
const scope = (given: unknown): object => spendEvent(given as object, '1.00');
const TWICE = Buffer.from('{"amount":"1","amount":"2"}').toString('base64');
const inBase64 = (data_base64: string): object => ({ ...event({ data_base64 }), data: undefined });
const ahead = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

export const MISSING: BadEvent[] = [
  ...['id', 'source', 'type', 'time'].map((name): BadEvent => [
    name,
    event({ [name]: undefined }),
    name,
    'required',
  ]),
  // A null attribute is an unset one (CloudEvents JSON format §2.2).
  ['source', event({ source: null }), 'source', 'required'],
  ['specversion', event({ specversion: undefined }), 'specversion', 'one_of'],
  ['data', { ...event({}), data: undefined }, 'data', 'required'],
  ['scope', data({ scope: undefined }), 'data.scope', 'required'],
  ['amount', spendEvent(USER, undefined), 'data.amount', 'required'],
  ['type of scope', scope({ userId: 'a' }), 'data.scope.type', 'one_of'],
  ['keyId', scope({ type: 'key' }), 'data.scope.keyId', 'required'],
  ['userId', scope({ type: 'user', keyId: 'k' }), 'data.scope.userId', 'required'],
  ['teamId', scope({ type: 'team', userId: 'a' }), 'data.scope.teamId', 'required'],
];

export const WRONG_TYPED: BadEvent[] = [
  ['id', event({ id: 7 }), 'id', 'string'],
  ['source', event({ source: [] }), 'source', 'string'],
  ['time', event({ time: 1777284000 }), 'time', 'rfc3339'],
  ['specversion', event({ specversion: 1 }), 'specversion', 'one_of'],
  ['type', event({ type: ['spendledger.spend.recorded.v1'] }), 'type', 'one_of'],
  ['extension', event({ traceparent: {} }), 'traceparent', 'type'],
  ['extension', event({ sequence: 2 ** 31 }), 'sequence', 'range'],
  ['subject', event({ subject: 5 }), 'subject', 'string'],
  ['subject', event({ subject: '' }), 'subject', 'not_empty'],
  ['dataschema', event({ dataschema: 'schema.json' }), 'dataschema', 'uri'],
  ['data', { ...event({}), data: [] }, 'data', 'object'],
  ['data', { ...event({}), data: '{}' }, 'data', 'object'],
  ['data', { ...event({}), data: null }, 'data', 'object'],
  ['scope', scope('user:alice'), 'data.scope', 'object'],
  ['scope', scope([USER]), 'data.scope', 'object'],
  ['scope', scope(null), 'data.scope', 'object'],
  ['userId', scope({ type: 'user', userId: 7 }), 'data.scope.userId', 'string'],
  ['keyId', scope({ ...USER, keyId: null }), 'data.scope.keyId', 'string'],
  ['amount', data({ amount: 1.5 }), 'data.amount', 'decimal_string'],
  ['amount', data({ amount: 0 }), 'data.amount', 'decimal_string'],
  ['amount', data({ amount: null }), 'data.amount', 'decimal_string'],
  ['amount', data({ amount: ['1'] }), 'data.amount', 'decimal_string'],
  ['currency', data({ currency: null }), 'data.currency', 'currency'],
  ['basis', data({ basis: null }), 'data.basis', 'one_of'],
  ['requestId', data({ requestId: 7 }), 'data.requestId', 'string'],
  ['holdId', data({ holdId: null }), 'data.holdId', 'string'],
  ['model', data({ model: { name: 'gpt-5' } }), 'data.model', 'string'],
  ['metadata', data({ metadata: ['a'] }), 'data.metadata', 'object'],
  ['metadata', data({ metadata: null }), 'data.metadata', 'object'],
  ['labels', data({ labels: null }), 'data.labels', 'object'],
  ['labels', data({ labels: ['org'] }), 'data.labels', 'object'],
  ['labels', data({ labels: { org: 7 } }), 'data.labels.org', 'string'],
  ['labels', data({ labels: { org: null } }), 'data.labels.org', 'string'],
];

export const UNKNOWN: BadEvent[] = [
  ['member of data', data({ cost: '1' }), 'data.cost', 'unknown_member'],
  ['member of data', data({ Amount: '1' }), 'data.Amount', 'unknown_member'],
  ['member of data', data({ ['constructor']: '1' }), 'data.constructor', 'unknown_member'],
  ['member of data', data({ ['__proto__']: USER }), 'data.__proto__', 'unknown_member'],
  ['member of scope', scope({ ...USER, budget: 'b' }), 'data.scope.budget', 'unknown_member'],
  ['attribute', event({ Subject: 'x' }), 'Subject', 'unknown_member'],
  ['data twice', event({ data_base64: 'e30=' }), 'data_base64', 'absent'],
  ['data in broken base64', inBase64('e30'), 'data_base64', 'base64'],
  ['data in base64 of no JSON', inBase64('AP8B'), 'data_base64', 'utf8'],
  ['member of data in base64', inBase64(TWICE), 'data.amount', 'unique_members'],
  ['attribute of the ledger', event({ recordedat: ahead(0) }), 'recordedat', 'reserved'],
  ['attribute of the ledger', event({ holdoutcome: 'settled' }), 'holdoutcome', 'reserved'],
  ['attribute of the ledger', event({ ledgerlabels: '{"a":"b"}' }), 'ledgerlabels', 'reserved'],
  ['attribute of the ledger', event({ ledgerpools: 'yes' }), 'ledgerpools', 'reserved'],
  ['type', event({ type: 'com.example.spend' }), 'type', 'one_of'],
  ['version', event({ type: 'spendledger.spend.recorded.v2' }), 'type', 'one_of'],
  ['specversion', event({ specversion: '0.3' }), 'specversion', 'one_of'],
  ['media type of data', event({ datacontenttype: 'text/xml' }), 'datacontenttype', 'media_type'],
  ['source', event({ source: 'ledger/budgets' }), 'source', 'reserved'],
  ['id of another scope', scope({ ...KEY, userId: 'a' }), 'data.scope.userId', 'unknown_member'],
  ['id of another scope', scope({ ...USER, teamId: 'ml' }), 'data.scope.teamId', 'unknown_member'],
  ['type of scope', scope({ ...TEAM, type: 'org' }), 'data.scope.type', 'one_of'],
  ['basis', data({ basis: 'guess' }), 'data.basis', 'one_of'],
  ['currency', data({ currency: 'EUR' }), 'data.currency', 'currency'],
  ['currency', data({ currency: 'usd' }), 'data.currency', 'currency'],
];

const AMOUNT_TEXTS = [
  '-1',
  '+1',
  'NaN',
  'Infinity',
  '1e3',
  '1E-3',
  '0x1',
  '01',
  '.5',
  '1.',
  '',
  ' 1',
  '1,5',
  '1 000',
  '٣',
  '1.0000000000001',
  `1${'0'.repeat(15)}`,
  '9'.repeat(5000),
];
const TIME_TEXTS: [time: string, rule: string][] = [
  ['2026-04-27T10:00:00', 'offset'],
  ['2026-04-27T10:00:00+25:00', 'offset'],
  ['2026-04-27', 'rfc3339'],
  ['2026-02-30T10:00:00Z', 'rfc3339'],
  ['2026-04-27T24:00:00Z', 'rfc3339'],
  ['2026-04-27 10:00:00Z', 'rfc3339'],
  ['yesterday', 'rfc3339'],
  ['', 'rfc3339'],
  ['0000-01-01T00:00:00Z', 'range'],
  ['0001-01-01T00:00:00+01:00', 'range'],
  [ahead(60), 'not_ahead'],
  ['9999-12-31T23:59:59Z', 'not_ahead'],
];
const ID_TEXTS: [id: string, rule: string][] = [
  ['', 'not_empty'],
  ['x'.repeat(257), 'length'],
  ['é'.repeat(129), 'length'],
  [' a', 'trimmed'],
  ['a\u00a0', 'trimmed'],
  ['a\nb', 'control'],
  ['a\u0085b', 'control'],
];
const idsEverywhere = (id: string, rule: string): BadEvent[] => [
  ['id', event({ id }), 'id', rule],
  ['source', event({ source: id }), 'source', rule],
  ['keyId', scope({ ...TEAM, keyId: id }), 'data.scope.keyId', rule],
  ['userId', scope({ ...USER, userId: id }), 'data.scope.userId', rule],
  ['teamId', scope({ ...TEAM, teamId: id }), 'data.scope.teamId', rule],
  ...['requestId', 'holdId', 'model'].map((name): BadEvent => [
    name,
    data({ [name]: id }),
    `data.${name}`,
    rule,
  ]),
  ['label', data({ labels: { org: id } }), 'data.labels.org', rule],
];

export const LABELS: BadEvent[] = [
  ...['Org', '', '1a', 'a'.repeat(64), '__proto__', 'a b'].map((name): BadEvent => [
    `named ${name.slice(0, 20)}`,
    data({ labels: { [name]: 'x' } }),
    name === '' ? 'data.labels.' : `data.labels.${name}`,
    'label_name',
  ]),
  [
    'of which there are 9',
    data({ labels: Object.fromEntries(Array.from('abcdefghi', (name) => [name, 'x'])) }),
    'data.labels',
    'max_members',
  ],
];
export const AMOUNTS: BadEvent[] = AMOUNT_TEXTS.map((amount) => [
  amount.slice(0, 20),
  data({ amount }),
  'data.amount',
  'decimal',
]);
export const TIMES: BadEvent[] = TIME_TEXTS.map(([time, rule]) => [
  time,
  event({ time }),
  'time',
  rule,
]);
export const IDS: BadEvent[] = ID_TEXTS.flatMap(([id, rule]) => idsEverywhere(id, rule));
