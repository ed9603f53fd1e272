import { readFileSync } from "node:fs";
import { descriptorWarning, devicesOfPhases, EXHAUSTED, openFilesLimit } from "./descriptors.ts";
import { localPortCount, localPortWarning } from "./local-ports.ts";

type Exhaustible = keyof typeof EXHAUSTED;

/** What this host can give: warned of before the run, and named once when it has run out. */
export class HostLimits {
  readonly #log: (line: string) => void;
  readonly #left = new Set(Object.keys(EXHAUSTED) as Exhaustible[]);

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /**
   * Compares the phases of one of `workers` workers with what the system says of its open files and local ports.
   *
   * @param paths what `localPortPaths` gave
   * @param perDevice open files of one device at one time, at most
   */
  check(phases: unknown, workers: number, paths: number, perDevice: number): void {
    const devices = devicesOfPhases(phases, workers);
    const warnings = [
      descriptorWarning(openFilesLimit(textOf(PROCESS_LIMITS)), devices, perDevice),
      localPortWarning(localPortCount(textOf(PORT_RANGE)), devices, paths),
    ];
    for (const warning of warnings) if (warning !== null) this.#log(warning);
  }

  /** Looks at counts by reason, and tells of a resource that has run out. */
  look(counts: Readonly<Record<string, number>>): void {
    for (const resource of this.#left) {
      if (counts[resource] === undefined) continue;
      this.#left.delete(resource);
      this.#log(EXHAUSTED[resource]);
    }
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html */
const PROCESS_LIMITS = "/proc/self/limits";

/** https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html */
const PORT_RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

/** Empty where there is none: only Linux has these. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
