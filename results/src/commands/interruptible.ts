const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Work that a signal ends early, keeping what it has. `signalCode` is the exit code of that signal; null where none came.
 *
 * @param onInterrupt called at each signal, before the work hears of it
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupt: () => void = () => {},
): Promise<{ result: T; signalCode: number | null }> {
  const interrupt = new AbortController();
  let signalCode: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    signalCode = signal === "SIGINT" ? 130 : 143;
    onInterrupt();
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
