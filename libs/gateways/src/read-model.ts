import { parseId, parsed, secretFaults, type Parsed } from '#libs/ledger';
import type { CallFacts } from './call-facts';
import type { BodyValues } from './scan-body';
import { readSource, type Source } from './sources';

/** The model that a call asks for: the first source that is there. A fault names the field and never says the value. */
export function readModel(
  sources: readonly Source[],
  facts: CallFacts,
  body: BodyValues,
): Parsed<string | undefined> {
  for (const source of sources) {
    const model = readSource(source, facts, body);
    if (model === undefined || model === '') continue;
    const secrets = secretFaults(model, 'model');
    return secrets.length > 0 ? { ok: false, errors: secrets } : parseId(model, 'model');
  }
  return parsed(undefined);
}
