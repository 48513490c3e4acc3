import { status as grpcStatus } from '@grpc/grpc-js';
import type { GrpcOutcome } from './grpc-outcome';

/** What a door made of an event, in the words of all of them. */
export type Outcome =
  | { readonly said: 'recorded' | 'duplicate'; readonly recordedAt: number }
  | {
      readonly said: 'conflict';
      readonly recordedHash: string;
      readonly givenHash: string;
      readonly differs: unknown;
      readonly onRecord: unknown;
    };

export function httpOutcome(status: number, body: Record<string, unknown>): Outcome {
  if (body['code'] === 'event_conflict') {
    expect(status).toBe(409);
    const { recordedHash, givenHash, onRecord, differs } = body;
    return { said: 'conflict', recordedHash, givenHash, onRecord, differs } as Outcome;
  }
  expect([status, body]).toEqual([
    body['duplicate'] === true ? 200 : 201,
    expect.objectContaining({ source: 'café' }),
  ]);
  const recordedAt = Date.parse(body['recordedAt'] as string);
  return { said: body['duplicate'] === true ? 'duplicate' : 'recorded', recordedAt };
}

export function grpcOutcome({ code, value, reason, metadata = {} }: GrpcOutcome): Outcome {
  if (reason === 'event_conflict') {
    expect(code).toBe(grpcStatus.ALREADY_EXISTS);
    const { recordedHash, givenHash, onRecord = 'null', differs = 'null' } = metadata;
    const [recorded, named] = [onRecord, differs].map((text) => JSON.parse(text) as unknown);
    return {
      said: 'conflict',
      recordedHash,
      givenHash,
      onRecord: recorded,
      differs: named,
    } as Outcome;
  }
  expect([code, value?.receipt.source]).toEqual([grpcStatus.OK, 'café']);
  const { recorded_at, duplicate } = value.receipt;
  const recordedAt = Number(recorded_at.seconds) * 1000 + Math.trunc(recorded_at.nanos / 1e6);
  return { said: duplicate ? 'duplicate' : 'recorded', recordedAt };
}
