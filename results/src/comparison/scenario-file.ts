import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseDuration } from "artillery-engine-mqtt/contract";
import { parse } from "yaml";
import { z } from "zod";
import { highest } from "../run/highest-lowest.ts";
import type { ScenarioNeeds } from "./contestant.ts";
import { type ScenarioFacts, scenarioName } from "./scenario-name.ts";

const phase = z.looseObject({
  duration: z.union([z.string(), z.number()]).optional(),
  arrivalRate: z.coerce.number().optional(),
  arrivalCount: z.coerce.number().optional(),
});
type Phase = z.infer<typeof phase>;

/** What a comparison reads of a script; the engine validates all of it. */
const script = z.looseObject({
  config: z.looseObject({
    phases: z.array(phase).default([]),
    engines: z
      .looseObject({
        mqtt: z
          .looseObject({
            protocolVersion: z.union([z.literal(4), z.literal(5)]).default(4),
            session: z.looseObject({ clean: z.boolean().default(true) }).optional(),
            tls: z.unknown().optional(),
            seed: z.number().optional(),
            reconnect: z
              .looseObject({ policy: z.string().optional(), preset: z.string().optional() })
              .optional(),
            storms: z
              .array(z.looseObject({ cause: z.string().optional(), fraction: z.number().optional() }))
              .default([]),
          })
          .default({ protocolVersion: 4, storms: [] }),
      })
      .default({ mqtt: { protocolVersion: 4, storms: [] } }),
  }),
});

export interface Scenario {
  path: string;
  /** Is made in the pattern of EMQX's suite, with the file's own name. */
  name: string;
  needs: ScenarioNeeds;
  seed: number | null;
}

/** @throws an error whose message names the file */
export function readScenario(path: string): Scenario {
  let raw: unknown;
  try {
    raw = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`);
  }
  const parsed = script.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`${path}: ${issue?.path.join(".") || "script"}: ${issue?.message}`);
  }
  const { phases, engines } = parsed.data.config;
  const { mqtt } = engines;
  const restart = mqtt.storms.some(({ cause }) => cause === "exec");
  const fractions = mqtt.storms.flatMap(({ fraction }) => fraction ?? []);
  const facts: ScenarioFacts = {
    kind: restart ? "restart" : mqtt.storms.length > 0 ? "storm" : "conn",
    transport: mqtt.tls === undefined ? "tcp" : "tls",
    devices: phases.reduce((sum, one) => sum + arrivalsOf(one), 0),
    fraction: highest(fractions),
    policy: mqtt.reconnect?.preset ?? mqtt.reconnect?.policy ?? "full-jitter",
  };
  return {
    path,
    name: `${basename(path).replace(/\.[^.]*$/, "")} (${scenarioName(facts)})`,
    needs: {
      protocolVersion: mqtt.protocolVersion,
      tls: mqtt.tls !== undefined,
      persistentSessions: mqtt.session?.clean === false,
      restart,
    },
    seed: mqtt.seed ?? null,
  };
}

/** A phase whose length is not known, for it is made of variables, adds nothing to the scenario's name. */
function arrivalsOf({ duration, arrivalRate, arrivalCount }: Phase): number {
  if (arrivalCount !== undefined) return arrivalCount;
  const durationMs = parseDuration(duration);
  return durationMs === null ? 0 : Math.round(((arrivalRate ?? 0) * durationMs) / 1000);
}
