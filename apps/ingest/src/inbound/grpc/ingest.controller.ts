import { ANONYMOUS } from '#libs/ledger';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { invalid, isRetryable, Problem, problemFor } from '#libs/runtime';
import { parseReportedSpend, REQUEST_LIMITS, timestampOf } from '#libs/wire';
import { IngestParts } from '../../ingest-parts';
import { SpendRecorder } from '../../record-spend';
import { recordRefusal } from '../record-refusal';
import { eventOfMessage, fieldInProto, type SpendMessage } from './spend-message';

/** `spendledger.v1.IngestService`. */
@Controller()
export class IngestGrpcController {
  constructor(
    private readonly recorder: SpendRecorder,
    private readonly parts: IngestParts,
  ) {}

  @GrpcMethod('IngestService', 'RecordSpend')
  async recordSpend(request: { event?: SpendMessage | null }): Promise<object> {
    if (!request.event) {
      throw invalid([{ field: 'event', rule: 'required', message: 'is missing' }]);
    }
    return { receipt: await this.record(request.event, 'event') };
  }

  @GrpcMethod('IngestService', 'RecordSpendBatch')
  async recordSpendBatch({ events = [] }: { events?: SpendMessage[] }): Promise<object> {
    if (events.length > REQUEST_LIMITS.batchEvents) {
      throw new Problem('too_large', `A batch has at most ${REQUEST_LIMITS.batchEvents} events.`);
    }
    const results = await Promise.all(
      events.map((event, index) => this.recordEntry(event, `events[${index}]`)),
    );
    return { results };
  }

  private async record(message: SpendMessage, field: string): Promise<object> {
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
    const outcome = await this.recorder.record(spend.value, ANONYMOUS);
    if (outcome.outcome === 'conflict') throw recordRefusal(outcome);
    const { id, source } = spend.value.spend;
    const { position, duplicate } = outcome;
    return { id, source, position, recorded_at: timestampOf(outcome.recordedAt), duplicate };
  }

  private async recordEntry(message: SpendMessage, field: string): Promise<object> {
    try {
      return { receipt: await this.record(message, field) };
    } catch (error) {
      const { code, detail, errors } = problemFor(error, this.parts.logger);
      return { problem: { code, detail, errors, retryable: isRetryable(code) } };
    }
  }
}
