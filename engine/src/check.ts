import type { ArtilleryScript } from "./artillery.ts";
import { parseDuration } from "./duration.ts";
import { descriptorsPerDevice, type FleetPlan } from "./script/plan.ts";
import { renderProblems } from "./script/problem.ts";
import type { Target } from "./script/target.ts";
import { validate } from "./script/validate.ts";
import { maskHidden } from "./secrets/secret-text.ts";
import { planEndMs } from "./storm/schedule.ts";
import { devicesOfPhases } from "./transport/descriptors.ts";
import { isPem } from "./transport/pem.ts";

/** What a script asks of the place where it is run. */
export interface ScriptNeeds {
  /** Devices that one run of it starts; null where its phases do not say. */
  devices: number | null;
  /** Open files of one device at one time, at most. */
  descriptorsPerDevice: number;
  /** It starts a broker or a config service of its own. */
  usesLab: boolean;
  /** How workers find their time zero. */
  timeZero: FleetPlan["timeZero"]["kind"];
  /** What an agreed time zero waits for; null where it goes by the number of containers, or none is agreed. */
  timeZeroFrom: "ready" | "arrival" | null;
  /** Brokers that devices connect to. */
  targets: { url: string; host: string; port: number }[];
  /** PEM files, as the script writes them, by the path of the key that names them. */
  pemFiles: { path: (string | number)[]; file: string }[];
  /** The run ends when all storms have recovered. */
  endsEarly: boolean;
  /** All phases together. */
  phasesMs: number;
  /** From time zero to the end of the last storm's window; null without storms. */
  stormsEndMs: number | null;
}

/**
 * Reads the whole script as a run does; nothing is opened or started.
 *
 * @returns a text with every problem and its path where it is no good
 */
export function checkScript(
  script: ArtilleryScript,
): { needs: ScriptNeeds; problems: null } | { needs: null; problems: string } {
  const { plan, problems } = validate(script);
  if (plan === null) return { needs: null, problems: renderProblems(problems) };
  return { needs: needsOf(script, plan), problems: null };
}

function needsOf({ config }: ArtilleryScript, plan: FleetPlan): ScriptNeeds {
  const targets = plan.regions === null ? [plan.target] : plan.regions.list.map(({ target }) => target);
  const startsLab = [...plan.hooks.before, ...plan.hooks.after].some(
    ({ definition }) => definition.name === "lab",
  );
  return {
    // One worker: a container divides its own script among its threads.
    devices: devicesOfPhases(config.phases, 1),
    descriptorsPerDevice: descriptorsPerDevice(plan),
    usesLab: startsLab || [plan.target, ...targets].some(({ kind }) => kind === "lab"),
    timeZero: plan.timeZero.kind,
    timeZeroFrom: plan.timeZero.kind === "agreed" ? plan.timeZero.from : null,
    targets: targets.flatMap(addressOf),
    pemFiles: pemFilesOf(plan),
    endsEarly: plan.settings.endWhenRecovered !== null,
    phasesMs: phasesMs(config.phases),
    stormsEndMs: planEndMs(plan.storms),
  };
}

function phasesMs(phases: unknown): number {
  const all = Array.isArray(phases) ? (phases as Record<string, unknown>[]) : [];
  return all.reduce((sum, { pause, duration }) => sum + (parseDuration(pause ?? duration) ?? 0), 0);
}

function addressOf(target: Target): ScriptNeeds["targets"] {
  if (target.kind === "lab") return [];
  const { url, endpoint } = target;
  return [{ url: maskHidden(url), host: endpoint.host, port: endpoint.port }];
}

function pemFilesOf({ settings: { tls } }: FleetPlan): ScriptNeeds["pemFiles"] {
  if (tls === undefined) return [];
  const path = ["config", "engines", "mqtt", "tls"];
  const named = (key: string, value: string | undefined): ScriptNeeds["pemFiles"] =>
    value === undefined || isPem(value) ? [] : [{ path: [...path, key], file: value }];
  const authorities = Array.isArray(tls.ca)
    ? tls.ca.flatMap((file, i) => (isPem(file) ? [] : [{ path: [...path, "ca", i], file }]))
    : named("ca", tls.ca);
  return [...authorities, ...named("cert", tls.cert), ...named("key", tls.key)];
}
