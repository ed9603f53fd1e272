import type { BrokerAdapter } from "../adapter.ts";
import { aedes } from "./aedes.ts";
import { mosquitto } from "./mosquitto.ts";

/** Every broker that can be compared, in the order of the tables. */
export const ADAPTERS: readonly BrokerAdapter[] = [mosquitto, aedes];

export function adapterNamed(name: string): BrokerAdapter | undefined {
  return ADAPTERS.find((adapter) => adapter.name === name);
}
