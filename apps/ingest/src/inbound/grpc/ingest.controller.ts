import type { Caller } from '#libs/access';
import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import {
  CalledBy,
  fitAnswer,
  invalid,
  isRetryable,
  ITEMS_BYTES,
  Needs,
  Problem,
  problemFor,
  Turns,
  type Fitting,
  type MessageBatch,
} from '#libs/runtime';
import { parseReportedSpend, REQUEST_LIMITS, timestampOf } from '#libs/wire';
import { IngestParts } from '../../ingest-parts';
import { SpendRecorder } from '../../record-spend';
import { eventTooLarge } from '../event-too-large';
import { EventPermits } from '../permit-event';
import { recordRefusal } from '../record-refusal';
import { eventOfMessage, fieldInProto, type SpendMessage } from './spend-message';

/** `spendledger.v1.IngestService`. */
@Controller()
export class IngestGrpcController {
  constructor(
    private readonly recorder: SpendRecorder,
    private readonly permits: EventPermits,
    private readonly parts: IngestParts,
    private readonly turns: Turns,
  ) {}

  @Needs('record')
  @GrpcMethod('IngestService', 'RecordSpend')
  async recordSpend(
    @Payload() request: { event?: SpendMessage | null },
    @CalledBy() caller: Caller,
  ): Promise<object> {
    if (!request.event) {
      throw invalid([{ field: 'event', rule: 'required', message: 'is missing' }]);
    }
    return { receipt: await this.record(request.event, 'event', caller) };
  }

  @Needs('record')
  @GrpcMethod('IngestService', 'RecordSpendBatch')
  async recordSpendBatch(
    @Payload() batch: MessageBatch<SpendMessage>,
    @CalledBy() caller: Caller,
  ): Promise<object> {
    const { pieces } = batch;
    if (pieces.length > REQUEST_LIMITS.batchEvents) {
      throw new Problem('too_large', `A batch has at most ${REQUEST_LIMITS.batchEvents} events.`);
    }
    // All are read before the first is recorded: what is no message at all is refused as a whole.
    const events: (SpendMessage | undefined)[] = [];
    await this.turns.each(pieces, ({ length }, index) => {
      events.push(length > REQUEST_LIMITS.eventBytes ? undefined : batch.read(index));
    });
    const results: Promise<Fitting>[] = [];
    await this.turns.each(events, (event, index) => {
      results.push(this.recordEntry(event, `events[${index}]`, caller));
    });
    return { results: fitAnswer(await Promise.all(results), ITEMS_BYTES) };
  }

  private async record(message: SpendMessage, field: string, caller: Caller): Promise<object> {
    const { currency, labels, now } = this.parts;
    const event = eventOfMessage(message, field);
    if (!event.ok) throw invalid(event.errors);
    const spend = parseReportedSpend(event.value, { currency, labels, now: now() });
    if (!spend.ok) {
      throw invalid(
        spend.errors.map((error) => ({
          ...error,
          field: fieldInProto(error.field, field, message),
        })),
      );
    }
    const permitted = await this.permits.permit(caller, spend.value);
    const outcome = await this.recorder.record(permitted, caller.name);
    if (outcome.outcome === 'conflict') throw recordRefusal(outcome, caller);
    const { id, source } = spend.value.spend;
    const { position, duplicate } = outcome;
    return { id, source, position, recorded_at: timestampOf(outcome.recordedAt), duplicate };
  }

  private async recordEntry(
    message: SpendMessage | undefined,
    field: string,
    caller: Caller,
  ): Promise<Fitting> {
    try {
      if (message === undefined) throw eventTooLarge();
      return { full: { receipt: await this.record(message, field, caller) } };
    } catch (error) {
      const problem = problemFor(error, this.parts.logger);
      return {
        full: { problem: problemMessage(problem, problem.errors) },
        short: { problem: problemMessage(problem, problem.errors.slice(0, 1)) },
      };
    }
  }
}

/** `spendledger.v1.Problem`. */
function problemMessage(problem: Problem, listed: Problem['errors']): object {
  const { code, detail, errors, errorsLeftOut, extra } = problem;
  return {
    code,
    detail,
    errors: listed,
    retryable: isRetryable(code),
    errors_left_out: errorsLeftOut + errors.length - listed.length,
    differs: extra['differs'],
  };
}
