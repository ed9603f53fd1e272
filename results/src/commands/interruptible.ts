const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Work that a signal ends early, keeping what it has. `signalCode` is the exit code of that signal; null where none came. */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; signalCode: number | null }> {
  const interrupt = new AbortController();
  let signalCode: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    signalCode = signal === "SIGINT" ? 130 : 143;
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const result = await work(interrupt.signal);
    return { result, signalCode };
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
