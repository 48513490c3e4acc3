import { secretFaults } from '#libs/ledger';
import { invalid } from '#libs/runtime';

/** @throws Problem `invalid` naming each field of an input that is a secret */
export function refuseSecrets(input: unknown, field: string): void {
  const faults = secretFaults(input, field);
  if (faults.length > 0) throw invalid(faults);
}
