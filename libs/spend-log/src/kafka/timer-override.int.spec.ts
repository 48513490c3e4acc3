import { setTimeout as sleep } from 'node:timers/promises';
import * as kafkajs from 'kafkajs';
import { testKafkaBrokers, waitUntil } from '#libs/testing';
import { quietIdleConnections } from './timer-override';

const MANY = 200;
const FEW = 20;
const IDLE_MS = 1000;

/** Regression test of the busy idle connections of kafkajs 2.2.4 (tulios/kafkajs#1751), with its sockets. */
it('leaves a connection that has nothing to do alone', async () => {
  let unpatched: typeof kafkajs | undefined;
  jest.isolateModules(() => {
    unpatched = jest.requireActual('kafkajs');
  });
  expect(unpatched!.Kafka).not.toBe(kafkajs.Kafka);
  await withIdleConnection(unpatched!, (armed) =>
    waitUntil(`kafkajs itself arms ${MANY} timers`, () => armed() >= MANY),
  );

  quietIdleConnections();
  await withIdleConnection(kafkajs, async (armed) => {
    await sleep(IDLE_MS);
    expect(armed()).toBeLessThan(FEW);
  });
});

async function withIdleConnection(
  { Kafka, logLevel }: typeof kafkajs,
  watch: (armed: () => number) => Promise<void>,
): Promise<void> {
  const admin = new Kafka({ brokers: testKafkaBrokers(), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.describeCluster();
  const setTimeout = jest.spyOn(globalThis, 'setTimeout');
  try {
    await watch(() => setTimeout.mock.calls.length);
  } finally {
    setTimeout.mockRestore();
    await admin.disconnect();
  }
}
