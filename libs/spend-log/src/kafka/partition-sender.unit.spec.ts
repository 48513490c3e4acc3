import type { ProducerRecord, RecordMetadata } from 'kafkajs';
import { PartitionSender } from './partition-sender';

const OPTIONS = {
  topic: 't',
  partition: 2,
  limits: { records: 3, bytes: 1000 },
  retryMs: 1,
};
const record = (text: string) => ({ headers: {}, value: Buffer.from(text) });
const acknowledged = (baseOffset: number): RecordMetadata[] => [
  { topicName: 't', partition: 2, errorCode: 0, baseOffset: String(baseOffset) },
];

/** What kafkajs answers, one send after the other; the texts that each was given are kept. */
function senderOver(...answers: (RecordMetadata[] | Error)[]) {
  const sends: string[][] = [];
  const errors: unknown[] = [];
  const producer = {
    send: ({ messages }: ProducerRecord) => {
      sends.push(messages.map(({ value }) => String(value)));
      const answer = answers.shift() ?? acknowledged(100);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const onError = (error: unknown) => errors.push(error);
  return { sends, errors, sender: new PartitionSender(producer, { ...OPTIONS, onError }) };
}

describe('the sender of one partition', () => {
  it('sends together what comes meanwhile, within its limits, in order', async () => {
    const { sender, sends } = senderOver(acknowledged(0), acknowledged(3));
    const offsets = ['a', 'b', 'c', 'd'].map((text) => sender.send([record(text)]));
    expect(await Promise.all(offsets)).toEqual([0n, 1n, 2n, 3n]);
    expect(sends).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('sends a record that is larger than its limit alone', async () => {
    const { sender, sends } = senderOver(acknowledged(0), acknowledged(1));
    const large = 'x'.repeat(2000);
    await Promise.all([sender.send([record(large)]), sender.send([record('b')])]);
    expect(sends).toEqual([[large], ['b']]);
  });

  it.each<[string, RecordMetadata[]]>([
    ['nothing', []],
    ['another partition', [{ ...acknowledged(0)[0]!, partition: 1 }]],
    ['another topic', [{ ...acknowledged(0)[0]!, topicName: 'u' }]],
    ['an error', [{ ...acknowledged(0)[0]!, errorCode: 6 }]],
    ['no offset', [{ topicName: 't', partition: 2, errorCode: 0 }]],
    ['an offset below zero', acknowledged(-1)],
    ['two answers', [...acknowledged(0), ...acknowledged(0)]],
  ])('takes %s for no acknowledgement, and sends again', async (_, answer) => {
    const { sender, sends, errors } = senderOver(answer, acknowledged(7));
    expect(await sender.send([record('a')])).toBe(7n);
    expect(sends).toEqual([['a'], ['a']]);
    expect(errors).toHaveLength(1);
  });

  it('goes on where kafkajs has given up', async () => {
    const givenUp = () => new Error('retries exceeded');
    const { sender, sends } = senderOver(givenUp(), givenUp(), givenUp(), acknowledged(0));
    expect(await sender.send([record('a')])).toBe(0n);
    expect(sends).toHaveLength(4);
  });

  it('rejects what no second try mends, and sends what comes after it', async () => {
    const tooLarge = Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });
    const wrapped = new Error('not retriable', { cause: tooLarge });
    const { sender } = senderOver(wrapped, acknowledged(0));
    const rejection = { code: 'ETIMEDOUT', cause: wrapped };
    await expect(sender.send([record('a')])).rejects.toMatchObject(rejection);
    expect(await sender.send([record('b')])).toBe(0n);
  });

  it('rejects what waits when it is closed', async () => {
    const { sender } = senderOver(acknowledged(0));
    const waiting = sender.send([record('a')]);
    sender.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect(sender.send([record('b')])).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});
