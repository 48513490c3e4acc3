import type { FastifyInstance, FastifyRequest } from 'fastify';
import { setCaller } from '../access/caller-of';
import { type Gate, type Knock } from '../access/gate';
import { type Need } from '../access/needs';
import { peerCertificateOf } from '../tls/peer-certificate';

/** Where a proxy that hands its clients' headers on shows its own credential. */
export const PROXY_CREDENTIAL = 'x-spend-authorization';

/** The gate checks who calls before a body is read, also where there is no such path. */
export function askGate(fastify: FastifyInstance, gate: Gate): void {
  fastify.addHook('onRoute', ({ method, url, config }) => {
    if (needIn(config)) return;
    throw new Error(`${String(method)} ${url} does not say what it needs of its callers`);
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const need = needIn(request.routeOptions.config);
    if (need?.nothing) {
      done();
      return;
    }
    let caller: object | Promise<object>;
    try {
      caller = gate.admit(knockOf(request, need), need?.roles);
    } catch (error) {
      done(error as Error);
      return;
    }
    const letIn = (admitted: object) => {
      setCaller(request, admitted);
      done();
    };
    if (caller instanceof Promise) caller.then(letIn, done);
    else letIn(caller);
  });
}

const needIn = (config: unknown): Need | undefined =>
  (config as { readonly need?: Need } | undefined)?.need;

function knockOf({ raw }: FastifyRequest, need: Need | undefined): Knock {
  const { rawHeaders, socket } = raw;
  const { host = '', origin, 'sec-fetch-site': fetchSite } = raw.headers;
  const certificate = peerCertificateOf(socket);
  const knock = { certificate, host, origin, fetchSite: fetchSite?.toString() };
  const ofProxy = need?.ofProxies ? valuesOf(PROXY_CREDENTIAL, rawHeaders) : [];
  if (ofProxy.length > 0) return { ...knock, authorization: ofProxy };
  const authorization = valuesOf('authorization', rawHeaders);
  return { ...knock, authorization, ...(need?.ofProxies && { mayBeOfClient: true }) };
}

/** Node keeps the first of several; which one was meant is not for the ledger to guess. */
function valuesOf(header: string, rawHeaders: readonly string[]): string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === header.length && name.toLowerCase() === header) {
      values.push(rawHeaders[i + 1]!);
    }
  }
  return values;
}
