/** The names of Kafka's topics, versions included. */
export const TOPICS = {
  /** The record of all facts. */
  ledger: 'spend.ledger.v1',
  /** Where producers report spends. */
  reported: 'spend.reported.v1',
} as const;

/** Where records of a topic go that cannot be accepted. */
export function deadLettersOf(topic: string): string {
  return `${topic}.dlt`;
}
