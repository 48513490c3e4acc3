const app = (path) => ({ file: `dist/${path}.js`, build: true });
const tool = (path, build = false) => ({ file: `scripts/${path}.mjs`, build });

/** What `scripts/run.mjs <name>` runs, and whether it needs the compiled code. */
export const TARGETS = {
  start: app('apps/standalone/src/main'),
  ingest: app('apps/ingest/src/main'),
  projector: app('apps/projector/src/main'),
  auth: app('apps/auth/src/main'),
  demo: app('apps/standalone/src/demo'),
  ledger: app('apps/cli/src/main'),
  bench: app('bench/main'),
  build: tool('built', true),
  test: tool('test', true),
  check: tool('check'),
  audit: tool('audit'),
  containers: tool('containers'),
  readme: tool('readme-check'),
};
