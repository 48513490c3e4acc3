import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, HttpLedger } from './http-ledger';
import type { Spend } from './spend-workload';

const MOST_ATTEMPTS = 200;
const PAUSE_MS = 100;

/**
 * Records a spend as every producer has to (docs/api.md): no answer or a 503 says *unknown*, so the same is sent again
 * until it is acknowledged.
 * @param door which one to send an attempt to
 * @returns the 201 or 200
 */
export async function recordUntilAcknowledged(
  spend: Spend,
  door: (attempt: number) => HttpLedger,
): Promise<Answer> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const answer = await door(attempt)
      .post('/v1/events', spend, 'application/cloudevents+json')
      .catch(() => undefined);
    if (answer && answer.status < 300) return answer;
    if (answer && answer.status !== 503) {
      throw new Error(`${answer.status} for a good event: ${JSON.stringify(answer.body)}`);
    }
    await sleep(PAUSE_MS);
  }
  throw new Error(`not acknowledged after ${MOST_ATTEMPTS} attempts: ${spend.id}`);
}

/** A position that has all of what these answers acknowledged. */
export function positionOf(answers: readonly Answer[]): string {
  return [...new Set(answers.map(({ body }) => body.position as string))].join(',');
}
