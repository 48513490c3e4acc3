import { isLabelName, LABEL_NAME_FORM } from '#libs/ledger';
import type { EnvReader } from '#libs/runtime';

/** The names that labels of calls may have; `undefined`: any. A typo must not become an account that nobody watches. */
export function readLabelNames(env: EnvReader): ReadonlySet<string> | undefined {
  const given = env.optional('LABELS');
  if (given === undefined) return undefined;
  const names = given.split(',').map((name) => name.trim());
  if (!names.every(isLabelName)) {
    const fault = `must be names of labels, joined with commas, each of ${LABEL_NAME_FORM}`;
    env.fault('LABELS', fault, 'org,project,env');
  }
  return new Set(names);
}
