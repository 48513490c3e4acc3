import { parseStoredJson } from '#libs/json';

/** Metadata as its column has it: its member names are a stranger's. */
export function readStoredMetadata(text: string): Readonly<Record<string, unknown>> {
  return parseStoredJson(text) as Record<string, unknown>;
}
