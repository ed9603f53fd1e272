import { z } from "zod";
import { REGION_NAME } from "../contract.ts";
import { FAILOVER_POLICIES } from "../region/failover.ts";
import type { Problem } from "./problem.ts";
import { renderPath } from "./problem.ts";
import type { RegionPlan, RegionsPlan } from "./region-plan.ts";
import { durationMs, text } from "./steps/step.ts";
import { LAB_TARGET, parseTarget, type Target } from "./target.ts";

/** `targets` and `failover` of the settings, and `regionLoss` of a storm. */

const MAXIMUM_REGIONS = 16;
const NAME_ALLOWED =
  "a name of up to 32 letters, digits, _ and -, a letter first: it is part of metric names";
const WEIGHT_ALLOWED = "a number above 0";
const COUNT_ALLOWED = "a whole number above 0";
const LIST_ALLOWED = `a list of 2 to ${MAXIMUM_REGIONS} regions, each { name, url, weight }; one broker is config.target`;

const positiveDuration = durationMs.refine((value) => value > 0, { error: "a duration above 0" });

export const targets = z
  .array(
    z.strictObject({
      name: z.string({ error: NAME_ALLOWED }).regex(REGION_NAME, { error: NAME_ALLOWED }),
      url: text,
      weight: z
        .number({ error: WEIGHT_ALLOWED })
        .positive({ error: WEIGHT_ALLOWED })
        .max(1_000_000, { error: "a number above 0 and up to 1000000" })
        .default(1),
    }),
    { error: LIST_ALLOWED },
  )
  .min(2, { error: LIST_ALLOWED })
  .max(MAXIMUM_REGIONS, { error: LIST_ALLOWED });

export const failover = z.strictObject({
  policy: z.enum(FAILOVER_POLICIES, { error: FAILOVER_POLICIES.join(", ") }).default("next"),
  after: z.int({ error: COUNT_ALLOWED }).positive({ error: COUNT_ALLOWED }).default(2),
  returnHome: z
    .union([z.literal("never"), positiveDuration], {
      error: "never, or how long a device stays connected elsewhere before it goes home",
    })
    .default("never"),
});

export const regionLoss = z.strictObject({
  target: text,
  for: positiveDuration.optional(),
});

interface RegionSettings {
  targets?: z.output<typeof targets> | undefined;
  failover?: z.output<typeof failover> | undefined;
  protocolVersion?: 4 | 5;
  storms?: readonly { window: number; regionLoss?: z.output<typeof regionLoss> | undefined }[];
}

const PATH = ["config", "engines", "mqtt"] as const;

/** What is wrong with regions, over more than one key. `control` is `config.target`; null where that is no good itself. */
export function regionProblems(
  settings: RegionSettings,
  control: Target | null,
  labSteps: readonly LabStep[],
): Problem[] {
  const { targets: list, failover: policy, storms = [] } = settings;
  const problems: Problem[] = [];
  const refuse = (path: readonly PropertyKey[], value: unknown, allowed: string): void => {
    problems.push({ path: renderPath(path), value, allowed });
  };
  const at = (...keys: PropertyKey[]): PropertyKey[] => [...PATH, ...keys];
  if (list === undefined) {
    const reason = "nothing, since the script has no config.engines.mqtt.targets";
    if (policy !== undefined) refuse(at("failover"), policy, reason);
    storms.forEach((storm, i) => {
      if (storm.regionLoss) refuse(at("storms", i, "regionLoss", "target"), storm.regionLoss.target, reason);
    });
    for (const { path, regions } of labSteps)
      if (regions.length > 0) refuse([...path, "lab", "regions"], regions, reason);
    return problems;
  }
  const names = list.map(({ name }) => name);
  list.forEach(({ name, url }, i) => {
    if (names.indexOf(name) !== i) refuse(at("targets", i, "name"), name, "a name that no other region has");
    const target = parseTarget(url);
    if ("problem" in target) {
      refuse(at("targets", i, "url"), target.problem.value, target.problem.allowed);
    } else if (target.kind === "url" && (target.username !== null || target.password !== null)) {
      const allowed =
        "a URL without user name and password: those of all regions are in username and password";
      refuse(at("targets", i, "url"), target.url, allowed);
    } else if (target.kind === "lab" && settings.protocolVersion === 5) {
      refuse(
        at("targets", i, "url"),
        url,
        "a broker's URL with protocolVersion 5: the lab's speak MQTT 3.1.1 only",
      );
    }
  });
  if (policy?.policy === "sticky" && policy.returnHome !== "never") {
    refuse(at("failover", "returnHome"), policy.returnHome, "never with sticky, which stays where it is");
  }
  storms.forEach(({ window, regionLoss: loss }, i) => {
    if (loss === undefined) return;
    const path = at("storms", i, "regionLoss");
    const lost = list.find(({ name }) => name === loss.target);
    if (lost === undefined) {
      refuse([...path, "target"], loss.target, `a region: ${names.join(", ")}`);
    } else if (control?.kind === "url" && isSame(control, parseTarget(lost.url))) {
      const allowed = "a region that is not config.target, over which the workers agree on the storm's time";
      refuse([...path, "target"], loss.target, allowed);
    }
    if (loss.for !== undefined && loss.for > window) {
      refuse([...path, "for"], `${loss.for / 1000}s`, `at most the storm's window: ${window / 1000}s`);
    }
  });
  const lab = list.filter(({ url }) => url === LAB_TARGET).map(({ name }) => name);
  for (const { path, regions } of labSteps) {
    regions.forEach((region, i) => {
      const name = typeof region === "string" ? region : region.name;
      if (lab.includes(name)) return;
      const allowed =
        lab.length === 0
          ? "nothing: no target has the url lab"
          : `a target whose url is lab: ${lab.join(", ")}`;
      refuse([...path, "lab", "regions", i], name, allowed);
    });
    const listed = regions.map((region) => (typeof region === "string" ? region : region.name));
    if (regions.length > 0 && lab.some((name) => !listed.includes(name))) {
      refuse([...path, "lab", "regions"], listed.join(", "), `all of ${lab.join(", ")}: their url is lab`);
    }
  }
  return problems;
}

/** What a `lab` step says of regions. */
export interface LabStep {
  path: readonly PropertyKey[];
  regions: readonly LabRegion[];
}

export type LabRegion = string | { name: string; capacity: number };

function isSame(control: Target, other: ReturnType<typeof parseTarget>): boolean {
  if ("problem" in other || other.kind !== "url" || control.kind !== "url") return false;
  return control.endpoint.host === other.endpoint.host && control.endpoint.port === other.endpoint.port;
}

/** Null where the script has one target. Call it with settings that have no problem. */
export function planRegions({ targets: list, failover: policy }: RegionSettings): RegionsPlan | null {
  if (list === undefined) return null;
  const { returnHome, ...rest } = policy ?? failover.parse({});
  return {
    list: list.map(({ name, weight, url }): RegionPlan => {
      const target = parseTarget(url);
      if ("problem" in target) throw new TypeError(`the URL of region ${name} was not checked`);
      return { name, weight, target };
    }),
    failover: { ...rest, returnHomeMs: returnHome === "never" ? Number.POSITIVE_INFINITY : returnHome },
  };
}
