import { type sendUnaryData, status as grpcStatus } from '@grpc/grpc-js';
import { isObservable } from 'rxjs';

type Answer = sendUnaryData<unknown>;

/** Nest's handlers give a plain answer, or an observable: always when a filter refused. */
export function settleAnswer(result: unknown, answer: Answer): void {
  if (!isObservable(result)) {
    answer(null, result);
    return;
  }
  let answered = false;
  const once: Answer = (error, value) => {
    if (answered) return;
    answered = true;
    answer(error, value);
  };
  result.subscribe({
    next: (value) => once(null, value),
    error: (error: Parameters<Answer>[0]) => once(error),
    complete: () => once(LOST_STATUS),
  });
}

export const LOST_STATUS = { code: grpcStatus.INTERNAL, details: 'The call got no answer.' };
