import { readFileSync } from "node:fs";
import { descriptorWarning, devicesOfPhases, EXHAUSTED, openFilesLimit } from "./descriptors.ts";

type Exhaustible = keyof typeof EXHAUSTED;

/** What this host can give: warned of before the run, and named once when it has run out. */
export class HostLimits {
  readonly #log: (line: string) => void;
  readonly #durationMs: (value: unknown) => number | null;
  readonly #left = new Set(Object.keys(EXHAUSTED) as Exhaustible[]);

  constructor(log: (line: string) => void, durationMs: (value: unknown) => number | null) {
    this.#log = log;
    this.#durationMs = durationMs;
  }

  /** Compares the phases of one of `workers` workers with the limit on open files, where the system says it. */
  check(phases: unknown, workers: number): void {
    const devices = devicesOfPhases(phases, workers, this.#durationMs);
    const warning = descriptorWarning(openFilesLimit(processLimits()), devices);
    if (warning !== null) this.#log(warning);
  }

  /** `refused` counts refused connects by reason. */
  look(refused: Readonly<Record<string, number>>): void {
    for (const resource of this.#left) {
      if (refused[resource] === undefined) continue;
      this.#left.delete(resource);
      this.#log(EXHAUSTED[resource]);
    }
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html */
function processLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    // Only Linux has it.
    return "";
  }
}
