import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import type { Answer } from '#libs/testing';
import { readOpenApi } from '#libs/wire';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a JSON document, looked into by its own paths
type Json = any;

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];
/** Answers may gain members that callers do not know; the ledger's own document knows them all. */
const OPEN = new Set(['Problem', 'Decision']);

/** The OpenAPI document as something to hold a process against. */
export class ApiDocument {
  readonly document: Json = absolute(readOpenApi());
  private readonly ajv = new Ajv2020({
    allErrors: true,
    strictTypes: false,
    strictRequired: false,
    allowMatchingProperties: true,
  });

  private readonly answers = new Map<string, ValidateFunction>();

  constructor() {
    this.ajv.addFormat('date-time', RFC_3339);
    this.ajv.addVocabulary(['discriminator', 'x-console', ...Object.keys(this.document)]);
    const { schemas } = this.document.components;
    for (const [name, schema] of Object.entries(schemas)) if (!OPEN.has(name)) close(schema);
    tellInUtc(schemas);
    this.ajv.addSchema(this.document, 'api');
  }

  /** `GET /v1/balances` and so on. */
  get routes(): string[] {
    return Object.entries<Json>(this.document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => method in item).map(
        (method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
  }

  get schemas(): [name: string, schema: Json][] {
    return Object.entries(this.document.components.schemas);
  }

  /** `POST /v1/check` → its operation. */
  operation(route: string): Json {
    const [method, path] = route.split(' ') as [string, string];
    return this.document.paths[path][method.toLowerCase()];
  }

  /** What of an answer is not as the document says; nothing, if all is well. */
  faultsOf(route: string, { status, headers, body }: Answer): string[] {
    const { responses } = this.operation(route);
    const response = this.resolved(responses[status] ?? responses.default);
    const mediaType = (headers.get('content-type') ?? '').split(';', 1)[0]!;
    const content = response.content[mediaType];
    if (!content) return [`${status} of ${route} is not said to be ${mediaType}`];
    const missing = Object.keys(response.headers).filter(
      (name) => !OPTIONAL_HEADER.test(name) && !headers.has(name),
    );
    return [
      ...missing.map((name) => `${status} of ${route} lacks the header ${name}`),
      ...faultsIn(this.answerOf(`${status} ${route} ${mediaType}`, content.schema), body),
    ];
  }

  schemaFaults(schema: Json, value: unknown): string[] {
    return faultsIn(this.ajv.compile(schema), value);
  }

  /** Compiling takes longer than many answers do. */
  private answerOf(key: string, schema: Json): ValidateFunction {
    const known = this.answers.get(key);
    if (known) return known;
    const validate = this.ajv.compile({ ...schema, unevaluatedProperties: false });
    this.answers.set(key, validate);
    return validate;
  }

  /** Follows a reference, if it is one. */
  private resolved(given: Json): Json {
    if (!given.$ref) return given;
    const steps = (given.$ref as string).split('/').slice(1);
    return steps.reduce((at, step) => at[step], this.document);
  }
}

function faultsIn(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

/** Given only where there is something to say. */
const OPTIONAL_HEADER = /^(retry-after|x-should-retry|x-spend-.*)$/;

/** The document with references that can be followed from outside of it. */
function absolute(document: object): Json {
  return JSON.parse(JSON.stringify(document).replaceAll('"$ref":"#/', '"$ref":"api#/'));
}

const UTC = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?Z$';

/** The form of times in answers. The document has no pattern beside a format: generated clients break on it. */
function tellInUtc(schemas: Json): void {
  schemas.TimeOut.pattern = UTC;
  const look = (schema: Json): void => {
    if (typeof schema !== 'object' || schema === null) return;
    if (schema.format === 'date-time' && Array.isArray(schema.type)) schema.pattern = UTC;
    Object.values(schema).forEach(look);
  };
  look(schemas);
}

const CONDITIONS = new Set(['if', 'then', 'else']);

function close(schema: Json): void {
  if (typeof schema !== 'object' || schema === null) return;
  if (schema.properties && !('additionalProperties' in schema)) {
    schema.unevaluatedProperties = false;
  }
  for (const [keyword, inner] of Object.entries(schema)) if (!CONDITIONS.has(keyword)) close(inner);
}
