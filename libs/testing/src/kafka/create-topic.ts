import type { Admin, ITopicConfig } from 'kafkajs';
import { waitUntil } from '../wait-until';

/**
 * Makes a topic and waits until it can be written. kafkajs' own wait gives up when the broker it asks has not yet
 * heard of the topic from the controller, which a busy machine makes likely.
 */
export async function createTopic(admin: Admin, config: ITopicConfig): Promise<void> {
  await admin.createTopics({ topics: [config], waitForLeaders: false });
  await waitUntil(`${config.topic} has its leaders`, async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [config.topic] });
    return topics.flatMap(({ partitions }) => partitions).every(({ leader }) => leader >= 0);
  });
}
