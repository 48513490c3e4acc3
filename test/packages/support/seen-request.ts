import type { IncomingHttpHeaders } from 'node:http';

/** A request as the proxy saw it. */
export interface SeenRequest {
  readonly kind: string;
  /** What makes two of a kind the same: the idempotency key, the hold, or the ids of the events. */
  readonly identity: string;
  readonly atMs: number;
  /** What the ledger answered; undefined while it has not, or was not asked. */
  status?: number;
  /** What the proxy did to it. */
  fault?: string;
  /** When the proxy's own answer was out. */
  faultedAtMs?: number;
}

const SAME_WHAT: Readonly<Record<string, string>> = {
  hold: 'same-key',
  record: 'same-id',
  batch: 'same-id',
};

/** A path with a name in place of the hold's: `/v1/holds/{id}/settle`. */
export function pathTemplate(path: string): string {
  return path.replace(/\?.*$/, '').replace(/^\/v1\/holds\/[^/]+/, '/v1/holds/{id}');
}

export function recognize(
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  body: string,
): Pick<SeenRequest, 'kind' | 'identity'> {
  const template = `${method} ${pathTemplate(path)}`;
  if (template === 'POST /v1/events') return recognizeEvents(headers, body);
  if (template === 'POST /v1/holds') {
    return { kind: 'hold', identity: String(headers['idempotency-key']) };
  }
  const ending = /^POST \/v1\/holds\/\{id\}\/(?<kind>\w+)$/.exec(template)?.groups?.['kind'];
  if (ending !== undefined) return { kind: ending, identity: path };
  return { kind: template, identity: path };
}

/** Such as `['hold', 'settle', 'settle same-hold']`. */
export function story(requests: readonly SeenRequest[]): string[] {
  return requests.map(({ kind, identity }, at) => {
    const isSame = requests
      .slice(0, at)
      .some((before) => before.kind === kind && before.identity === identity);
    return isSame ? `${kind} ${SAME_WHAT[kind] ?? 'same-hold'}` : kind;
  });
}

function recognizeEvents(headers: IncomingHttpHeaders, body: string) {
  const inHeader = headers['ce-id'];
  if (inHeader !== undefined) return { kind: 'record', identity: String(inHeader) };
  const events = [JSON.parse(body)].flat() as { id: string; type?: string }[];
  const isCorrection = events.some(({ type }) => type?.includes('adjusted'));
  const kind = events.length > 1 ? 'batch' : isCorrection ? 'correct' : 'record';
  return { kind, identity: events.map(({ id }) => id).join(' ') };
}
