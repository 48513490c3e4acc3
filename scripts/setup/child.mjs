import { spawn } from 'node:child_process';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a command to its end, passing signals on to it. Resolves to `{ code, signal }`. */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const forwards = FORWARDED.map((name) => [name, () => child.kill(name)]);
    for (const [name, forward] of forwards) process.on(name, forward);
    const settle = (done) => (value) => {
      for (const [name, forward] of forwards) process.off(name, forward);
      done(value);
    };
    child.once('error', settle(reject));
    child.once('close', (code, signal) => settle(resolve)({ code, signal }));
  });
}
