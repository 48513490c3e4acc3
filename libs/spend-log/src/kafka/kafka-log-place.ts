/** Where a ledger's log is on Kafka. */
export interface KafkaLogPlace {
  readonly topic: string;
  readonly topicId: string;
  /** Of the readers that share its partitions. */
  readonly groupId: string;
  readonly partitions: number;
}
