import { ANONYMOUS } from '#libs/ledger';
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { FieldError } from '#libs/ledger';
import type { Refusal, ReportedConsumption, ReportedRecord } from '#libs/spend-log';
import { parseReportedSpend, REQUEST_LIMITS } from '#libs/wire';
import { IngestParts } from '../../ingest-parts';
import { SpendRecorder } from '../../record-spend';
import { readReported } from './read-reported';

/** The topic that producers report on, where the log is on Kafka. What cannot be accepted goes to its dead letters. */
@Injectable()
export class ReportedDoor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private consumption: ReportedConsumption | undefined;

  constructor(
    private readonly recorder: SpendRecorder,
    private readonly parts: IngestParts,
  ) {}

  onApplicationBootstrap(): void {
    const { reported, metrics } = this.parts;
    if (!reported) return;
    const counter = metrics.counter(
      'ingest_reported_total',
      'Records of producers, by what became of them',
      ['outcome'],
    );
    this.consumption = reported.consume(async (records) => {
      const verdicts = await Promise.all(records.map((record) => this.judge(record)));
      for (const verdict of verdicts) {
        counter.inc({ outcome: verdict === 'accepted' ? verdict : verdict.code });
      }
      return verdicts;
    });
    metrics.gauge(
      'ingest_reported_lag_records',
      'Records of producers that are not judged yet',
      ['partition'],
      (gauge) => {
        gauge.reset();
        for (const [partition, lag] of this.consumption!.lag()) {
          gauge.set({ partition }, Number(lag));
        }
      },
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.consumption?.stop();
  }

  /** A rejection, as `SpendRecorder.record` has it, says *unknown*: the record is judged again. */
  private async judge(record: ReportedRecord): Promise<'accepted' | Refusal> {
    if (record.undecodable !== undefined) return refusal('undecodable', record.undecodable);
    if (sizeOf(record) > REQUEST_LIMITS.eventBytes) {
      return refusal('too_large', `An event is at most ${REQUEST_LIMITS.eventBytes / 1024} KiB.`);
    }
    const event = readReported(record);
    if (!event.ok) return invalid(event.errors);
    const { currency, brokerTime } = this.parts;
    const spend = parseReportedSpend(event.value, {
      currency,
      now: brokerTime(record.timestampMs),
    });
    if (!spend.ok) return invalid(spend.errors);
    const outcome = await this.recorder.record(spend.value, ANONYMOUS);
    if (outcome.outcome === 'recorded') return 'accepted';
    const { recordedHash, givenHash } = outcome;
    return refusal(
      'event_conflict',
      `An event with this source and id is on record with other content: ${recordedHash}, not ${givenHash}.`,
    );
  }
}

function invalid(errors: readonly FieldError[]): Refusal {
  const detail = errors.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
  return refusal('invalid', detail, errors);
}

function refusal(code: string, detail: string, errors: readonly FieldError[] = []): Refusal {
  return { code, detail, errors };
}

function sizeOf({ headers, value }: ReportedRecord): number {
  let bytes = value?.length ?? 0;
  for (const [name, values] of headers) {
    for (const each of values) bytes += name.length + each.length;
  }
  return bytes;
}
