import type { StructMessage } from '#libs/wire';

/** `envoy.config.core.v3.Metadata`. */
export interface MetadataMessage {
  readonly filter_metadata?: Readonly<Record<string, StructMessage>>;
}

export interface HeaderValueMessage {
  readonly key: string;
  readonly value: string;
  readonly raw_value?: Buffer;
}

/** Of a name that stands twice one value is made, as Envoy's own maps have it. */
export function joinedHeaders(given: readonly HeaderValueMessage[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { key, value, raw_value: bytes } of given) {
    const text = bytes !== undefined && bytes.length > 0 ? bytes.toString('utf8') : value;
    headers[key] = Object.hasOwn(headers, key) ? `${headers[key]},${text}` : text;
  }
  return headers;
}

/** `envoy.config.core.v3.HeaderValueOption`: in place of a header that is there. */
export interface HeaderOptionMessage {
  readonly header: { readonly key: string; readonly value: string };
  readonly append_action: 'OVERWRITE_IF_EXISTS_OR_ADD';
}

export function headerOptions(headers: Readonly<Record<string, string>>): HeaderOptionMessage[] {
  return Object.entries(headers).map(([key, value]) => ({
    header: { key, value },
    append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
  }));
}

/** What filters of the gateway have left, at a path: a text, a number or a truth; `undefined` for all else. */
export function metadataAt(
  message: MetadataMessage | null | undefined,
  namespace: string,
  path: readonly string[],
): unknown {
  let struct = message?.filter_metadata?.[namespace];
  for (const [n, name] of path.entries()) {
    const value = struct?.fields?.[name];
    if (value === undefined) return undefined;
    if (n < path.length - 1) struct = value.structValue;
    else return value.stringValue ?? value.numberValue ?? value.boolValue;
  }
  return undefined;
}

/** `google.protobuf.Struct` of texts and numbers. */
export function structOf(values: Readonly<Record<string, string | number>>): StructMessage {
  const fields = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string'
      ? { kind: 'stringValue', stringValue: value }
      : { kind: 'numberValue', numberValue: value },
  ]);
  return { fields: Object.fromEntries(fields) as NonNullable<StructMessage['fields']> };
}
