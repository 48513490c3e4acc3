export * from './access/caller-of';
export * from './access/gate';
export * from './access/needs';
export * from './batcher';
export { boundFaults } from './bounded-faults';
export * from './bounded-reads';
export * from './config';
export {
  dependencyRefusal,
  isDependencyFailure,
  isPermissionDenied,
  isUniqueViolation,
} from './dependency-failure';
export * from './fit-answer';
export * from './grpc/grpc-door';
export * from './grpc/grpc-health';
export { GrpcCall } from './grpc/grpc-call';
export * from './grpc/grpc-options';
export * from './grpc/grpc-status';
export { type MessageBatch } from './grpc/message-batch';
export * from './health';
export { PROXY_CREDENTIAL } from './http/ask-gate';
export * from './http/create-http-app';
export * from './http/invalid';
export * from './http/json-body';
export * from './http/media-type';
export { type MemberParser, OptionalMember, Parsed, type ParsedValue } from './http/parsed';
export * from './http/read-body';
export * from './http/read-query';
export * from './iso-duration';
export * from './logger';
export { rest } from './long-rest';
export * from './max-lag';
export * from './metrics';
export { MinuteQuota } from './minute-quota';
export * from './ops.controller';
export * from './problem';
export * from './problem-filter';
export * from './process-config';
export * from './read-limits';
export * from './record-timeout';
export * from './redact';
export * from './reloaded-file';
export * from './run-process';
export * from './serve';
export * from './serving';
export * from './shutdown';
export * from './start-refused';
export * from './sweeper';
export * from './tls/door-certificates';
export * from './tls/grpc-peer-certificate';
export * from './tls/peer-certificate';
export { subjectName } from './tls/subject-names';
export { problemFor } from './to-problem';
export { Turns } from './turns';
export * from './wakeable-loop';
export * from './yaml-file';
