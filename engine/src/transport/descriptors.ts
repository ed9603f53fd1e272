import type { REFUSED_HERE } from "../contract.ts";
import { parseDuration } from "../duration.ts";

/** One connection is one open file: what a run needs, against what the process may have. */

/** Artillery, the results' files, the control connection. */
export const OTHER_DESCRIPTORS = 200;

/** The soft limit of `/proc/self/limits`; Infinity for unlimited, null where the text does not say. */
export function openFilesLimit(limits: string): number | null {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  if (soft === undefined) return null;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

/**
 * Devices that the phases of the whole run start, at most at one time; null where a phase does not say. Artillery gives
 * every worker its share of `arrivalRate` and `rampTo`, and all of `arrivalCount` to the first.
 */
export function devicesOfPhases(phases: unknown, workers: number): number | null {
  if (!Array.isArray(phases)) return null;
  let devices = 0;
  for (const phase of phases as Record<string, unknown>[]) {
    if (phase["pause"] !== undefined) continue;
    const [rate, rampTo, count, most] = ["arrivalRate", "rampTo", "arrivalCount", "maxVusers"].map((key) =>
      phase[key] === undefined ? null : Number(phase[key]),
    ) as [number | null, number | null, number | null, number | null];
    if (most !== null) return null;
    if (count !== null) {
      devices += count;
      continue;
    }
    const lasts = parseDuration(phase["duration"]);
    if (lasts === null || (rate === null && rampTo === null)) return null;
    devices += (((rate ?? 0) + (rampTo ?? rate ?? 0)) / 2) * (lasts / 1000) * workers;
  }
  return Number.isFinite(devices) ? Math.ceil(devices) : null;
}

/**
 * What to say before the run; null where there are enough.
 *
 * @param perDevice open files of one device at one time, at most
 */
export function descriptorWarning(
  limit: number | null,
  devices: number | null,
  perDevice = 1,
): string | null {
  if (limit === null || devices === null) return null;
  const needed = devices * perDevice + OTHER_DESCRIPTORS;
  if (limit >= needed) return null;
  return `mqtt: WARNING: this process may open ${limit} files, but ${devices} devices need about ${needed}; those beyond will be refused as "descriptors". ${DESCRIPTORS_REMEDY}`;
}

/** What to say before the run of connections that silent storms leave half-open; null where there is room for all, or none at all. */
export function halfOpenWarning(expected: number, room: number, devices: number): string | null {
  if (expected <= room) return null;
  return `mqtt: WARNING: a silent storm leaves up to ${expected} connections half-open beside those of ${devices} devices, each with an open file and a local port of its own, and this process has room for ${room}: beyond that the oldest are ended with RST, and their brokers need no takeover. ${DESCRIPTORS_REMEDY}`;
}

// Node raises the soft limit to the hard one when it starts: what is missing is a higher hard limit.
const DESCRIPTORS_REMEDY =
  "Raise the hard limit before the run (ulimit -Hn; LimitNOFILE= of systemd, --ulimit nofile= of Docker), or use more hosts.";

/** What to say, once, when a resource of this host is exhausted. */
export const EXHAUSTED = {
  descriptors: `mqtt: out of file descriptors: devices are refused as "descriptors". ${DESCRIPTORS_REMEDY}`,
  http_descriptors: `mqtt: out of file descriptors: http steps fail as "http_descriptors". ${DESCRIPTORS_REMEDY}`,
  http_local_ports:
    'mqtt: out of local ports: http steps fail as "http_local_ports". Share connections (config.engines.mqtt.http.connection: keep-alive), widen net.ipv4.ip_local_port_range, or use more hosts.',
  local_ports:
    'mqtt: out of local ports: devices are refused as "local_ports". Give more source addresses (config.engines.mqtt.localAddresses), widen net.ipv4.ip_local_port_range, or use more hosts.',
  local_address:
    'mqtt: an address of config.engines.mqtt.localAddresses is not one of this host: devices are refused as "local_address". Add it (ip address add ADDRESS dev INTERFACE) or leave it out.',
} as const satisfies Record<(typeof REFUSED_HERE)[number], string>;
