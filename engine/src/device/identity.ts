/** Who a device is: the same devices in every run, different ones on every worker and container. */

/** One process of a run: a container of Fargate or Kubernetes, a plain host. */
export interface Container {
  /** Stands in the ids of its devices; empty on one machine, and where the fleet is numbered throughout. */
  name: string;
  /** Its place among `of` containers whose devices are numbered throughout, counted from 0. */
  ordinal: number;
  /** 1 where the fleet is not numbered throughout. */
  of: number;
}

/** The one process of a run on one machine. */
export const ONLY_CONTAINER: Container = Object.freeze({ name: "", ordinal: 0, of: 1 });

/**
 * The number in the fleet of a container's `index`-th device, counted from 0. Containers take turns: the numbers of k containers
 * that start n devices each are 0 to k * n - 1, as those of one process with k * n, and devices that arrive at one time have
 * numbers that are near each other, as they have there. No container needs to know how many devices another one has.
 */
export function fleetNumber({ ordinal, of }: Container, index: number): number {
  return index * of + ordinal;
}

/** Which of its container's devices has this number in the fleet, counted from 0. */
export function indexOf({ ordinal, of }: Container, number: number): number {
  return (number - ordinal) / of;
}

/** What tells the containers of a run apart. */
export function containerLabel({ name, ordinal, of }: Container): string {
  return of > 1 ? String(ordinal) : name;
}

export interface WorkerShare {
  /** This worker's number among `workers`, counted from 1. Artillery puts both into the phases of a divided script. */
  worker: number;
  workers: number;
}

/** `device-000042`, with the container's name before the number where it has one. */
export function deviceId({ name }: Pick<Container, "name">, number: number): string {
  const padded = String(number).padStart(6, "0");
  return name === "" ? `device-${padded}` : `device-${name}-${padded}`;
}

/** A number for a container's name, so that its devices are hashed apart from other containers'. FNV-1a, 32 bits. */
export function containerKey({ name }: Pick<Container, "name">): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** This worker's share, from the phases that Artillery divided; one worker where nothing was divided. */
export function shareOf(phases: unknown): WorkerShare {
  for (const phase of Array.isArray(phases) ? phases : []) {
    const { worker, totalWorkers } = (phase ?? {}) as { worker?: unknown; totalWorkers?: unknown };
    if (typeof worker === "number" && typeof totalWorkers === "number") {
      return { worker, workers: totalWorkers };
    }
  }
  return { worker: 1, workers: 1 };
}
