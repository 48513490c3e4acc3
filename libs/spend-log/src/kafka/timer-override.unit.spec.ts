import RequestQueue from 'kafkajs/src/network/requestQueue';
import { waitUntil } from '#libs/testing';
import { quietIdleConnections } from './timer-override';

const TURNS = 300;
const THROTTLE_MS = 50;
const REQUEST_TIMEOUT_MS = 50;

/** Regression test of the busy idle connections of kafkajs 2.2.4 (tulios/kafkajs#1751). */
describe('an idle connection', () => {
  it('arms timer after timer in kafkajs itself', async () => {
    let unpatched: typeof RequestQueue | undefined;
    jest.isolateModules(() => {
      unpatched = jest.requireActual('kafkajs/src/network/requestQueue');
    });
    expect(unpatched).not.toBe(RequestQueue);
    expect(await timersArmedWhenIdle(unpatched!)).toBeGreaterThanOrEqual(TURNS);
  });

  it('arms none once it is quietened', async () => {
    quietIdleConnections();
    quietIdleConnections();
    expect(await timersArmedWhenIdle(RequestQueue)).toBe(0);
  });
});

describe('a quietened connection', () => {
  beforeAll(() => quietIdleConnections());

  it('sends a request when the throttling ends', async () => {
    const connection = connect(RequestQueue);
    connection.request(1);
    connection.answer(1);
    connection.queue.maybeThrottle(THROTTLE_MS);
    connection.request(2);
    expect(connection.sent).toEqual([1]);
    await waitUntil('the throttled request is sent', () => connection.sent.includes(2));
    connection.queue.destroy();
  });

  it('sends a request that came in the last moment of the throttling', async () => {
    const connection = connect(RequestQueue);
    let clock = Date.now();
    const ticking = jest.spyOn(Date, 'now').mockImplementation(() => clock++);
    connection.queue.maybeThrottle(2.5); // over between the question whether it is, and the wait for its end
    connection.request(1);
    ticking.mockRestore();
    expect(connection.sent).toEqual([]);
    await waitUntil('the request is sent', () => connection.sent.includes(1));
    connection.queue.destroy();
  });

  it('sends a request when the answer to the one before comes', () => {
    const connection = connect(RequestQueue);
    connection.request(1);
    connection.request(2);
    expect(connection.sent).toEqual([1]);
    connection.answer(1);
    expect(connection.sent).toEqual([1, 2]);
    connection.queue.destroy();
  });

  it('gives a request up in time, and sends the one that waited for it', async () => {
    const connection = connect(RequestQueue);
    connection.queue.scheduleRequestTimeoutCheck();
    connection.request(1);
    connection.request(2);
    await waitUntil('both requests have timed out', () => connection.rejections.length === 2);
    expect(connection.sent).toEqual([1, 2]);
    expect(connection.rejections).toEqual(Array(2).fill('KafkaJSRequestTimeoutError'));
    connection.queue.destroy();
  });
});

/** A connection with room for one request at a time, without its socket. */
function connect(Queue: typeof RequestQueue) {
  const sent: number[] = [];
  const rejections: string[] = [];
  const queue = new Queue({
    maxInFlightRequests: 1,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    clientId: 'spec',
    broker: 'none',
    logger: { debug: () => undefined, warn: () => undefined },
  });
  const request = (correlationId: number) =>
    queue.push({
      entry: {
        correlationId,
        resolve: () => undefined,
        reject: ({ name }) => rejections.push(name),
      },
      expectResponse: true,
      sendRequest: () => sent.push(correlationId),
    });
  const answer = (correlationId: number) =>
    queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });
  return { queue, sent, rejections, request, answer };
}

/** Counts them over turns of the event loop, each of them time enough for a timer to run. */
async function timersArmedWhenIdle(Queue: typeof RequestQueue): Promise<number> {
  const { queue, request, answer } = connect(Queue);
  const setTimeout = jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation(((run: () => void) => setImmediate(run)) as never);
  request(1);
  answer(1);
  for (let turn = 0; turn < TURNS; turn++) await new Promise((next) => setImmediate(next));
  const armed = setTimeout.mock.calls.length;
  setTimeout.mockImplementation((() => undefined) as never);
  await new Promise((next) => setImmediate(next));
  setTimeout.mockRestore();
  queue.destroy();
  return armed;
}
