import { spawn, type ChildProcess } from 'node:child_process';

/** Reads lines of process ids; when its input ends, however that came, it sends those of the last line a signal. */
const GUARD = `
  while read -r line; do pids=$line; done
  [ -n "$pids" ] && kill -s "$1" -- $pids 2>/dev/null
  n=0; while [ -e "$2" ] && [ $n -lt 20 ]; do rm -rf "$2" 2>/dev/null || sleep 0.1; n=$((n+1)); done
`;

/** Ends processes and removes their folder, if they have one, when this process ends, be it by kill -9. */
export class EndWithParent {
  private readonly guard: ChildProcess;
  private readonly pids = new Set<number>();

  constructor(signal: 'KILL' | 'QUIT' | 'TERM', folder = '') {
    this.guard = spawn('sh', ['-c', GUARD, 'guard', signal, folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // It may not keep this process alive: it is there for its end.
    this.guard.unref();
    this.guard.on('error', () => undefined);
    this.guard.stdin!.on('error', () => undefined);
    (this.guard.stdin as unknown as { unref(): void }).unref();
  }

  add(pid: number): void {
    this.pids.add(pid);
    this.tell();
  }

  /** Once a process has ended, its id may become another one's. */
  delete(pid: number): void {
    this.pids.delete(pid);
    this.tell();
  }

  /** Does now what would be done at the end of this process. */
  release(): void {
    this.guard.stdin!.end();
  }

  private tell(): void {
    this.guard.stdin!.write(`${[...this.pids].join(' ')}\n`);
  }
}
