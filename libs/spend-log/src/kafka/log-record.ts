import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { LogRecord } from '#libs/wire';

/** A message as the port gives it out. A header that stands twice counts with its last value. */
export function logRecordOf(partition: number, message: KafkaMessage): LogRecord {
  return {
    partition,
    offset: BigInt(message.offset),
    headers: headersOf(message.headers),
    value: message.value ?? Buffer.alloc(0),
  };
}

function headersOf(given: IHeaders = {}): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in given) {
    const value = given[name];
    const last = Array.isArray(value) ? value.at(-1) : value;
    headers[name] = last === undefined ? '' : last.toString();
  }
  return headers;
}
