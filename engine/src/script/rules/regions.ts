import { type Problem, renderPath } from "../problem.ts";
import type { ReadRegion, ReadScript } from "../read.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import type { LabRegion } from "../regions.ts";
import { type BadTarget, LAB_TARGET, type Target } from "../target.ts";
import type { Rule } from "./rule.ts";

/** `targets`, `failover`, the losses of regions, and which regions a `lab` step starts. */
export const regionRule: Rule = (script) => {
  const { regions } = script;
  if (regions === null) return withoutRegions(script);
  return [
    ...listProblems(regions, script),
    ...failoverProblems(script),
    ...lossProblems(regions, script),
    ...labProblems(regions, script),
  ];
};

function refusal(path: readonly PropertyKey[], value: unknown, allowed: string): Problem {
  return { path: renderPath(path), value, allowed };
}

/** What a `lab` step says of regions. */
interface LabStep {
  path: readonly PropertyKey[];
  regions: readonly LabRegion[];
}

/** The `lab` steps of the hook. */
function labSteps({ before }: ReadScript): LabStep[] {
  return (before?.steps ?? []).flatMap(({ path, spec }) => {
    const { lab } = spec as { lab?: { regions?: readonly LabRegion[] } };
    return lab === undefined ? [] : [{ path: [...path, "lab", "regions"], regions: lab.regions ?? [] }];
  });
}

function withoutRegions(script: ReadScript): Problem[] {
  const { failover, storms = [] } = script.settings.known;
  const reason = "nothing, since the script has no config.engines.mqtt.targets";
  return [
    ...(failover === undefined ? [] : [refusal([...ENGINE_PATH, "failover"], failover, reason)]),
    ...storms.flatMap(({ regionLoss, place }) =>
      regionLoss === undefined
        ? []
        : [refusal([...ENGINE_PATH, "storms", place, "regionLoss", "target"], regionLoss.target, reason)],
    ),
    ...labSteps(script)
      .filter(({ regions }) => regions.length > 0)
      .map(({ path, regions }) => refusal(path, regions, reason)),
  ];
}

function listProblems(regions: readonly ReadRegion[], { settings }: ReadScript): Problem[] {
  const names = regions.map(({ name }) => name);
  return regions.flatMap(({ name, url, target }, i) => {
    const path = [...ENGINE_PATH, "targets", i];
    const isTwice = names.indexOf(name) !== i;
    const wrong = urlRefusal(url, target, settings.known.protocolVersion);
    return [
      ...(isTwice ? [refusal([...path, "name"], name, "a name that no other region has")] : []),
      ...(wrong === null ? [] : [refusal([...path, "url"], wrong.value, wrong.allowed)]),
    ];
  });
}

function urlRefusal(
  url: string,
  target: Target | BadTarget,
  protocolVersion: 4 | 5 | undefined,
): Pick<Problem, "value" | "allowed"> | null {
  if ("problem" in target) return target.problem;
  if (target.kind === "url" && (target.username !== null || target.password !== null)) {
    const allowed = "a URL without user name and password: those of all regions are in username and password";
    return { value: target.url, allowed };
  }
  if (target.kind === "lab" && protocolVersion === 5) {
    return { value: url, allowed: "a broker's URL with protocolVersion 5: the lab's speak MQTT 3.1.1 only" };
  }
  return null;
}

function failoverProblems({ settings }: ReadScript): Problem[] {
  const { failover } = settings.known;
  if (failover?.policy !== "sticky" || failover.returnHome === "never") return [];
  const allowed = "never with sticky, which stays where it is";
  return [refusal([...ENGINE_PATH, "failover", "returnHome"], failover.returnHome, allowed)];
}

function lossProblems(regions: readonly ReadRegion[], { settings, target: control }: ReadScript): Problem[] {
  return (settings.known.storms ?? []).flatMap(({ window, regionLoss: loss, place }) => {
    if (loss === undefined) return [];
    const path = [...ENGINE_PATH, "storms", place, "regionLoss"];
    const problems: Problem[] = [];
    const lost = regions.find(({ name }) => name === loss.target);
    if (lost === undefined) {
      const allowed = `a region: ${regions.map(({ name }) => name).join(", ")}`;
      problems.push(refusal([...path, "target"], loss.target, allowed));
    } else if (isSame(control, lost.target)) {
      const allowed = "a region that is not config.target, over which the workers agree on the storm's time";
      problems.push(refusal([...path, "target"], loss.target, allowed));
    }
    if (loss.for !== undefined && loss.for > window) {
      const allowed = `at most the storm's window: ${window / 1000}s`;
      problems.push(refusal([...path, "for"], `${loss.for / 1000}s`, allowed));
    }
    return problems;
  });
}

function isSame(control: Target | BadTarget, other: Target | BadTarget): boolean {
  if ("problem" in control || control.kind !== "url") return false;
  if ("problem" in other || other.kind !== "url") return false;
  return control.endpoint.host === other.endpoint.host && control.endpoint.port === other.endpoint.port;
}

/** A `lab` step may name the regions that it starts: then all of them, and no other. */
function labProblems(regions: readonly ReadRegion[], script: ReadScript): Problem[] {
  const lab = regions.filter(({ url }) => url === LAB_TARGET).map(({ name }) => name);
  const allowed =
    lab.length === 0 ? "nothing: no target has the url lab" : `a target whose url is lab: ${lab.join(", ")}`;
  return labSteps(script).flatMap(({ path, regions: listed }) => {
    const names = listed.map((region) => (typeof region === "string" ? region : region.name));
    const isPart = names.length > 0 && lab.some((name) => !names.includes(name));
    return [
      ...names.flatMap((name, i) => (lab.includes(name) ? [] : [refusal([...path, i], name, allowed)])),
      ...(isPart ? [refusal(path, names.join(", "), `all of ${lab.join(", ")}: their url is lab`)] : []),
    ];
  });
}
