import { readFileSync } from "node:fs";
import { descriptorWarning, EXHAUSTED, halfOpenWarning, openFilesLimit } from "./descriptors.ts";
import { halfOpenRoom } from "./half-open-room.ts";
import {
  localPortWarning,
  type PortChooser,
  type PortPool,
  parsePortPool,
  portCount,
} from "./local-ports.ts";

/** The ports of this side that devices have. */
export interface PortSupply {
  /** Null where this host does not say. */
  ports: PortPool | null;
  /** What `localPortPaths` gave. */
  paths: number;
  chooser: PortChooser;
}

type Exhaustible = keyof typeof EXHAUSTED;

/** What this host can give: warned of before the run, and named once when it has run out. */
export class HostLimits {
  readonly #log: (line: string) => void;
  readonly #left = new Set(Object.keys(EXHAUSTED) as Exhaustible[]);

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /**
   * Compares a number of devices, null where nobody knows it, with what the system says of its open files and local ports.
   *
   * @param perDevice open files of one device at one time, at most
   * @param halfOpenShare of the devices, whose connections a storm leaves half-open
   */
  check(
    devices: number | null,
    perDevice: number,
    { ports, paths, chooser }: PortSupply,
    halfOpenShare = 0,
  ): void {
    const warnings = [
      descriptorWarning(openFilesLimit(textOf(PROCESS_LIMITS)), devices, perDevice),
      localPortWarning(ports && portCount(ports), devices, paths, chooser),
      devices === null
        ? null
        : halfOpenWarning(
            Math.ceil(devices * halfOpenShare),
            this.halfOpenRoom(devices, perDevice, { ports, paths, chooser }, 1),
            devices,
          ),
    ];
    for (const warning of warnings) if (warning !== null) this.#log(warning);
  }

  /** So many half-open connections one of `workers` may keep. */
  halfOpenRoom(
    devices: number | null,
    perDevice: number,
    { ports, paths }: PortSupply,
    workers: number,
  ): number {
    const files = openFilesLimit(textOf(PROCESS_LIMITS));
    return halfOpenRoom({
      files,
      ports: ports && { count: portCount(ports), paths },
      devices,
      perDevice,
      workers,
    });
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
const RESERVED_PORTS = "/proc/sys/net/ipv4/ip_local_reserved_ports";

/** This host's ports for connections; null where it does not say. */
export function readPortPool(): PortPool | null {
  return parsePortPool(textOf(PORT_RANGE), textOf(RESERVED_PORTS));
}

/** Empty where there is none: only Linux has these. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
