import { Problem } from '#libs/runtime';

/** The operator's file does not have the gateway that a proxy names. */
export function gatewayNotFound(): Problem {
  const message = 'There is no gateway of this name in GATEWAYS_FILE.';
  // Clients of a gateway read the form of OpenAI.
  const error = { message, type: 'invalid_request_error', param: null, code: 'gateway_unknown' };
  return new Problem('gateway_unknown', message, { extra: { error } });
}
