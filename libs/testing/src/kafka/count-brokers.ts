import { plainKafka } from './plain-kafka';

const CONNECT_MS = 1000;
const REQUEST_MS = 5000;

/** How many brokers the one at this address sees, itself included; asked without patience. */
export async function countBrokers(address: string): Promise<number> {
  const kafka = plainKafka([address], {
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length;
  } finally {
    await admin.disconnect();
  }
}
