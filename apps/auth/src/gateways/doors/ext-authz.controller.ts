import { randomUUID } from 'node:crypto';
import { status as grpcStatus, type ServerUnaryCall } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import type { Caller } from '#libs/access';
import { CalledBy, GrpcCall, Needs, Problem } from '#libs/runtime';
import type { StructMessage } from '#libs/wire';
import { Admission, type AskedCall } from '../admit';
import { headersToClient, metadataOf, type AdmittedCall, type Answer } from '../admitted-call';
import { GATEWAY_UNKNOWN, type Denial } from '../denial';
import { GatewayDirectory } from '../gateway-directory';
import { AnswerTime } from './answer-time';
import { readCheckRequest, type CheckedCall, type CheckRequestMessage } from './check-facts';
import { headerOptions, structOf, type HeaderOptionMessage } from './envoy-messages';
import { changedHeaders, requestIdOf } from './upstream-headers';

/** `envoy.service.auth.v3.CheckResponse`. */
interface CheckResponseMessage {
  readonly status: { readonly code: number; readonly message?: string };
  readonly ok_response?: {
    readonly headers: readonly HeaderOptionMessage[];
    readonly headers_to_remove: readonly string[];
    readonly response_headers_to_add: readonly HeaderOptionMessage[];
  };
  readonly denied_response?: DeniedMessage;
  readonly error_response?: DeniedMessage;
  readonly dynamic_metadata?: StructMessage;
}

interface DeniedMessage {
  /** `envoy.type.v3.StatusCode` as a number. */
  readonly status: { readonly code: number };
  readonly headers: readonly HeaderOptionMessage[];
  readonly body: string;
}

/** Door 1, `envoy.service.auth.v3.Authorization`: says whether a call may go to its upstream. */
@Controller()
export class ExtAuthzController {
  constructor(
    private readonly gateways: GatewayDirectory,
    private readonly admission: Admission,
    private readonly time: AnswerTime,
  ) {}

  @Needs('check')
  @GrpcMethod('Authorization', 'Check')
  async check(
    @Payload() message: CheckRequestMessage,
    @CalledBy() caller: Caller,
    @GrpcCall() call: ServerUnaryCall<unknown, unknown>,
  ): Promise<CheckResponseMessage> {
    const { facts, headers, id } = readCheckRequest(message);
    const [named] = call.metadata.get('x-spend-gateway');
    const rules = this.gateways.find(named?.toString(), facts.context('gateway'));
    if (rules === undefined) {
      const outcome = GATEWAY_UNKNOWN.code;
      return { ...deniedMessage(GATEWAY_UNKNOWN), dynamic_metadata: structOf({ outcome }) };
    }
    const asked: AskedCall = {
      caller,
      answerByMs: this.time.answerByMs(call.getDeadline()),
      requestId: requestIdOf(headers),
      key: `${rules.name}/${id === '' ? randomUUID() : id}`,
      isGone: () => call.cancelled,
    };
    const answer = await this.admission.admit(rules, facts, asked);
    if (answer.outcome === 'fault' && rules.faults === 'grpc') {
      const { message: detail } = answer.denial;
      throw new Problem('unavailable', detail, { retryAfterSeconds: 1 });
    }
    const metadata = metadataOf(answer, rules.name);
    const response = messageOf(answer, headers);
    return metadata === undefined
      ? response
      : { ...response, dynamic_metadata: structOf(metadata) };
  }
}

function messageOf(answer: Answer, given: CheckedCall['headers']): CheckResponseMessage {
  switch (answer.outcome) {
    case 'admitted':
      return okMessage(given, answer.call);
    case 'passed':
      return okMessage(given, undefined);
    case 'denied':
      return deniedMessage(answer.denial);
    case 'fault': {
      const { status, denied_response: error_response } = deniedMessage(answer.denial);
      return { status, error_response: error_response! };
    }
  }
}

function okMessage(
  given: CheckedCall['headers'],
  call: AdmittedCall | undefined,
): CheckResponseMessage {
  const { set, removed } = changedHeaders(given, call);
  return {
    status: { code: grpcStatus.OK },
    ok_response: {
      headers: set,
      headers_to_remove: removed,
      response_headers_to_add: call === undefined ? [] : headerOptions(headersToClient(call)),
    },
  };
}

function deniedMessage(denial: Denial): CheckResponseMessage {
  const { status, headers, body, grpcStatus: code, message } = denial;
  return {
    status: { code, message },
    denied_response: { status: { code: status }, headers: headerOptions(headers), body },
  };
}
