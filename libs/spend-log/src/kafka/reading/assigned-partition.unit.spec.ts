import type { KafkaMessage } from 'kafkajs';
import type { PartitionReader } from '../../spend-log';
import { AssignedPartition, type PartitionControls } from './assigned-partition';
import type { KafkaOptions } from '../kafka-options';

const OPTIONS = {
  applyLimits: { records: 2, bytes: 1000 },
  prefetchLimits: { records: 3, bytes: 1000 },
  retryMs: 1,
  onError: () => undefined,
} as unknown as KafkaOptions;
const RANGE = { low: 0n, end: 10n, at: 0n };
const turn = () => new Promise(setImmediate);

function messages(count: number): KafkaMessage[] {
  return Array.from({ length: count }, (_, offset) => ({
    offset: String(offset),
    key: null,
    value: Buffer.from('x'),
    timestamp: '0',
    attributes: 0,
    headers: {},
  }));
}

/** A partition whose reader and controls do what the spec lets them do; what was asked of kafkajs is kept. */
function partitionWith({ apply, fence }: Partial<PartitionReader>) {
  const asked: string[] = [];
  const controls: PartitionControls = {
    pause: () => asked.push('pause'),
    resume: (_, offset) => asked.push(`resume at ${offset}`),
    range: () => Promise.resolve(RANGE),
    heartbeat: () => Promise.resolve(),
  };
  const reader: PartitionReader = {
    fence: fence ?? (() => Promise.resolve({ partition: 0, epoch: 1n, nextOffset: 0n })),
    apply: apply ?? (() => Promise.resolve('applied')),
    caughtUp: () => Promise.resolve([]),
  };
  return { asked, assigned: new AssignedPartition(0, reader, controls, OPTIONS) };
}

describe('a partition of a group member', () => {
  it('stops fetching while it is full, and goes on when there is room', async () => {
    const { assigned, asked } = partitionWith({});
    await turn();
    expect(asked).toEqual(['pause', 'resume at 0']);
    expect(assigned.take(messages(3))).toBe(2n);
    await turn();
    expect(asked.slice(2)).toEqual(['pause', 'resume at 3']);
    await assigned.finish();
  });

  it('leaves the position alone once it has ended: it is the one of the next reader', async () => {
    const applied = Promise.withResolvers<'applied'>();
    const { assigned, asked } = partitionWith({ apply: () => applied.promise });
    await turn();
    assigned.take(messages(3));
    await turn();
    const finished = assigned.finish();
    applied.resolve('applied');
    await finished;
    expect(asked).toEqual(['pause', 'resume at 0', 'pause']);
  });

  it('says that it is halted also while it has no fence', async () => {
    const { assigned } = partitionWith({ fence: () => Promise.reject(new Error('gone')) });
    await turn();
    expect(assigned.state()).toBeUndefined();
    assigned.halt('The log is another one.');
    expect(assigned.state()).toMatchObject({ halted: 'The log is another one.' });
    await assigned.finish();
  });
});
