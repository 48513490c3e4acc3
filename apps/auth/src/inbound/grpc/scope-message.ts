import { parseScope, type Scope } from '#libs/ledger';
import { invalid } from '#libs/runtime';
import { scopeFieldInProto, scopeOfMessage, type ScopeMessage } from '#libs/wire';
import { refuseSecrets } from '../refuse-secrets';

/** @throws Problem `invalid` with the proto's names */
export function readScope(message: ScopeMessage | null | undefined): Scope {
  const scope = parseScope(scopeOfMessage(message), '');
  if (!scope.ok) {
    throw invalid(
      scope.errors.map((error) => {
        const field = error.field.replace(/^\./, '');
        return { ...error, field: `scope${scopeFieldInProto(field, message?.scope)}` };
      }),
    );
  }
  refuseSecrets(message, 'scope');
  return scope.value;
}
