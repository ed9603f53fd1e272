import type { PeerClient } from "../client.ts";
import { emqttBench } from "./emqtt-bench.ts";
import { engine } from "./engine.ts";
import { k6 } from "./k6.ts";
import { limit500, limitAll } from "./limit.ts";
import { mqttjs, mqttjsAtOnce } from "./mqttjs.ts";
import { mqttx } from "./mqttx.ts";

/** Ratios are to the first one that takes part, unless others are named. */
export const CLIENTS: readonly PeerClient[] = [
  mqttjs,
  engine,
  limit500,
  limitAll,
  mqttjsAtOnce,
  emqttBench,
  mqttx,
  k6,
];
