import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, throwError } from 'rxjs';
import { toGrpcStatus } from './grpc/grpc-status';
import { sendProblem } from './http/send-problem';
import { Problem } from './problem';
import { type Redact } from './redact';
import { internalProblem, toProblem } from './to-problem';

export interface ProblemFilterOptions {
  readonly logger: { error(message: unknown, ...rest: unknown[]): void };
  readonly redact: Redact;
  /** The methods a path is served with; none for an unknown path. */
  readonly methodsAt?: (path: string) => readonly string[];
}

/** The one place where a failure becomes an answer, over HTTP and over gRPC. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly options: ProblemFilterOptions) {}

  catch(failure: unknown, host: ArgumentsHost): void | Observable<never> {
    if (host.getType() !== 'http') {
      const status = toGrpcStatus(this.problemOf(failure), this.options.redact);
      return throwError(() => status);
    }
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = this.wrongMethod(failure, request) ?? this.problemOf(failure);
    sendProblem(http.getResponse<FastifyReply>(), request.id, problem, this.options.redact);
    return undefined;
  }

  private problemOf(failure: unknown): Problem {
    const problem = toProblem(failure);
    if (problem === undefined || problem.code === 'internal') {
      this.options.logger.error(failure, 'ProblemFilter');
    }
    return problem ?? internalProblem();
  }

  /** The router says "not found" for a path it knows with another method. */
  private wrongMethod(failure: unknown, request: FastifyRequest): Problem | undefined {
    if (!(failure instanceof NotFoundException)) return undefined;
    const allowed = this.options.methodsAt?.(request.url.split('?', 1)[0] ?? '') ?? [];
    if (allowed.length === 0) return undefined;
    const list = allowed.join(', ');
    return new Problem('method_not_allowed', `This path takes ${list}.`, {
      headers: { allow: list },
    });
  }
}
