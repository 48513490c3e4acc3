import { randomUUID } from 'node:crypto';
import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '#libs/access';
import { ANONYMOUS } from '#libs/ledger';
import { CalledBy, NeedsOfProxy, PROXY_CREDENTIAL } from '#libs/runtime';
import { REQUEST_LIMITS } from '#libs/wire';
import { AuthParts } from '../../auth-parts';
import { Admission, type AskedCall } from '../admit';
import { headersToClient, headersToUpstream, type Answer } from '../admitted-call';
import { GivenUpHolds } from '../give-up-hold';
import { GatewayDirectory } from '../gateway-directory';
import { forwardedCall } from './forwarded-call';
import { gatewayNotFound } from './gateway-not-found';

/** Door 3: proxies ask it with the headers of a call before they send the call to its upstream. */
@Controller('v1/forward-auth')
export class ForwardAuthController {
  constructor(
    private readonly gateways: GatewayDirectory,
    private readonly admission: Admission,
    private readonly givenUp: GivenUpHolds,
    private readonly parts: AuthParts,
  ) {}

  @NeedsOfProxy('check')
  @Get(':gateway')
  get(
    @Param('gateway') gateway: string,
    @Req() request: FastifyRequest,
    @CalledBy() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.answer(gateway, request, caller, reply);
  }

  @NeedsOfProxy('check')
  @Post(':gateway')
  @HttpCode(200)
  post(
    @Param('gateway') gateway: string,
    @Req() request: FastifyRequest,
    @CalledBy() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.answer(gateway, request, caller, reply);
  }

  /** The path alone names the gateway: a header may be a client's. */
  private async answer(
    gateway: string,
    { headers, body }: FastifyRequest,
    caller: Caller,
    reply: FastifyReply,
  ): Promise<void> {
    // A proxy may hand on its client's query, which its headers say as well.
    const rules = this.gateways.find(gateway);
    if (rules === undefined) throw gatewayNotFound();
    const isAuthorizationOfProxy =
      caller.name !== ANONYMOUS && headers[PROXY_CREDENTIAL] === undefined;
    const call = { headers, body: body as Buffer | undefined, isAuthorizationOfProxy };
    const lost = new LostAnswer(reply);
    const asked: AskedCall = {
      caller,
      answerByMs: this.parts.monotonicMs() + this.parts.gateways.answerWaitMs,
      requestId: null,
      key: `${rules.name}/${randomUUID()}`,
      isGone: () => lost.isGone,
    };
    const facts = forwardedCall(call, rules, REQUEST_LIMITS.bodyBytes);
    const answer = await this.admission.admit(rules, facts, asked);
    const holdId = answer.outcome === 'admitted' ? answer.call.holdId : undefined;
    if (holdId !== undefined) lost.onceLost(() => this.givenUp.release(holdId, caller.name));
    send(answer, reply);
  }
}

/** Whether a proxy went away before it had all of its answer. */
class LostAnswer {
  isGone = false;
  private onLost: (() => void) | undefined;

  constructor({ raw }: FastifyReply) {
    raw.once('close', () => {
      this.isGone = !raw.writableFinished;
      if (this.isGone) this.onLost?.();
    });
  }

  /** Does something if it is lost, or once it is. */
  onceLost(onLost: () => void): void {
    if (this.isGone) onLost();
    else this.onLost = onLost;
  }
}

function send(answer: Answer, reply: FastifyReply): void {
  switch (answer.outcome) {
    case 'admitted': {
      const { call } = answer;
      void reply.headers({ ...headersToUpstream(call), ...headersToClient(call) }).send();
      return;
    }
    case 'passed':
      void reply.send();
      return;
    case 'denied':
    case 'fault': {
      const { status, headers, body } = answer.denial;
      // A buffer, because Fastify adds a charset to text.
      void reply.code(status).headers(headers).send(Buffer.from(body));
    }
  }
}
