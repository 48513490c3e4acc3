import { Metadata } from '@grpc/grpc-js';
import { ANYBODY } from '#libs/access';
import { parseGateways } from '#libs/gateways';
import { Problem } from '#libs/runtime';
import type { Admission } from '../admit';
import { faultDenial } from '../denial';
import { GatewayDirectory } from '../gateway-directory';
import { AnswerTime } from './answer-time';
import { ExtAuthzController } from './ext-authz.controller';

const scope = [{ type: 'user', userId: 'header:x-user' }];
const read = parseGateways({
  version: 1,
  gateways: { grpc: { scope }, response: { scope, faults: 'response' } },
});
if (!read.ok) throw new Error('it is in order');
const denial = faultDenial(new Problem('unavailable', 'Away.'), { style: 'plain' });
const admission = {
  admit: () => Promise.resolve({ outcome: 'fault', denial }),
} as unknown as Admission;
const door = new ExtAuthzController(
  new GatewayDirectory({ current: read.value }),
  admission,
  new AnswerTime(() => 1_000),
);

function check(gateway: string) {
  const metadata = new Metadata();
  metadata.set('x-spend-gateway', gateway);
  const call = { metadata, cancelled: false, getDeadline: () => Infinity };
  return door.check({}, ANYBODY, call as unknown as Parameters<typeof door.check>[2]);
}

describe('a ledger that cannot answer', () => {
  it('says so as an error of gRPC', async () => {
    await expect(check('grpc')).rejects.toMatchObject({ code: 'unavailable', detail: 'Away.' });
  });

  it('says so as an answer of its own, where the rules want it', async () => {
    expect(await check('response')).toEqual({
      status: { code: 14, message: 'Away.' },
      error_response: { status: { code: 503 }, headers: expect.any(Array), body: denial.body },
    });
  });
});

describe('the time of an answer', () => {
  it('is nine tenths of what the caller leaves', () => {
    const time = new AnswerTime(() => 1_000);
    const leftMs = time.answerByMs(Date.now() + 10_000) - 1_000;
    expect(Math.round(leftMs / 100)).toBe(90);
    expect(time.answerByMs(Infinity)).toBe(Infinity);
  });
});
