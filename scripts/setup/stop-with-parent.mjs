const POLL_MS = 500;

/**
 * A target must not outlive what it was started by, for then nobody would pass on the signals it waits for:
 * the launcher of an older Node (an IPC channel shows its end), or npm (another parent takes its place).
 * Asked to stop the way an operator asks, it drains first.
 */
export function stopWithParent() {
  const stop = () => process.kill(process.pid, 'SIGTERM');
  if (process.connected) {
    process.once('disconnect', stop);
    process.channel.unref();
  } else if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      stop();
    }, POLL_MS);
    watch.unref();
  }
}
