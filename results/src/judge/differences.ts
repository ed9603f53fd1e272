import { count, duration, percent } from "./number-words.ts";
import type { StormSummary, Summary } from "./summary-schema.ts";

/** A value that a forecast and the run that it is held against do not have in common. */
export interface Difference {
  /** Its path in the script, or what it is of. */
  path: string;
  measured: string;
  forecast: string;
}

/** What a reader of errors has to know where anything differs. */
export const DIFFERENCES_SENTENCE =
  "What was measured differs from what is forecast, so the errors are not those of the model alone.";

interface Judged {
  summary: Summary;
  /** `script.json`; null where it is not known. */
  script: string | null;
}

/** Fleets that are no further apart are of one size: a device or two may have come late. */
const FLEET_TOLERANCE = 0.01;

/**
 * What of fleet, storms and script differs: where anything does, the error of a forecast is not the model's alone. What only says
 * how the model or the target is, is not compared.
 */
export function differencesOf(measured: Judged, forecast: Judged): Difference[] {
  return [
    ...fleetDifference(measured.summary, forecast.summary),
    ...stormDifferences(measured.summary.storms, forecast.summary.storms),
    ...scriptDifferences(measured.script, forecast.script),
  ];
}

function fleetDifference(measured: Summary, forecast: Summary): Difference[] {
  const [was, is] = [measured.fleet.devices, forecast.forecast?.sample?.of ?? forecast.fleet.devices];
  if (Math.abs(is / was - 1) <= FLEET_TOLERANCE) return [];
  return [{ path: "fleet", measured: `${count(was)} devices`, forecast: `${count(is)} devices` }];
}

/** As they were, whatever script or option said so. */
function stormDifferences(
  measured: readonly StormSummary[],
  forecast: readonly StormSummary[],
): Difference[] {
  const indices = [...new Set([...measured, ...forecast].map(({ index }) => index))].sort((a, b) => a - b);
  return indices.flatMap((index) => {
    const was = measured.find((one) => one.index === index);
    const is = forecast.find((one) => one.index === index);
    if (was === undefined || is === undefined) {
      const words = (storm: StormSummary | undefined): string => (storm === undefined ? "none" : storm.cause);
      return [{ path: `storm ${index}`, measured: words(was), forecast: words(is) }];
    }
    const fields: [string, (storm: StormSummary) => string][] = [
      ["cause", ({ cause }) => cause],
      ["fraction", ({ fraction }) => (fraction === null ? "none" : percent(fraction))],
      ["cohorts", ({ onlyCohorts }) => onlyCohorts?.join(", ") ?? "all"],
      ["over", ({ overMs }) => (overMs === null ? "at once" : duration(overMs))],
      ["outage", ({ outage }) => (outage === null ? "none" : `${outage.of} for ${duration(outage.forMs)}`)],
      ["region", ({ region }) => region ?? "none"],
      // What is waited for begins when it happens.
      ["at", ({ at, cause }) => (cause === "external" ? "waited for" : duration(at))],
      ["window", ({ windowMs }) => duration(windowMs)],
    ];
    return fields.flatMap(([name, text]) =>
      text(was) === text(is)
        ? []
        : [{ path: `storm ${index}: ${name}`, measured: text(was), forecast: text(is) }],
    );
  });
}

function scriptDifferences(measured: string | null, forecast: string | null): Difference[] {
  const [was, is] = [comparable(measured), comparable(forecast)];
  if (was === null || is === null) {
    const words = (script: object | null): string => (script === null ? "not known" : "known");
    return [{ path: "script", measured: words(was), forecast: words(is) }];
  }
  return differing(was, is, "");
}

/** Of the script what decides how devices behave: storms and the number of arrivals are compared as they came to be. */
function comparable(text: string | null): Record<string, unknown> | null {
  try {
    const script = JSON.parse(text ?? "null") as Script | null;
    const engine = script?.config?.engines?.mqtt;
    if (!script || typeof script !== "object") return null;
    const { forecast: _, storms: __, ...mqtt } = engine ?? {};
    return {
      config: { phases: script.config?.phases, engines: { mqtt } },
      before: script.before,
      scenarios: script.scenarios,
    };
  } catch {
    return null;
  }
}

interface Script {
  config?: { phases?: unknown; engines?: { mqtt?: Record<string, unknown> } };
  before?: unknown;
  scenarios?: unknown;
}

function differing(was: unknown, is: unknown, path: string): Difference[] {
  if (isTree(was) && isTree(is) && Array.isArray(was) === Array.isArray(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return keys.flatMap((key) =>
      differing(
        was[key],
        is[key],
        Array.isArray(was) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`,
      ),
    );
  }
  return was === is ? [] : [{ path, measured: shown(was), forecast: shown(is) }];
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const LONGEST = 60;

function shown(value: unknown): string {
  if (value === undefined) return "absent";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
