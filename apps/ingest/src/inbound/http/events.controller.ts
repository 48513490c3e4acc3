import { Body, Controller, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '#libs/access';
import { formatInstant } from '#libs/ledger';
import {
  CalledBy,
  fitAnswer,
  invalid,
  isRetryable,
  ITEMS_BYTES,
  Needs,
  Problem,
  problemBody,
  problemFor,
  refuseQuery,
  shortProblemBody,
  Turns,
  type Fitting,
} from '#libs/runtime';
import { EVENT_TYPES, parseReported, type CloudEvent } from '#libs/wire';
import { IngestParts } from '../../ingest-parts';
import { correctionsLast, EventRecorder } from '../../record-event';
import type { BatchEntry } from './read-batch';
import { EventPermits } from '../permit-event';
import { recordRefusal } from '../record-refusal';
import { readPostedEvents } from './read-events';

/** `POST /v1/events`: CloudEvents over HTTP. */
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly recorder: EventRecorder,
    private readonly permits: EventPermits,
    private readonly parts: IngestParts,
    private readonly turns: Turns,
  ) {}

  @Needs('record', 'admin')
  @Post()
  async post(
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Body() body: Buffer | undefined,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    refuseQuery(query);
    const { rawHeaders } = request.raw;
    const contentType = request.headers['content-type'];
    const posted = await readPostedEvents(rawHeaders, contentType, body, this.turns);
    if (posted.mode === 'single') {
      const receipt = await this.record(posted.event, caller);
      await reply.code(receipt.status).send(receipt.body);
      return;
    }
    const { entries } = posted;
    const recorded = await correctionsLast(entries, isCorrection, this.turns, (entry) =>
      this.recordEntry(entry, caller),
    );
    const results = fitAnswer(recorded, ITEMS_BYTES) as EntryResult[];
    refuseUnlessAllRecorded(results);
    await reply.code(200).send({ results });
  }

  private async record(
    event: CloudEvent,
    caller: Caller,
  ): Promise<{ status: number; body: Receipt }> {
    const { currency, labels, now } = this.parts;
    const reported = parseReported(event, { currency, labels, now: now() });
    if (!reported.ok) throw invalid(reported.errors);
    const permitted = await this.permits.permit(caller, reported.value);
    const outcome = await this.recorder.record(permitted, caller);
    if (outcome.outcome !== 'recorded') throw recordRefusal(outcome, caller);
    const { id, source } =
      'spend' in reported.value ? reported.value.spend : reported.value.adjustment;
    const { position, recordedAt, duplicate } = outcome;
    return {
      status: duplicate ? 200 : 201,
      body: { id, source, position, recordedAt: formatInstant(recordedAt), duplicate },
    };
  }

  private async recordEntry(entry: BatchEntry, caller: Caller): Promise<Fitting> {
    try {
      if (!entry.ok) throw entry.problem;
      const { status, body } = await this.record(entry.event, caller);
      return { full: { status, ...body } };
    } catch (error) {
      const problem = problemFor(error, this.parts.logger);
      return {
        full: { status: problem.status, problem: problemBody(problem) },
        short: { status: problem.status, problem: shortProblemBody(problem) },
      };
    }
  }
}

interface Receipt {
  readonly id: string;
  readonly source: string;
  readonly position: string;
  readonly recordedAt: string;
  readonly duplicate: boolean;
}

type EntryResult = ({ readonly status: number } & Receipt) | RefusedEntry;
interface RefusedEntry {
  readonly status: number;
  readonly problem: Record<string, unknown>;
}

function isCorrection(entry: BatchEntry): boolean {
  return entry.ok && entry.event.attributes['type'] === EVENT_TYPES.spendAdjusted;
}

/** @throws Problem `batch_partly_refused`, which carries the results: the good entries stay recorded. */
function refuseUnlessAllRecorded(results: readonly EntryResult[]): void {
  const refused = results.filter((result) => 'problem' in result);
  if (refused.length === 0) return;
  const mayRetry = refused.some(({ problem }) => isRetryable(problem['code'] as Problem['code']));
  throw new Problem(
    'batch_partly_refused',
    `${refused.length} of ${results.length} events were refused; the others are recorded. Sending the whole batch again is safe.`,
    { extra: { results }, ...(mayRetry ? { status: 503, retryAfterSeconds: 1 } : {}) },
  );
}
