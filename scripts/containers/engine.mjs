import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { capture } from '../setup/capture.mjs';
import { PlainError, say } from '../setup/say.mjs';

const START_MS_MAX = 30_000;
const STOP_MS_MAX = 60_000;
const ASK_MS_MAX = 5_000;
const POLL_MS = 200;

/** An engine that has its data, its socket and everything else of it below one folder. */
export class Engine {
  constructor(folder) {
    this.folder = folder;
    this.address = `unix://${join(folder, 'docker.sock')}`;
  }

  /** Runs a command of the docker client on this engine. Resolves to what it printed. */
  async docker(args, { limitMs, sentence } = {}) {
    const { code, text } = await capture('docker', args, { limitMs, env: this.environment });
    if (code !== 0)
      throw new PlainError(
        `${text.slice(-3000)}\n${sentence ?? `docker ${args[0]} failed`}; see above.`,
      );
    return text;
  }

  async answers() {
    const options = { limitMs: ASK_MS_MAX, env: this.environment };
    const { code } = await capture(
      'docker',
      ['version', '--format', '{{.Server.Version}}'],
      options,
    );
    return code === 0;
  }

  async hasImage(name) {
    const { code } = await capture('docker', ['image', 'inspect', name], { env: this.environment });
    return code === 0;
  }

  async start() {
    if (await this.answers()) return;
    say(`Starting an engine in ${this.folder}.`);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const log = openSync(join(this.folder, 'dockerd.log'), 'a');
    const options = { detached: true, stdio: ['ignore', log, log] };
    spawn('dockerd', this.#arguments(), options).unref();
    const started = await within(START_MS_MAX, () => this.answers());
    if (!started)
      throw new PlainError(`dockerd does not answer; see ${join(this.folder, 'dockerd.log')}.`);
  }

  async stop() {
    const pid = this.#pid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGTERM');
    const stopped = await within(STOP_MS_MAX, () => this.#pid() === undefined);
    if (!stopped) throw new PlainError(`dockerd (process ${pid}) does not end.`);
  }

  get environment() {
    return { ...process.env, DOCKER_HOST: this.address, DOCKER_BUILDKIT: '0' };
  }

  #arguments() {
    const at = (name) => join(this.folder, name);
    const folders = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')];
    return [...folders, '--host', this.address];
  }

  /** Of the engine, if it runs. */
  #pid() {
    const file = join(this.folder, 'pid');
    if (!existsSync(file)) return undefined;
    const pid = Number(readFileSync(file, 'utf8'));
    const name = join('/proc', String(pid), 'comm');
    return existsSync(name) && readFileSync(name, 'utf8').trim() === 'dockerd' ? pid : undefined;
  }
}

async function within(limitMs, condition) {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}
