import { PORTS } from '../../docker/processes.mjs';

const app = (path, ports = {}) => ({ file: `dist/${path}.js`, build: true, ports });
const tool = (path, build = false) => ({ file: `scripts/${path}.mjs`, build });

/** What `scripts/run.mjs <name>` runs, whether it needs the compiled code, and which ports it opens. */
export const TARGETS = {
  start: app('standalone', PORTS.standalone),
  ingest: app('ingest', PORTS.ingest),
  projector: app('projector', PORTS.projector),
  auth: app('auth', PORTS.auth),
  demo: app('apps/standalone/src/demo'),
  ledger: app('ledger'),
  bench: app('bench/main'),
  build: tool('built', true),
  test: tool('test', true),
  check: tool('check'),
  audit: tool('audit'),
  containers: tool('containers'),
  readme: tool('readme-check'),
};
