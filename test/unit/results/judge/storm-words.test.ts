import { expect, it } from "vitest";
import { fateWords, sparedWords, stormWords } from "../../../../results/src/judge/storm-words.ts";
import type { StormFields } from "../../../../results/src/judge/summary-schema.ts";
import { spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

function fatesOf(fields: Partial<StormFields>): string[] {
  const [storm] = summaryOf([spiralWorker("1")]).storms;
  if (storm === undefined) throw new Error("there is no storm");
  return fateWords({ ...storm, ...fields });
}

it("devices are out when the window ended, or when the run did, if that was before", () => {
  expect(fatesOf({})).toEqual(["30 out when the window ended"]);
  expect(fatesOf({ closed: false })).toEqual(["30 out when the run ended, before the window did"]);
});

it("a storm for some cohorts names them, and says what became of the others", () => {
  const [storm] = summaryOf([spiralWorker("1")]).storms;
  if (storm === undefined) throw new Error("there is no storm");
  const [cohort] = Object.values(storm.cohorts);
  if (cohort === undefined) throw new Error("there is no cohort");
  const of = (onlyCohorts: string[] | null, cohorts: typeof storm.cohorts = {}) => ({
    cause: "close" as const,
    fraction: 1,
    region: null,
    onlyCohorts,
    overMs: null,
    outage: null,
    cohorts,
  });
  expect(stormWords(of(null))).toBe("connection close of 100 %");
  expect(stormWords(of(["sensors", "gateways"]))).toBe("connection close of 100 % of sensors, gateways");
  expect(stormWords(of(["a", "b", "c", "d"]))).toBe("connection close of 100 % of 4 cohorts");
  const counts = (fleet: number, unaffectedLost: number, alreadyOffline: number) => ({
    ...cohort,
    fleet,
    unaffectedLost,
    alreadyOffline,
  });
  const cohorts = { sensors: counts(90, 7, 7), consumers: counts(9, 0, 0), gateways: counts(1, 0, 0) };
  expect(sparedWords(of(null, cohorts))).toBe("");
  expect(sparedWords(of(["sensors", "consumers"], cohorts))).toBe(
    "not for gateways: 1 device, none lost its connection",
  );
  expect(sparedWords(of(["consumers"], cohorts))).toBe(
    "not for sensors, gateways: 91 devices, 7 already offline, 7 lost the connection all the same",
  );
});

it("a drain says over how long, an outage of what and for how long", () => {
  const of = (overMs: number | null, outage: { of: "power" | "network"; forMs: number } | null) =>
    stormWords({ cause: "silent", fraction: 0.5, region: null, onlyCohorts: ["a"], overMs, outage });
  expect(of(30_000, null)).toBe("silent connection loss of 50 % of a over 30 s");
  expect(of(null, { of: "power", forMs: 8000 })).toBe("power cut of 50 % of a for 8 s (silent)");
  expect(of(30_000, { of: "network", forMs: 8000 })).toBe(
    "network outage of 50 % of a over 30 s, each for 8 s (silent)",
  );
});

it("a name of the script's stands before what it was, and nothing is said twice", () => {
  const power = { of: "power", forMs: 8000 } as const;
  const of = (fields: Partial<StormFields>) =>
    stormWords({
      cause: "silent",
      fraction: 0.6,
      region: null,
      onlyCohorts: null,
      overMs: null,
      outage: null,
      ...fields,
    });
  expect(of({ name: "power cut", outage: power })).toBe("power cut (silent of 60 %, without power for 8 s)");
  expect(of({ outage: power })).toBe("power cut of 60 % for 8 s (silent)");
  expect(of({ name: "cell by cell", outage: power, overMs: 30_000 })).toBe(
    "cell by cell (silent of 60 % over 30 s, each without power for 8 s)",
  );
  expect(of({ cause: "regionLoss", region: "eu" })).toBe("region outage (eu)");
  expect(of({ cause: "regionLoss", region: "eu", name: "flood" })).toBe("flood (region eu lost)");
  expect(of({ cause: "exec", fraction: null, name: "broker restarted" })).toBe("broker restarted (exec)");
});
