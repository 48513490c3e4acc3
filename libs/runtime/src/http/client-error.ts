import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { Problem } from '../problem';
import { asItIs } from '../redact';
import { problemBytes, PROBLEM_TYPE } from './send-problem';

/** Answers what is not HTTP, or too much of it; Node hands over the bare socket then. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  // Node's own handler asks the same private member: an answer may be on its way already.
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse };
  if (error.code === 'ECONNRESET' || !socket.writable || response?.headersSent === true) {
    socket.destroy();
    return;
  }
  endWith(problemOf(error.code), socket);
}

/** Answers CONNECT, which Node would hang up on. */
export function answerConnect(_request: IncomingMessage, socket: Duplex): void {
  endWith(new Problem('method_not_allowed', 'This ledger is no proxy.'), socket);
}

function endWith(problem: Problem, socket: Duplex): void {
  const body = problemBytes(problem, asItIs);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Bad Request'}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${body.length}`,
    `x-request-id: ${randomUUID()}`,
    'connection: close',
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]));
}

/** Answers an `Expect` other than 100-continue. */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const problem = new Problem('invalid', 'The only expectation this ledger knows is 100-continue.');
  const body = problemBytes(problem, asItIs);
  response
    .writeHead(problem.status, {
      'content-type': PROBLEM_TYPE,
      'content-length': body.length,
      'x-request-id': randomUUID(),
      connection: 'close',
    })
    .end(body);
}

function problemOf(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('too_large', 'The header is too large.', { status: 431 });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('invalid', 'The request did not arrive in time.', { status: 408 });
    default:
      return new Problem('invalid', 'This is not an HTTP request.');
  }
}
