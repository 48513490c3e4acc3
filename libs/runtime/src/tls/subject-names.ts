import { isIP, SocketAddress } from 'node:net';

/**
 * The names of a certificate, from what Node prints of them: `DNS:gw-1.internal`, `URI:spiffe://…`, `IP:10.0.0.1`,
 * `email:…`; other kinds are left out. A name that could be taken for several (CVE-2021-44532) Node writes as a JSON
 * string, and it stays the one odd name that it is. Host names are in small letters, addresses as Node writes them.
 */
export function subjectNames(printed: string | undefined): readonly string[] {
  return splitNames(printed ?? '').flatMap((name) => {
    const colon = name.indexOf(':');
    const kind = name.slice(0, colon);
    const value = name.slice(colon + 1);
    return subjectName(kind === 'IP Address' ? 'IP' : kind, value) ?? [];
  });
}

/** One name in the form above, to compare it with; `undefined`: it is none of them. */
export function subjectName(kind: string, value: string): string | undefined {
  switch (kind) {
    case 'DNS':
      return `DNS:${value.toLowerCase()}`;
    case 'IP':
      return isIP(value) === 0 ? undefined : `IP:${plainAddress(value)}`;
    case 'URI':
    case 'email':
      return `${kind}:${value}`;
    default:
      return undefined;
  }
}

const JSON_STRING = /"(?:[^"\\]|\\.)*"/y;
const PLAIN_TEXT = /[^",]+/y;

/** None where they cannot be told apart: no guess decides who somebody is. */
function splitNames(printed: string): string[] {
  if (printed === '') return [];
  const names = [''];
  for (let at = 0; at < printed.length;) {
    if (printed.startsWith(', ', at)) {
      names.push('');
      at += 2;
      continue;
    }
    const pattern = printed[at] === '"' ? JSON_STRING : PLAIN_TEXT;
    pattern.lastIndex = at;
    const piece = pattern.exec(printed)?.[0];
    if (piece === undefined) return [];
    names.push(`${names.pop()!}${pattern === JSON_STRING ? (JSON.parse(piece) as string) : piece}`);
    at += piece.length;
  }
  return names;
}

function plainAddress(address: string): string {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return new SocketAddress({ address, family }).address;
}
