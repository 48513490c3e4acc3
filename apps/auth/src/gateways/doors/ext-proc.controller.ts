import { randomUUID } from 'node:crypto';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcStreamCall, Payload } from '@nestjs/microservices';
import { permitRole, type Caller } from '#libs/access';
import { askForUsage, type CallBody, type GatewayRules } from '#libs/gateways';
import { CalledBy, Needs, Problem } from '#libs/runtime';
import { Admission } from '../admit';
import { headersToClient, metadataOf, type AdmittedCall, type Answer } from '../admitted-call';
import { GATEWAY_UNKNOWN } from '../denial';
import { GatewayDirectory } from '../gateway-directory';
import { CallSettler } from '../settle-call';
import { AnswerTime } from './answer-time';
import { headerOptions, structOf } from './envoy-messages';
import {
  answerNow,
  goOn,
  leave,
  type Part,
  type ProcessingRequest,
  type ProcessingResponse,
} from './ext-proc-messages';
import { ProcessedAnswer } from './processed-answer';
import { readProcessedCall, type ProcessedCall } from './processed-call';
import { ProcessedStreams, type ProcessedStream } from './processed-streams';
import { changedHeaders, requestIdOf } from './upstream-headers';

type Stream = ServerDuplexStream<ProcessingRequest, ProcessingResponse>;

/** A call that went to its upstream, and whether its stream was asked for its usage on its client's behalf. */
interface Sent {
  readonly call: AdmittedCall;
  readonly requestId: string | undefined;
  readonly wasAsked: boolean;
}

/** Door 4, `envoy.service.ext_proc.v3.ExternalProcessor`: admits a call, and settles it where its answer comes here, too. */
@Controller()
export class ExtProcController {
  constructor(
    private readonly gateways: GatewayDirectory,
    private readonly admission: Admission,
    private readonly settler: CallSettler,
    private readonly time: AnswerTime,
    private readonly streams: ProcessedStreams,
  ) {}

  /** Without the answer it ends after the admission, so that the ledger's restart breaks no call. */
  @Needs('check')
  @GrpcStreamCall('ExternalProcessor', 'Process')
  async process(@Payload() stream: Stream, @CalledBy() caller: Caller): Promise<void> {
    const opened = this.streams.open(stream);
    try {
      const sent = await this.admit(opened, caller);
      if (sent !== undefined) await this.settle(opened, sent, caller);
    } finally {
      opened.close();
    }
  }

  /** @returns the call, if its answer comes here */
  private async admit(stream: ProcessedStream, caller: Caller): Promise<Sent | undefined> {
    const asked = readProcessedCall(await stream.next());
    const [named] = stream.metadata.get('x-spend-gateway');
    const rules = this.gateways.find(named?.toString());
    if (rules === undefined) {
      stream.write(answerNow(GATEWAY_UNKNOWN));
      return undefined;
    }
    // What is recorded without a hold needs another role, which is better missed before the call than after it.
    if (rules.mode === 'check' && asked.answerFollows) permitRole(caller, 'record');
    const { body, part } = await this.bodyOf(stream, asked);
    const facts = asked.facts(body);
    const requestId = requestIdOf(asked.headers);
    const answer = await this.admission.admit(rules, facts, {
      caller,
      requestId,
      answerByMs: this.time.answerByMs(stream.deadline),
      key: `${rules.name}/${randomUUID()}`,
      isGone: () => stream.isGone,
    });
    const changed =
      answer.outcome === 'admitted' && rules.streamUsage === 'inject'
        ? askForUsage(facts)
        : undefined;
    stream.write(responseTo(answer, rules, asked, { part, body: changed }));
    if (answer.outcome !== 'admitted' || !asked.answerFollows) return undefined;
    const { call } = answer;
    return { call, requestId: requestId ?? undefined, wasAsked: changed !== undefined };
  }

  private async bodyOf(
    stream: ProcessedStream,
    { bodyFollows, mayBeCut }: ProcessedCall,
  ): Promise<{ readonly body: CallBody | undefined; readonly part: Part }> {
    if (!bodyFollows) return { body: undefined, part: 'headers' };
    stream.write(goOn('request', 'headers'));
    const message = await stream.next();
    if (!message?.request_body) return { body: undefined, part: 'trailers' };
    const { body: bytes, end_of_stream: isWhole } = message.request_body;
    return { body: { bytes, isCut: mayBeCut && !isWhole }, part: 'body' };
  }

  /** Before the last part of the answer goes on, so that a client that has all of it has paid. */
  private async settle(stream: ProcessedStream, sent: Sent, caller: Caller): Promise<void> {
    const { call, requestId, wasAsked } = sent;
    const { mostEventBytes } = this.streams;
    const answer = new ProcessedAnswer({ takesUsageOut: wasAsked, mostEventBytes });
    const report = () => {
      const { rules, callId, holdId, at, estimatePico, prices } = call;
      return this.settler.report(
        {
          rules,
          callId,
          holdId,
          at,
          estimatePico,
          prices,
          requestId,
          scope: holdId === undefined ? call.scope : undefined,
          labels: holdId === undefined ? call.labels : undefined,
          ...answer.ended(call.model),
        },
        caller,
      );
    };
    for (;;) {
      const message = await stream.next();
      const response = message && passOn(answer, message, sent);
      if (response === undefined || answer.isEnded) await report();
      if (response === undefined) return;
      stream.write(response);
      if (answer.isEnded) return;
    }
  }
}

function responseTo(
  answer: Answer,
  { name }: GatewayRules,
  { headers }: ProcessedCall,
  { part, body }: { readonly part: Part; readonly body: Buffer | undefined },
): ProcessingResponse {
  const metadata = metadataOf(answer, name);
  const left = metadata === undefined ? {} : leave(structOf(metadata));
  switch (answer.outcome) {
    case 'denied':
      return { ...answerNow(answer.denial), ...left };
    case 'fault':
      throw new Problem('unavailable', answer.denial.message, { retryAfterSeconds: 1 });
    default: {
      const call = answer.outcome === 'admitted' ? answer.call : undefined;
      const changes = { ...changedHeaders(headers, call), ...(body !== undefined && { body }) };
      return { ...goOn('request', part, changes), ...left };
    }
  }
}

/** @returns `undefined`: it is no part of an answer */
function passOn(
  answer: ProcessedAnswer,
  message: ProcessingRequest,
  { call, wasAsked }: Sent,
): ProcessingResponse | undefined {
  if (message.response_headers) {
    answer.headers(message);
    return goOn('response', 'headers', {
      set: headerOptions(headersToClient(call)),
      // What is taken out makes it shorter.
      removed: wasAsked ? ['content-length'] : [],
    });
  }
  if (message.response_body) {
    const body = answer.body(message.response_body);
    return goOn('response', 'body', body === undefined ? {} : { body });
  }
  if (message.response_trailers) {
    answer.trailers();
    return goOn('response', 'trailers');
  }
  // Of the call: what Envoy had not buffered of it, or what stands behind it.
  if (message.request_body) return goOn('request', 'body');
  return message.request_trailers ? goOn('request', 'trailers') : undefined;
}
