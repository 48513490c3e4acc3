import { open } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { checkJsonTree, type FieldFault, type Redact } from '#libs/json';
import { isError } from './is-error';

/** A tree of JSON, or what is wrong with the file: `field` is `""` where it is the whole. */
export type YamlReading =
  | { readonly ok: true; readonly document: unknown }
  | { readonly ok: false; readonly errors: readonly FieldFault[] };

export interface YamlLimits {
  readonly maxBytes: number;
  /** Paths quote member names, which may be secrets. */
  readonly redact: Redact;
}

/** No file of ours nests deeper. */
const MAX_DEPTH = 16;
/** An alias repeats what it names; a few lines of them would fill the memory. */
const MAX_ALIASES = 1000;

/** Reads a file of YAML 1.2 with merge keys, of which JSON is a part. Quotes nothing of it but member names. */
export async function readYamlFile(path: string, limits: YamlLimits): Promise<YamlReading> {
  const { maxBytes, redact } = limits;
  const read = await readAtMost(path, maxBytes).catch((error: NodeJS.ErrnoException) => error);
  if (isError(read)) return refused('readable', `cannot be read (${read.code ?? 'unknown'})`);
  if (read === undefined) return refused('size', `must be at most ${maxBytes} bytes`);
  const tree = treeOf(read.toString('utf8'));
  if (!tree.ok) return tree;
  const errors = checkJsonTree(tree.document, { maxDepth: MAX_DEPTH, redact });
  return errors.length > 0 ? { ok: false, errors } : tree;
}

function treeOf(text: string): YamlReading {
  const document = parseDocument(text, { version: '1.2', merge: true, prettyErrors: true });
  // A warning is a tag that YAML 1.2 does not know: what it stands for would be guessed.
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const at = fault.linePos?.[0];
    const place = at === undefined ? '' : ` at line ${at.line}, column ${at.col}`;
    return refused('yaml', `is not YAML 1.2 (${fault.code}${place})`);
  }
  try {
    return { ok: true, document: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (error) {
    if (!isError(error)) throw error;
    return refused('yaml', 'has an alias that names nothing, or too many of them');
  }
}

/** The file's bytes; `undefined`: there are more. */
async function readAtMost(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length);
      length += bytesRead;
      if (length > maxBytes) return undefined;
      if (bytesRead === 0) return bytes.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}

const refused = (rule: string, message: string): YamlReading => ({
  ok: false,
  errors: [{ field: '', rule, message }],
});
