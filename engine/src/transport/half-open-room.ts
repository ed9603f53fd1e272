import { OTHER_DESCRIPTORS } from "./descriptors.ts";

/** What this host has for connections, and what its devices take of it. */
export interface HalfOpenSupply {
  /** Open files that the process may have; null where nobody knows. */
  files: number | null;
  /** Local ports of one path, and how many times over they can be used; null where nobody knows. */
  ports: { count: number; paths: number } | null;
  /** Of all workers of this host; null where nobody knows. */
  devices: number | null;
  /** Open files of one device at one time, at most. */
  perDevice: number;
  workers: number;
}

/** Where nobody knows how many devices there will be, half of what there is is left to them. */
const SHARE_OF_UNKNOWN = 0.5;

/** So many half-open connections one worker may keep beside those of its devices. */
export function halfOpenRoom({ files, ports, devices, perDevice, workers }: HalfOpenSupply): number {
  const forFiles = files === null ? Number.POSITIVE_INFINITY : files - OTHER_DESCRIPTORS;
  const forPorts = ports === null ? Number.POSITIVE_INFINITY : ports.count * ports.paths;
  const room =
    devices === null
      ? Math.min(forFiles, forPorts) * SHARE_OF_UNKNOWN
      : Math.min(forFiles - devices * perDevice, forPorts - devices);
  return Math.max(0, Math.floor(room / workers));
}
