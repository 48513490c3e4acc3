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
  for (const [name, values] of headerValues(given)) headers[name] = values.at(-1)!.toString();
  return headers;
}

/** The values of each header, at least one: kafkajs can write none without, so it becomes an empty one. */
export function headerValues(given: IHeaders = {}): ReadonlyMap<string, readonly Buffer[]> {
  const named = Object.entries(given).map(([name, value]) => {
    const values = valuesIn(value);
    return [name, values.length > 0 ? values : [Buffer.alloc(0)]] as const;
  });
  return new Map(named);
}

/** The headers that have values. One without is absent: the clients of other languages write it so. */
export function givenHeaders(given: IHeaders = {}): ReadonlyMap<string, readonly Buffer[]> {
  const named = Object.entries(given).map(([name, value]) => [name, valuesIn(value)] as const);
  return new Map(named.filter(([, values]) => values.length > 0));
}

/**
 * kafkajs gives null for a header without a value, and puts members that every object has before the value of a header
 * that has their name.
 */
function valuesIn(value: IHeaders[string]): Buffer[] {
  return [value].flat().filter((each) => Buffer.isBuffer(each));
}
