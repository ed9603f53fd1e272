import { getHeapStatistics } from "node:v8";

/**
 * Measured with mass-reconnect.yml (engine/docs/forecast.md): 1,900 bytes each of 1,000,000 devices of which most are turned away, what V8
 * keeps besides included; 2,400 bytes are alive of each of 50,000, of which nearly all have been connected. The larger, for it decides what is refused.
 */
const BYTES_PER_DEVICE = 2500;
/** The program itself, and what grows with time instead of devices. */
const BASE_BYTES = 200 * 1024 * 1024;

/** What a forecast of so many devices will take, bytes. */
export function predictMemory(devices: number): number {
  return BASE_BYTES + devices * BYTES_PER_DEVICE;
}

/** What there is for it, bytes: free memory of the machine or of the container, and what V8 gives to JavaScript. */
export function availableMemory(): { bytes: number; isHeapLimit: boolean } {
  const free = process.availableMemory();
  const heap = getHeapStatistics().heap_size_limit;
  return heap < free ? { bytes: heap, isHeapLimit: true } : { bytes: free, isHeapLimit: false };
}

const GIGABYTE = 1024 ** 3;

/** Why a forecast would not fit; null where it does. */
export function memoryProblem(devices: number, available: ReturnType<typeof availableMemory>): string | null {
  const bytes = predictMemory(devices);
  if (bytes <= available.bytes) return null;
  const [needs, has] = [bytes, available.bytes].map((one) => `${(one / GIGABYTE).toFixed(1)} GB`);
  const remedy = available.isHeapLimit
    ? `give Node more: NODE_OPTIONS=--max-old-space-size=${Math.ceil((bytes * 1.1) / 1024 ** 2)}`
    : "take fewer devices";
  return `${devices} devices would take about ${needs} of memory, and there are ${has}; ${remedy}`;
}
