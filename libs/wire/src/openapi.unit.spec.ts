import { readOpenApi } from './openapi';

type Json = Record<string, unknown>;
/** What generators pass over. */
const PASSED_OVER = new Set(['if', 'then', 'else', 'propertyNames']);
const EXAMPLES = new Set(['example', 'examples']);

/** Every schema of the document that a generator reads, with where it stands. */
function* schemasIn(value: unknown, path: string): Generator<[path: string, schema: Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Json];
  for (const [name, inner] of Object.entries(value)) {
    if (!PASSED_OVER.has(name) && !EXAMPLES.has(name)) yield* schemasIn(inner, `${path}/${name}`);
  }
}

const isText = (schema: Json | undefined) => schema?.['type'] === 'string';

/** What generators of clients stumble over, by what they make of it. */
const STUMBLES: Record<string, (schema: Json, named: Json) => boolean> = {
  // Python matches the pattern against a datetime.
  'a pattern beside a format': ({ pattern, format }) => Boolean(pattern && format),
  // A type of its own for what is a text or nothing.
  'a oneOf of a text and null': ({ oneOf }, named) =>
    Array.isArray(oneOf) &&
    oneOf.some((each: Json) => each['type'] === 'null') &&
    oneOf.some((each: Json) => {
      const { $ref = '' } = each as { $ref?: string };
      const name = $ref.split('/').at(-1)!;
      return isText(each) || isText(named[name] as Json | undefined);
    }),
  // A client sends the default of every member that may be left out, wanted or not.
  'a default on a member': (schema) =>
    Object.values((schema['properties'] ?? {}) as Record<string, Json>).some(
      (member) => 'default' in member,
    ),
  // The value that tells the alternatives of a union apart is of any type.
  'a const or an enum without a type': (schema) =>
    ('const' in schema || Array.isArray(schema['enum'])) && !('type' in schema),
  'a member that may not be there': (schema) =>
    Object.values((schema['properties'] ?? {}) as Json).includes(false),
};

describe('the OpenAPI document', () => {
  const document = readOpenApi() as { components: { schemas: Json } };
  const { schemas } = document.components;

  it.each(Object.entries(STUMBLES))('has nowhere %s', (_what, stumbles) => {
    const found = [...schemasIn(schemas, '')].filter(([, schema]) => stumbles(schema, schemas));
    expect(found.map(([path]) => path)).toEqual([]);
  });
});
