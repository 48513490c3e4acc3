/** `node scripts/envoy.mjs`: brings the tests' Envoy into `.envoy/`, once in a clone, and prints where it is. */
import { ENVOY, fetchEnvoy } from './test/envoy-binary.mjs';

try {
  await fetchEnvoy();
  console.log(ENVOY);
} catch (error) {
  console.error(error.plain ? error.message : error);
  process.exitCode = 1;
}
