import type { ServerReadableStream } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcStreamCall, Payload } from '@nestjs/microservices';
import type { Caller } from '#libs/access';
import { CalledBy, Needs } from '#libs/runtime';
import { LoggedCalls } from '../report-logged-calls';
import { readLogEntry, type LogEntryMessage } from './log-entry';
import { OpenStreams } from './open-streams';

/** `envoy.service.accesslog.v3.StreamAccessLogsMessage`. */
interface LogsMessage {
  /** In the first message alone. */
  readonly identifier?: { readonly log_name: string } | null;
  readonly http_logs?: { readonly log_entry?: readonly LogEntryMessage[] } | null;
}

/** Door 2, `envoy.service.accesslog.v3.AccessLogService`: takes what Envoy logs of each call as its report. */
@Controller()
export class AccessLogController {
  constructor(
    private readonly calls: LoggedCalls,
    private readonly streams: OpenStreams,
  ) {}

  /** Reads as fast as reports find room: until then they stay with Envoy. */
  @Needs('check', 'record')
  @GrpcStreamCall('AccessLogService', 'StreamAccessLogs')
  async receive(
    @Payload() stream: ServerReadableStream<LogsMessage, object>,
    @CalledBy() caller: Caller,
  ): Promise<object> {
    const [named] = stream.metadata.get('x-spend-gateway').map(String);
    let logName: string | undefined;
    for await (const { identifier, http_logs: logs } of this.streams.read<LogsMessage>(stream)) {
      if (identifier) {
        logName = identifier.log_name;
        this.calls.permit(caller, [named, logName]);
      }
      for (const entry of logs?.log_entry ?? []) {
        const call = readLogEntry(entry);
        if (call !== undefined) await this.calls.take(call, caller, [named, logName]);
      }
    }
    return {};
  }
}
