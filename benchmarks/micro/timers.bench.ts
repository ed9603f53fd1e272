import { hashRandom } from "../../engine/src/random.ts";
import type { Scale, Table } from "./suite.ts";

/** Full jitter over 30 s: what a fleet waits after its fifth try. */
const WINDOW_MS = 30_000;
/** A wheel with a slot per 10 ms would move a reconnect by up to that. */
const SLOT_MS = 10;

const delayOf = (device: number): number => WINDOW_MS * hashRandom(42, device, 0);

function nothing(): void {}

/** Node's own: one timer for each device, kept in a list per whole millisecond. */
function nodeTimers(devices: number): number {
  const timers: NodeJS.Timeout[] = [];
  for (let device = 0; device < devices; device++) timers.push(setTimeout(nothing, delayOf(device)));
  for (const timer of timers) clearTimeout(timer);
  return timers.length;
}

/** A shared wheel: arrays of devices per slot, and one timer of Node's for all. Cancelling leaves a hole. */
function wheel(devices: number): number {
  const slots: (number[] | undefined)[] = new Array(Math.ceil(WINDOW_MS / SLOT_MS));
  const slotOf = new Uint32Array(devices);
  for (let device = 0; device < devices; device++) {
    const slot = Math.floor(delayOf(device) / SLOT_MS);
    slotOf[device] = slot;
    const list = slots[slot];
    if (list === undefined) slots[slot] = [device];
    else list.push(device);
  }
  let cleared = 0;
  for (let device = 0; device < devices; device++) {
    const list = slots[slotOf[device] as number] as number[];
    list[list.indexOf(device)] = -1;
    cleared++;
  }
  return cleared;
}

export function tables({ devices }: Scale): Table[] {
  return [
    {
      title: `timers of ${devices} devices in back-off`,
      operation: "timer set and cleared",
      cases: [
        {
          name: "Node: setTimeout per device, as the engine",
          operations: devices,
          run: () => nodeTimers(devices),
        },
        { name: "a wheel of 10 ms slots", operations: devices, run: () => wheel(devices) },
      ],
    },
  ];
}
