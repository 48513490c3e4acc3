import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes, with Kafka's own client, one record to partition 0 with headers that may have no value.
 * java -cp 'libs/*' Report.java HOST:PORT TOPIC VALUE [NAME=TEXT | NAME]...
 */
public class Report {
  public static void main(String[] arguments) {
    StringSerializer strings = new StringSerializer();
    Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0]);
    try (var producer = new KafkaProducer<>(settings, strings, strings)) {
      var record = new ProducerRecord<String, String>(arguments[1], 0, null, arguments[2]);
      for (int at = 3; at < arguments.length; at++) {
        String[] header = arguments[at].split("=", 2);
        byte[] value = header.length == 1 ? null : header[1].getBytes(StandardCharsets.UTF_8);
        record.headers().add(header[0], value);
      }
      producer.send(record);
    }
  }
}
