import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, throwError } from 'rxjs';
import { toGrpcStatus } from './grpc/grpc-status';
import { type OtherProcesses } from './http/other-processes';
import { sendProblem } from './http/send-problem';
import { Problem } from './problem';
import { type Redact } from './redact';
import { problemFor } from './to-problem';

export interface ProblemFilterOptions {
  readonly logger: { error(message: unknown, ...rest: unknown[]): void };
  readonly redact: Redact;
  /** The methods a path is served with; none for an unknown path. */
  readonly methodsAt?: (path: string) => readonly string[];
  /** Who serves what is not served here. */
  readonly others?: OtherProcesses;
}

/** The one place where a failure becomes an answer, over HTTP and over gRPC. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly options: ProblemFilterOptions) {}

  catch(failure: unknown, host: ArgumentsHost): void | Observable<never> {
    if (host.getType() !== 'http') {
      const status = toGrpcStatus(problemFor(failure, this.options.logger), this.options.redact);
      return throwError(() => status);
    }
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = this.wrongDoor(failure, request) ?? problemFor(failure, this.options.logger);
    sendProblem(http.getResponse<FastifyReply>(), request.id, problem, this.options.redact);
    return undefined;
  }

  /** The router says "not found" for a path it knows with another method, and for what another process serves. */
  private wrongDoor(failure: unknown, request: FastifyRequest): Problem | undefined {
    if (!(failure instanceof NotFoundException)) return undefined;
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = this.options.methodsAt?.(path) ?? [];
    const taker = this.options.others?.takerOf(request.method, path);
    const elsewhere = taker === undefined ? '' : ` The process ${taker} takes ${request.method}.`;
    if (allowed.length === 0) {
      return taker === undefined
        ? undefined
        : new Problem('not_found', `There is nothing at this path here.${elsewhere}`);
    }
    const list = allowed.join(', ');
    const here = taker === undefined ? '' : ' here';
    return new Problem('method_not_allowed', `This path takes ${list}${here}.${elsewhere}`, {
      headers: { allow: list },
    });
  }
}
