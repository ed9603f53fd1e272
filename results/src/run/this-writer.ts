import { hostname } from "node:os";
import { safeFileName } from "artillery-engine-mqtt/contract";

/**
 * Tells this process from the other containers of its run, which may write into the same folder at the same time, and in each of
 * which it may have the same id; empty on one machine.
 */
export function thisWriter({ MQTT_FLEET_CONTAINERS = "1" }: NodeJS.ProcessEnv): string {
  return Number(MQTT_FLEET_CONTAINERS) > 1 ? safeFileName(`${hostname()}-${process.pid}`) : "";
}
