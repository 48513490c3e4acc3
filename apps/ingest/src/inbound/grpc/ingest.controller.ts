import type { Caller } from '#libs/access';
import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { CalledBy, invalid, isRetryable, Needs, Problem, problemFor } from '#libs/runtime';
import { parseReportedSpend, REQUEST_LIMITS, timestampOf } from '#libs/wire';
import { IngestParts } from '../../ingest-parts';
import { SpendRecorder } from '../../record-spend';
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
    @Payload() { events = [] }: { events?: SpendMessage[] },
    @CalledBy() caller: Caller,
  ): Promise<object> {
    if (events.length > REQUEST_LIMITS.batchEvents) {
      throw new Problem('too_large', `A batch has at most ${REQUEST_LIMITS.batchEvents} events.`);
    }
    const results = await Promise.all(
      events.map((event, index) => this.recordEntry(event, `events[${index}]`, caller)),
    );
    return { results };
  }

  private async record(message: SpendMessage, field: string, caller: Caller): Promise<object> {
    const { currency, now } = this.parts;
    const event = eventOfMessage(message, field);
    if (!event.ok) throw invalid(event.errors);
    const spend = parseReportedSpend(event.value, { currency, now: now() });
    if (!spend.ok) {
      throw invalid(
        spend.errors.map((error) => ({
          ...error,
          field: fieldInProto(error.field, field, message),
        })),
      );
    }
    await this.permits.permit(caller, spend.value);
    const outcome = await this.recorder.record(spend.value, caller.name);
    if (outcome.outcome === 'conflict') throw recordRefusal(outcome, caller);
    const { id, source } = spend.value.spend;
    const { position, duplicate } = outcome;
    return { id, source, position, recorded_at: timestampOf(outcome.recordedAt), duplicate };
  }

  private async recordEntry(message: SpendMessage, field: string, caller: Caller): Promise<object> {
    try {
      return { receipt: await this.record(message, field, caller) };
    } catch (error) {
      const { code, detail, errors, extra } = problemFor(error, this.parts.logger);
      const { differs } = extra;
      return { problem: { code, detail, errors, retryable: isRetryable(code), differs } };
    }
  }
}
