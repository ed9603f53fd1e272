/** Who a device is: the same devices in every run, different ones on every worker and container. */

export interface WorkerShare {
  /** The container's id, empty on one machine: Artillery's WORKER_ID. */
  container: string;
  /** This worker's number among `workers`, counted from 1. Artillery puts both into the phases of a divided script. */
  worker: number;
  workers: number;
}

/** `device-000042`, with the container's id before the number where there are several. */
export function deviceId(container: string, number: number): string {
  const padded = String(number).padStart(6, "0");
  return container === "" ? `device-${padded}` : `device-${container}-${padded}`;
}

/** A number for a container's id, so that its devices are hashed apart from other containers'. FNV-1a, 32 bits. */
export function containerKey(container: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < container.length; i++) {
    hash = Math.imul(hash ^ container.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** This worker's share, from the phases that Artillery divided; one worker where nothing was divided. */
export function shareOf(phases: unknown, container: string): WorkerShare {
  for (const phase of Array.isArray(phases) ? phases : []) {
    const { worker, totalWorkers } = (phase ?? {}) as { worker?: unknown; totalWorkers?: unknown };
    if (typeof worker === "number" && typeof totalWorkers === "number") {
      return { container, worker, workers: totalWorkers };
    }
  }
  return { container, worker: 1, workers: 1 };
}
