import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';
import { SPEND_TYPE, spendEvent, type Spend } from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };
export const SECRET = `sk-${'a1B2'.repeat(6)}`;
export const CONFLICTED: Spend = {
  ...(spendEvent(ALICE, '1.00', { id: 'conflicted' }) as unknown as Spend),
};

export function structured(event: object): Message {
  return {
    key: randomUUID(),
    headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
    value: JSON.stringify(event),
  };
}

export function binary({ data, ...attributes }: Spend): Message {
  const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]);
  return {
    headers: { ...Object.fromEntries(headers), 'content-type': 'application/json', mine: 'x' },
    value: JSON.stringify(data),
  };
}

interface BadRecord {
  readonly why: string;
  readonly code: string;
  readonly message: Message;
}

export function badRecords(): BadRecord[] {
  const one = (data: object = {}, event: object = {}) => spendEvent(ALICE, '1.00', event, data);
  const invalid: Record<string, Message> = {
    garbage: { key: 'k', value: Buffer.from([0, 255, 1]) },
    'no value': { key: 'tombstone', value: null },
    'an empty team': structured(spendEvent({ type: 'team', teamId: '' }, '1.00')),
    'a negative amount': structured(spendEvent(ALICE, '-1.00')),
    'a number for money': structured(one({ amount: 1 })),
    'a member nobody knows': structured(one({ surprise: true })),
    'a source of the ledger': structured(one({}, { source: 'ledger/budgets' })),
    'a time far ahead': structured(one({}, { time: '2999-01-01T00:00:00Z' })),
    'a secret': structured(spendEvent({ type: 'key', keyId: SECRET }, '1.00')),
    'batch mode': {
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      value: JSON.stringify([one()]),
    },
    'a header twice': {
      headers: { ce_id: ['a', 'b'], ce_source: 's', ce_type: SPEND_TYPE, ce_specversion: '1.0' },
      value: JSON.stringify({ scope: ALICE, amount: '1.00' }),
    },
    // kafkajs reads the first of them with a member of Object before it.
    'headers that JavaScript has names for': {
      headers: { constructor: 'x', toString: 'y' },
      value: 'garbage',
    },
    'no UTF-8': { headers: { ce_id: Buffer.from([0xff]) }, value: '{}' },
  };
  return [
    ...Object.entries(invalid).map(([why, message]) => ({ why, code: 'invalid', message })),
    {
      why: 'another content',
      code: 'event_conflict',
      message: structured({ ...CONFLICTED, data: { ...CONFLICTED.data, amount: '2.00' } }),
    },
    {
      why: 'too large',
      code: 'too_large',
      message: structured(one({ metadata: { note: 'x'.repeat(200_000) } })),
    },
  ];
}
