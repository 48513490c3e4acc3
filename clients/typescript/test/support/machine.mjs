/** The clock and the timers of a test. */
export const machine = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => 0.5,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  later: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
