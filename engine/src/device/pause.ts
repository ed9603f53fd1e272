import type { Device } from "./device.ts";
import type { Waiter } from "./turns.ts";

interface Pause {
  generation: number;
  waiter: Waiter;
}

/** Settles `waiter` after a pause of the device: with null, or as LOST where the connection has ended by then. */
export function pause(device: Device, delayMs: number, waiter: Waiter): void {
  const { generation } = device;
  device.env.port.wake(delayMs, onPauseOver, device, { generation, waiter });
}

function onPauseOver(device: Device, { generation, waiter }: Pause): void {
  device.settleLate(generation, waiter, null);
}
