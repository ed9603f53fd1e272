import type { BrokerAdapter } from "../adapter.ts";
import { aedes } from "./aedes.ts";
import { composeAdapters } from "./compose.ts";
import { ejabberd } from "./ejabberd.ts";
import { hivemqCe } from "./hivemq-ce.ts";
import { mochi } from "./mochi.ts";
import { moquette } from "./moquette.ts";
import { mosquitto } from "./mosquitto.ts";
import { natsServer } from "./nats-server.ts";
import { rabbitmq } from "./rabbitmq.ts";

/** Every broker that can be compared, in the order of the tables. */
export const ADAPTERS: readonly BrokerAdapter[] = [
  mosquitto,
  natsServer,
  rabbitmq,
  ejabberd,
  hivemqCe,
  moquette,
  mochi,
  aedes,
  ...composeAdapters,
];

export function adapterNamed(name: string): BrokerAdapter | undefined {
  return ADAPTERS.find((adapter) => adapter.name === name);
}
