import { Problem } from '#libs/runtime';

/** The operator's file does not have the gateway that a proxy names. */
export function gatewayNotFound(): Problem {
  return new Problem('not_found', 'There is no gateway of this name in GATEWAYS_FILE.');
}
