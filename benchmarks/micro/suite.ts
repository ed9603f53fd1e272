/** A table compares cases that do the same job; ratios are to its first case. */
export interface Table {
  title: string;
  /** What one operation is: the unit of every row. */
  operation: string;
  cases: Case[];
}

interface Named {
  name: string;
  /** Operations of one `run`: its time is divided by this, so that the timer's resolution does not dominate. */
  operations: number;
  /** Is called before every `run`, and not timed. */
  prepare?(): void;
}

/** `run` returns something that depends on all its work, which the caller keeps: the work cannot be optimised away. */
export interface SyncCase extends Named {
  run(): number;
}

/** Work that needs the event loop, timed until its promise is resolved. */
export interface AsyncCase extends Named {
  runAsync(): Promise<number>;
}

export type Case = SyncCase | AsyncCase;

/** How large the inputs are. */
export interface Scale {
  /** Operations per sample of a cheap operation. */
  batch: number;
  /** Devices dropped, or waiting in back-off. */
  devices: number;
  /** Devices that a storm chooses from. */
  fleet: number;
  workers: number;
}

export const FULL: Scale = { batch: 1000, devices: 20_000, fleet: 100_000, workers: 64 };
export const TINY: Scale = { batch: 4, devices: 8, fleet: 16, workers: 2 };

/** A case whose operation is called `batch` times with 0, 1, 2 …; what it returns is summed. */
export function each(name: string, batch: number, operation: (i: number) => number): SyncCase {
  return {
    name,
    operations: batch,
    run() {
      let sum = 0;
      for (let i = 0; i < batch; i++) sum += operation(i);
      return sum;
    },
  };
}
