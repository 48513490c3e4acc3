import { Metadata, type StatusObject } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { Problem } from '../problem';
import { grpcStatusOf } from '../problem';
import { type Redact } from '../redact';

/** Trailers share one small header block (8 KiB in most clients), so details are kept short. */
const MAX_TEXT_CHARS = 200;
const MAX_EXTRA_CHARS = 1_000;
const MAX_VIOLATIONS_CHARS = 2_500;

/** The status of a failed call, with google.rpc details (docs/api.md, Codes). Shaped as grpc-js takes it. */
export function toGrpcStatus(problem: Problem, redact: Redact): StatusObject {
  const code = grpcStatusOf(problem.code);
  const details = shorten(redact(problem.detail));
  const metadata = new Metadata();
  const status = { code, message: details, details: detailsOf(problem, redact) };
  metadata.set('grpc-status-details-bin', encode('Status', status));
  if (problem.retryAfterSeconds !== undefined) {
    metadata.set('retry-after', String(Math.ceil(problem.retryAfterSeconds)));
  }
  return { code, details, metadata };
}

function detailsOf(problem: Problem, redact: Redact): object[] {
  const violations = violationsOf(problem.errors, redact);
  const errorsLeftOut = problem.errorsLeftOut + problem.errors.length - violations.length;
  const errorInfo = {
    reason: problem.code,
    domain: 'spendledger',
    metadata: extraTexts({ ...problem.extra, ...(errorsLeftOut > 0 ? { errorsLeftOut } : {}) }),
  };
  return [
    any('ErrorInfo', errorInfo),
    ...(violations.length === 0 ? [] : [any('BadRequest', { fieldViolations: violations })]),
    ...(problem.retryAfterSeconds === undefined
      ? []
      : [any('RetryInfo', { retryDelay: { seconds: Math.ceil(problem.retryAfterSeconds) } })]),
  ];
}

/** What else a problem says, as texts; an object as its JSON. What is too long is left out. */
function extraTexts(extra: Problem['extra']): Record<string, string> {
  const texts = Object.entries(extra)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(
      ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
    );
  return Object.fromEntries(texts.filter(([, text]) => text.length <= MAX_EXTRA_CHARS));
}

/** As many as fit; the first always does. */
function violationsOf(errors: Problem['errors'], redact: Redact): Violation[] {
  const violations: Violation[] = [];
  let chars = 0;
  for (const { field, rule, message } of errors) {
    const violation = {
      field: shorten(redact(field)),
      description: shorten(redact(message)),
      reason: rule,
    };
    chars += Object.values(violation).join('').length;
    if (chars > MAX_VIOLATIONS_CHARS && violations.length > 0) break;
    violations.push(violation);
  }
  return violations;
}

interface Violation {
  readonly field: string;
  readonly description: string;
  readonly reason: string;
}

const any = (type: string, message: object): object => ({
  typeUrl: `type.googleapis.com/google.rpc.${type}`,
  value: encode(type, message),
});

function encode(type: string, message: object): Buffer {
  const found = GOOGLE_RPC.lookupType(`google.rpc.${type}`);
  return Buffer.from(found.encode(found.create(message)).finish());
}

const shorten = (text: string): string =>
  text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS).toWellFormed()}…` : text;

/** The part of google.rpc that is used here; numbers and names are Google's. */
const GOOGLE_RPC = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; string reason = 3; }
    repeated FieldViolation field_violations = 1;
  }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }
`).root;
