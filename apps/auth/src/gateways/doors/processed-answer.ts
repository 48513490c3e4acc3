import { answerReader, type AnswerReader } from '#libs/gateways';
import type { CallEnd, EndedCall } from '../charge-of';
import { joinedHeaders } from './envoy-messages';
import type { ProcessingRequest } from './ext-proc-messages';

/** What passed of the answer to a call, and what it says of its cost. */
export class ProcessedAnswer {
  private status = 0;
  private isOver = false;
  private isOfUpstream = true;
  /** Why Envoy answered itself, as far as it says so. */
  private details = '';
  private reader: AnswerReader;

  constructor(
    private readonly rules: {
      readonly takesUsageOut: boolean;
      readonly mostEventBytes: number;
    },
  ) {
    this.reader = answerReader({ ...rules, type: undefined, encoding: undefined });
  }

  get isEnded(): boolean {
    return this.isOver;
  }

  headers({ response_headers: message, attributes }: ProcessingRequest): void {
    const headers = joinedHeaders(message?.headers?.headers ?? []);
    const { 'content-type': type, 'content-encoding': encoding } = headers;
    this.status = Number(headers[':status'] ?? 0);
    const details = attributes?.['envoy.filters.http.ext_proc']?.fields?.['response.code_details'];
    this.isOfUpstream =
      details === undefined ? UPSTREAM_TIME in headers : details.stringValue === 'via_upstream';
    this.details = details?.stringValue ?? '';
    this.reader = answerReader({ ...this.rules, type, encoding });
    this.isOver = message?.end_of_stream === true;
  }

  /** @returns what is to be passed on; `undefined`: the chunk as it is */
  body({ body, end_of_stream: isLast }: NonNullable<ProcessingRequest['response_body']>) {
    if (!this.isOfUpstream && this.details.length < MOST_DETAILS) {
      this.details += body.toString('latin1', 0, MOST_DETAILS);
    }
    const passed = this.reader.push(body);
    if (!isLast) return passed === body ? undefined : passed;
    this.isOver = true;
    const rest = this.reader.end();
    return passed === body && rest.length === 0 ? undefined : Buffer.concat([passed, rest]);
  }

  trailers(): void {
    this.isOver = true;
  }

  /** What a report says of it. */
  ended(asked: string | undefined): Omit<EndedCall, 'rules'> {
    const end = this.end;
    const { model = asked } = this.reader;
    return { status: this.status, end, usage: this.reader.usage(end === 'answered'), model };
  }

  private get end(): CallEnd {
    if (!this.isOver) return 'interrupted';
    if (this.status < 400) return 'answered';
    if (this.isOfUpstream) return 'upstream_error';
    return NOT_SENT.test(this.details) ? 'not_sent' : 'interrupted';
  }
}

/** Envoy notes in it how long the upstream took: what Envoy answers itself has none. */
const UPSTREAM_TIME = 'x-envoy-upstream-service-time';
const MOST_DETAILS = 256;
/** Envoy's details, or else the text of its answer, where no upstream got the call. */
const NOT_SENT =
  /no[ _]healthy[ _]upstream|(?:route|cluster)_not_found|connection[ _](?:failure|timeout)|overflow/;
