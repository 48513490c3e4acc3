import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes, with Kafka's own client, one batch of records to partition 0 for each compression named.
 * java -cp 'libs/*' Produce.java HOST:PORT TOPIC RECORDS_PER_BATCH COMPRESSION...
 */
public class Produce {
  public static void main(String[] arguments) {
    int records = Integer.parseInt(arguments[2]);
    for (int at = 3; at < arguments.length; at++) {
      produce(arguments[0], arguments[1], arguments[at], records);
    }
  }

  private static void produce(String brokers, String topic, String compression, int records) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", brokers,
            "compression.type", compression,
            "max.request.size", 8_000_000,
            "batch.size", 8_000_000,
            "linger.ms", 60_000);
    StringSerializer strings = new StringSerializer();
    try (var producer = new KafkaProducer<>(settings, strings, strings)) {
      for (int index = 0; index < records; index++) {
        String value = "java " + compression + " " + index;
        producer.send(new ProducerRecord<>(topic, 0, null, value));
      }
    }
  }
}
