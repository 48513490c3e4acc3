#!/usr/bin/env node
/**
 * LiteLLM keeps its keys and spends through Prisma, whose query engine is downloaded when it first runs. This is the same
 * engine as WASM, out of npm's `@prisma/client`, behind the HTTP doors that prisma-client-py knocks at. The Python client
 * speaks GraphQL, and the WASM build reads JSON alone: queries and answers are translated.
 *
 * It runs as a copy beside the `node_modules` that `litellm-kit.ts` installs.
 */
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');

/** What prisma-client-py 0.15.0 expects to hear. */
const VERSION = 'query-engine 393aa359c9ad4a4bb28630fb5613f9c281cde053';
const RUNTIME = join(__dirname, 'node_modules/@prisma/client/runtime');
/** The longer ones first: an action is what a name begins with. */
const ACTIONS = [
  'findUniqueOrThrow',
  'findUnique',
  'findFirstOrThrow',
  'findFirst',
  'findMany',
  'createManyAndReturn',
  'createMany',
  'createOne',
  'updateMany',
  'updateOne',
  'deleteMany',
  'deleteOne',
  'upsertOne',
  'aggregate',
  'groupBy',
  'executeRaw',
  'queryRaw',
];
const CONNECTIONS_MAX = 10;
const NO_TRACE = JSON.stringify({});

if (process.argv.includes('--version')) console.log(VERSION);
else void main();

async function main() {
  const { parse } = require('graphql');
  const datamodel = readDatamodel();
  const jsonFields = jsonFieldsOf(datamodel);
  const engine = await connect(datamodel);
  const translate = (query) => jsonQueryOf(parse(query), jsonFields);
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      answer(engine, translate, request, text)
        .catch(refusalOf)
        .then((body) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(typeof body === 'string' ? body : JSON.stringify(body));
        });
    });
  });
  server.listen(Number(process.argv[process.argv.indexOf('-p') + 1]), '127.0.0.1');
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
}

function readDatamodel() {
  const { PRISMA_DML_PATH: path, PRISMA_DML: encoded } = process.env;
  return path ? readFileSync(path, 'utf8') : Buffer.from(encoded, 'base64').toString();
}

async function connect(datamodel) {
  const { Pool } = require('pg');
  const { PrismaPg } = require('@prisma/adapter-pg');
  const { bindAdapter } = require('@prisma/driver-adapter-utils');
  const runtime = require(join(RUNTIME, 'query_engine_bg.postgresql.js'));
  const wasm = new WebAssembly.Module(
    readFileSync(join(RUNTIME, 'query_engine_bg.postgresql.wasm')),
  );
  const { exports } = new WebAssembly.Instance(wasm, { './query_engine_bg.js': runtime });
  runtime.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  const pool = new Pool({ connectionString: databaseUrl(), max: CONNECTIONS_MAX });
  const settings = {
    datamodel,
    env: process.env,
    logQueries: false,
    ignoreEnvVarErrors: true,
    datasourceOverrides: {},
    logLevel: 'error',
    configDir: '.',
    engineProtocol: 'json',
  };
  const engine = new runtime.QueryEngine(
    settings,
    () => undefined,
    bindAdapter(new PrismaPg(pool)),
  );
  await engine.connect(NO_TRACE);
  return engine;
}

/** Prisma's parameters (`connection_limit`, …) mean nothing to pg. */
function databaseUrl() {
  const [overwritten] = JSON.parse(process.env.OVERWRITE_DATASOURCES ?? '[]');
  const url = new URL(overwritten?.url ?? process.env.DATABASE_URL);
  url.search = '';
  return url.toString();
}

async function answer(engine, translate, { url, headers }, text) {
  const [path] = url.split('?');
  const [, id, end] = /^\/transaction\/([^/]+)\/(commit|rollback)$/.exec(path) ?? [];
  if (path === '/status') return { status: 'ok' };
  if (path === '/metrics') return { counters: [], gauges: [], histograms: [] };
  if (path === '/transaction/start') return engine.startTransaction(text, NO_TRACE);
  if (end === 'commit') return (await engine.commitTransaction(id, NO_TRACE)) || {};
  if (end === 'rollback') return (await engine.rollbackTransaction(id, NO_TRACE)) || {};
  const asked = JSON.parse(text);
  const query = async (what) =>
    JSON.parse(await engine.query(JSON.stringify(what), NO_TRACE, headers['x-transaction-id']));
  if (!asked.batch) {
    const { key, query: one } = translate(asked.query);
    return answerOf(await query(one), key);
  }
  const parts = asked.batch.map((one) => translate(one.query));
  const transaction = asked.transaction ? {} : undefined;
  const result = await query({ batch: parts.map((part) => part.query), transaction });
  result.batchResult = result.batchResult?.map((one, at) => answerOf(one, parts[at].key));
  return result;
}

