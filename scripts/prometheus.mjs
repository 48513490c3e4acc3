/** `node scripts/prometheus.mjs`: brings the tests' Prometheus into `.prometheus/`, once in a clone. */
import { fetchPrometheus } from './test/prometheus-binary.mjs';

try {
  await fetchPrometheus();
} catch (error) {
  console.error(error.plain ? error.message : error);
  process.exitCode = 1;
}
