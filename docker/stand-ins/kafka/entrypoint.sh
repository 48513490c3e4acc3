#!/bin/sh
# As the public image does: KAFKA_LOG_DIRS becomes log.dirs, `__` an underscore, `___` a dash.
set -eu

config=/opt/kafka/config/server.properties
env | grep '^KAFKA_' | grep -vE '^KAFKA_(HEAP_OPTS|OPTS|JVM_PERFORMANCE_OPTS)=' | while IFS='=' read -r name value; do
  property=$(printf '%s' "${name#KAFKA_}" | tr '[:upper:]' '[:lower:]' | sed 's/___/-/g; s/__/\n/g; s/_/./g' | tr '\n' '_')
  printf '%s=%s\n' "$property" "$value"
done >"$config"

jvm="${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G} ${KAFKA_JVM_PERFORMANCE_OPTS:-} ${KAFKA_OPTS:-}"
quiet=-Dorg.slf4j.simpleLogger.defaultLogLevel=error
# shellcheck disable=SC2086 # several options in one variable
java $jvm "$quiet" -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format \
  --ignore-formatted -t "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" -c "$config" >/dev/null
# shellcheck disable=SC2086
exec java $jvm "$quiet" -cp '/opt/kafka/libs/*' kafka.Kafka "$config"
