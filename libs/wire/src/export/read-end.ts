import { EXPORT_TYPES, EXPORTS_SOURCE, type ExportEnd } from './export-document';
import { readOwn } from './read-own';

const SHA256 = /^[0-9a-f]{64}$/;

/** @returns `undefined`: the line is not the last one */
export function readExportEnd(text: string): ExportEnd | undefined {
  if (!text.includes(EXPORT_TYPES.ended)) return undefined;
  const event = readOwn(text, EXPORT_TYPES.ended, EXPORTS_SOURCE);
  if (!event.ok) return undefined;
  const { lines, sha256 } = event.value.data;
  const isEnd = Number.isSafeInteger(lines) && typeof sha256 === 'string' && SHA256.test(sha256);
  return isEnd ? { lines: lines as number, sha256 } : undefined;
}
