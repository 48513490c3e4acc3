import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Caller } from '#libs/access';
import type { FieldError, Parsed } from '#libs/ledger';
import { boundFaults, Problem, Turns } from '#libs/runtime';
import type { Refusal, ReportedConsumption, ReportedRecord } from '#libs/spend-log';
import {
  parseReported,
  REQUEST_LIMITS,
  type ReportedAdjustment,
  type ReportedSpend,
} from '#libs/wire';
import { IngestParts } from '../../ingest-parts';
import { correctionsLast, EventRecorder } from '../../record-event';
import { EventPermits } from '../permit-event';
import { recordRefusal } from '../record-refusal';
import { readReported } from './read-reported';

/** The topic that producers report on, where the log is on Kafka. What cannot be accepted goes to its dead letters. */
@Injectable()
export class ReportedDoor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private consumption: ReportedConsumption | undefined;

  constructor(
    private readonly recorder: EventRecorder,
    private readonly permits: EventPermits,
    private readonly parts: IngestParts,
    private readonly turns: Turns,
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
      const reads: (Parsed<Reported> | Refusal)[] = [];
      await this.turns.each(records, (record) => reads.push(this.read(record)));
      const verdicts = await correctionsLast(reads, isCorrection, this.turns, (read) =>
        this.judge(read),
      );
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

  private read(record: ReportedRecord): Parsed<Reported> | Refusal {
    if (record.undecodable !== undefined) return refusal('undecodable', record.undecodable);
    if (sizeOf(record) > REQUEST_LIMITS.eventBytes) {
      return refusal('too_large', `An event is at most ${REQUEST_LIMITS.eventBytes / 1024} KiB.`);
    }
    const event = readReported(record);
    if (!event.ok) return event;
    const { currency, labels, brokerTime } = this.parts;
    return parseReported(event.value, { currency, labels, now: brokerTime(record.timestampMs) });
  }

  /** A rejection, as `EventRecorder.record` has it, says *unknown*: the record is judged again. */
  private async judge(read: Parsed<Reported> | Refusal): Promise<'accepted' | Refusal> {
    if (!('ok' in read)) return read;
    if (!read.ok) return invalid(read.errors);
    const permitted = await this.permitted(read.value);
    if ('code' in permitted) return permitted;
    const { caller } = permitted;
    const outcome = await this.recorder.record(permitted.reported, caller);
    if (outcome.outcome === 'recorded') return 'accepted';
    const problem = recordRefusal(outcome, caller);
    if (outcome.outcome === 'not_yet_visible') throw problem;
    if (outcome.outcome !== 'conflict') return refusal(problem.code, problem.detail);
    const { recordedHash, givenHash } = outcome;
    const { differs = [] } = problem.extra as { readonly differs?: readonly string[] };
    const named = differs.length > 0 ? ` What differs: ${differs.join(', ')}.` : '';
    return refusal(
      'event_conflict',
      `An event with this source and id is on record with other content: ${recordedHash}, not ${givenHash}.${named}`,
    );
  }

  /** Who writes to the topic is the broker's to say; here it is said what a source may report. */
  private async permitted(
    reported: Reported,
  ): Promise<{ readonly caller: Caller; readonly reported: Reported } | Refusal> {
    const { source } = 'spend' in reported ? reported.spend : reported.adjustment;
    const caller = await this.parts.sources.callerOf(source);
    if (!caller) return refusal('forbidden', 'No source of this name may report here.');
    try {
      return { caller, reported: await this.permits.permit(caller, reported) };
    } catch (error) {
      const isVerdict = error instanceof Problem && error.code === 'forbidden';
      if (isVerdict) return refusal(error.code, error.detail);
      throw error;
    }
  }
}

type Reported = ReportedSpend | ReportedAdjustment;

function isCorrection(read: Parsed<Reported> | Refusal): boolean {
  return 'ok' in read && read.ok && 'adjustment' in read.value;
}

function invalid(found: readonly FieldError[]): Refusal {
  const { errors } = boundFaults(found);
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
