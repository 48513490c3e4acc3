import { isSecret, parseId } from '#libs/ledger';
import {
  headersToUpstream,
  HOLD_ID_HEADER,
  OWN_HEADERS,
  type AdmittedCall,
} from '../admitted-call';
import { headerOptions, type HeaderOptionMessage } from './envoy-messages';

export type Headers = Readonly<Record<string, string>>;

/** What changes of a call's headers before the upstream gets them: what it brings of ours never gets there. */
export function changedHeaders(
  given: Headers,
  call: AdmittedCall | undefined,
): { readonly set: HeaderOptionMessage[]; readonly removed: string[] } {
  const set = call === undefined ? {} : headersToUpstream(call);
  const own = Object.keys(given).filter((name) => name.startsWith(OWN_HEADERS));
  const removed = new Set([...own, HOLD_ID_HEADER]);
  for (const name of Object.keys(set)) removed.delete(name);
  return { set: headerOptions(set), removed: [...removed] };
}

/** A client may have chosen it: it leads a report to its hold, and decides nothing. */
export function requestIdOf(headers: Headers): string | null {
  const id = parseId(headers['x-request-id'], 'x-request-id');
  return id.ok && !isSecret(id.value) ? id.value : null;
}
