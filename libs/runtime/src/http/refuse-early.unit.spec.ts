import type { FastifyRequest } from 'fastify';
import { asItIs } from '../redact';
import { refuseEarly } from './refuse-early';

const asked = (url: string) =>
  ({
    raw: { headers: { host: 'x' }, rawHeaders: ['Host', 'x'], url, httpVersion: '1.1' },
  }) as unknown as FastifyRequest;
const told = (url: string, areClosing: boolean) =>
  refuseEarly(asked(url), { redact: asItIs, doors: { areClosing } });

describe('a request that comes while the doors close', () => {
  it('is sent to another process', () => {
    expect(told('/v1/check', true)).toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 1,
      headers: { connection: 'close' },
    });
    expect(told('/v1/check', false)).toBeUndefined();
  });

  it.each(['/livez', '/readyz', '/servez', '/metrics', '/openapi.json'])(
    'is answered all the same: %s',
    (url) => expect(told(url, true)).toBeUndefined(),
  );
});
