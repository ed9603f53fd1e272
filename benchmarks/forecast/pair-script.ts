import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Pair } from "./pair.ts";
import { scriptOf } from "./storm-script.ts";

const REPOSITORY = resolve(fileURLToPath(import.meta.url), "../../..");

/** What both sides of a pair are made of. */
export interface PairScript {
  config: { target: string };
}

/** Where a forecast of a script for Mosquitto believes it to be: nobody connects to it. */
const ANY_MOSQUITTO = "mqtt://127.0.0.1:1883";

/** The script of a pair, with the target that a forecast has. */
export function pairScript({ script, broker }: Pair): PairScript {
  const read =
    script.kind === "own"
      ? scriptOf(script.spec, broker)
      : parse(readFileSync(resolve(REPOSITORY, script.path), "utf8"));
  const { config, ...rest } = read as PairScript;
  return { ...rest, config: { ...config, target: broker === "lab" ? "lab" : ANY_MOSQUITTO } };
}
