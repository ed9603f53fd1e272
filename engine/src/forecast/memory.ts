import { getHeapStatistics } from "node:v8";

/**
 * Above the largest resident peaks that `/usr/bin/time -f %M` gave for mass-reconnect.yml on 2026-11-27, Node 24 (engine/docs/forecast.md has
 * them): two lines, since V8 grows its heap well ahead of the first devices, and collects more often later. What is alive of a device
 * of which nearly all have been connected is 2,400 bytes.
 */
const BYTES_PER_DEVICE = 2500;
/** The program, what grows with time instead of devices, and a heap that is grown. */
const GROWN_BASE_BYTES = 400 * 1024 * 1024;
/** While the heap grows: the program alone, and what V8 takes ahead of each device. */
const SMALL_BASE_BYTES = 175 * 1024 * 1024;
const BYTES_PER_DEVICE_OF_FEW = 8000;

/**
 * A subscription of its own, by which a broker finds the device: 200,000 that each listen to a filter with a wildcard took 342 MB more than
 * 200,000 that nobody looks for (process.resourceUsage().maxRSS, 2026-11-28, Node 24).
 */
const BYTES_PER_HEARER = 2000;

/**
 * What a forecast of so many devices will take, bytes.
 *
 * @param hear devices hear one another
 */
export function predictMemory(devices: number, hear: boolean): number {
  const own = Math.min(
    SMALL_BASE_BYTES + devices * BYTES_PER_DEVICE_OF_FEW,
    GROWN_BASE_BYTES + devices * BYTES_PER_DEVICE,
  );
  return hear ? own + devices * BYTES_PER_HEARER : own;
}

/** What there is for it, bytes: free memory of the machine or of the container, and what V8 gives to JavaScript. */
export function availableMemory(): { bytes: number; isHeapLimit: boolean } {
  const free = process.availableMemory();
  const heap = getHeapStatistics().heap_size_limit;
  return heap < free ? { bytes: heap, isHeapLimit: true } : { bytes: free, isHeapLimit: false };
}

const GIGABYTE = 1024 ** 3;

/** Why a forecast would not fit; null where it does. */
export function memoryProblem(
  devices: number,
  hear: boolean,
  available: ReturnType<typeof availableMemory>,
): string | null {
  const bytes = predictMemory(devices, hear);
  if (bytes <= available.bytes) return null;
  const [needs, has] = [bytes, available.bytes].map((one) => `${(one / GIGABYTE).toFixed(1)} GB`);
  const remedy = available.isHeapLimit
    ? `give Node more: NODE_OPTIONS=--max-old-space-size=${Math.ceil((bytes * 1.1) / 1024 ** 2)}`
    : "take fewer devices";
  return `${devices} devices would take about ${needs} of memory, and there are ${has}; ${remedy}`;
}