function refusalOf(error) {
  const message = String(error?.message ?? error);
  const known = { is_panic: false, message, error_code: 'P2010', meta: {} };
  return { errors: [{ error: message, user_facing_error: known }] };
}

/** GraphQL as the JSON protocol says it. */
function jsonQueryOf(document, jsonFields) {
  const [field] = document.definitions[0].selectionSet.selections;
  const name = field.name.value;
  const action = ACTIONS.find((one) => name.startsWith(one));
  const modelName = name.slice(action.length);
  const given = argumentsOf(field);
  const isRaw = action.endsWith('Raw');
  if (isRaw) {
    // The adapter of 5.17 cannot read an array of Postgres's type `name`.
    given.query = given.query.replace(/ARRAY_AGG\(viewname\)/gi, 'ARRAY_AGG(viewname::text)');
  }
  return {
    key: (field.alias ?? field.name).value,
    query: {
      ...(!isRaw && { modelName }),
      action,
      query: {
        arguments: isRaw ? given : withJsonTagged(given, jsonFields.get(modelName) ?? new Set()),
        selection: selectionOf(field.selectionSet),
      },
    },
  };
}

function argumentsOf({ arguments: given = [] }) {
  return Object.fromEntries(given.map(({ name, value }) => [name.value, valueOf(value)]));
}

function selectionOf(set) {
  return Object.fromEntries(
    (set?.selections ?? []).map((field) => [
      field.name.value,
      field.selectionSet || field.arguments?.length
        ? { arguments: argumentsOf(field), selection: selectionOf(field.selectionSet) }
        : true,
    ]),
  );
}

function valueOf({ kind, value, values, fields }) {
  switch (kind) {
    case 'IntValue':
      return Number.isSafeInteger(Number(value)) ? Number(value) : { $type: 'BigInt', value };
    case 'FloatValue':
      return Number(value);
    case 'NullValue':
      return null;
    case 'ListValue':
      return values.map(valueOf);
    case 'ObjectValue':
      return Object.fromEntries(fields.map((field) => [field.name.value, valueOf(field.value)]));
    default:
      return value;
  }
}

/** The fields of type Json by model: the JSON protocol wants their values tagged. */
function jsonFieldsOf(datamodel) {
  const fields = new Map();
  let names = new Set();
  for (const line of datamodel.split('\n')) {
    const [, model] = /^model (\w+)/.exec(line) ?? [];
    if (model) fields.set(model, (names = new Set()));
    const [, name] = /^\s+(\w+)\s+Json[?\s]/.exec(line) ?? [];
    if (name) names.add(name);
  }
  return fields;
}

function withJsonTagged(value, names) {
  if (Array.isArray(value)) return value.map((part) => withJsonTagged(part, names));
  if (value === null || typeof value !== 'object' || '$type' in value) return value;
  const tagged = (part) => (typeof part === 'string' ? { $type: 'Json', value: part } : part);
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      if (!names.has(name)) return [name, withJsonTagged(part, names)];
      return [name, typeof part?.set === 'string' ? { set: tagged(part.set) } : tagged(part)];
    }),
  );
}

function answerOf(result, key) {
  if (!result.data) return result;
  const plain = untagged(Object.values(result.data)[0]);
  return { ...result, data: { [key]: Array.isArray(plain) ? plain.map(withRawJson) : plain } };
}

function untagged(value) {
  if (Array.isArray(value)) return value.map(untagged);
  if (value === null || typeof value !== 'object') return value;
  if ('$type' in value) return value.value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, untagged(part)]));
}

/** A raw row's JSON arrives as text, and prisma-client-py expects it read. */
function withRawJson(row) {
  if (row === null || typeof row !== 'object') return row;
  for (const column of Object.values(row)) {
    if (column?.prisma__type !== 'json' || typeof column.prisma__value !== 'string') continue;
    column.prisma__value = JSON.parse(column.prisma__value);
  }
  return row;
}
