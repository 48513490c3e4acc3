import { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { tellKafkaErrors } from './kafka-errors';

/** As a broker says it, and as kafkajs passes it on. */
const protocolError = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(`a broker says ${type}`), { type, code: 0 }));

function told(error: Error, { debug = true } = {}) {
  const lines: string[] = [];
  const onError = () => lines.push('error');
  const tell = tellKafkaErrors({ onError, ...(debug && { onDebug: () => lines.push('debug') }) });
  tell(error, 'reading the log');
  return lines;
}

describe('what brokers say', () => {
  it.each(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_LOAD_IN_PROGRESS', 'NOT_LEADER_FOR_PARTITION'])(
    '%s is no error: it is tried again by design',
    (type) => {
      expect(told(protocolError(type))).toEqual(['debug']);
      const given = { retryCount: 5, retryTime: 1000 };
      const wrapped = new KafkaJSNumberOfRetriesExceeded(protocolError(type), given);
      expect(told(wrapped)).toEqual(['debug']);
      expect(told(protocolError(type), { debug: false })).toEqual([]);
    },
  );

  it.each(['TOPIC_AUTHORIZATION_FAILED', 'OFFSET_OUT_OF_RANGE', 'UNKNOWN'])('%s is one', (type) => {
    expect(told(protocolError(type))).toEqual(['error']);
  });

  it('a connection that fails is one', () => {
    expect(told(new Error('connect ECONNREFUSED'))).toEqual(['error']);
  });
});
