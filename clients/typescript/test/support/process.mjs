import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FOLDER = dirname(fileURLToPath(import.meta.url));

/** A real process that has a journal open. */
export class JournalProcess {
  #child;
  #lines;

  static async start(folder, ledger = 'http://ledger') {
    const started = new JournalProcess();
    const args = [join(FOLDER, 'journal-process.mjs'), folder, ledger];
    started.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    started.#lines = createInterface({ input: started.#child.stdout })[Symbol.asyncIterator]();
    await started.#lines.next();
    return started;
  }

  async ask(does, what) {
    this.#child.stdin.write(`${JSON.stringify({ does, what })}\n`);
    return JSON.parse((await this.#lines.next()).value);
  }

  /** Ends it as a crash does, or a stop. */
  async end(signal = 'SIGKILL') {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }

  pause() {
    this.#child.kill('SIGSTOP');
  }
}
