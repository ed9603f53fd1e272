/** `endWhenRecovered`, in virtual time: the run that ends early against the same run to its planned end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { forecast } from "../../../engine/src/forecast/index.ts";
import { mergeDirectories } from "../../../results/src/directory/judged-runs.ts";
import type { Summary } from "../../../results/src/judge/summary-schema.ts";
import { type SmallForecast, scriptOf } from "../../support/forecast.ts";

interface Told {
  summary: Summary;
  lines: string[];
}

async function runOf(small: SmallForecast, early: unknown, workers = 1): Promise<Told> {
  const directory = mkdtempSync(join(tmpdir(), "early-end-"));
  const lines: string[] = [];
  try {
    const mqtt = { ...small.mqtt, ...(early === null ? {} : { endWhenRecovered: early }) };
    await forecast(scriptOf({ ...small, mqtt }), {
      ...small,
      directory,
      testRunId: "same",
      workers,
      log: (line: string) => lines.push(line),
    });
    return { summary: mergeDirectories([directory], {}).summary, lines };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const verdicts = ({ summary }: Told): unknown[] => summary.storms.map(({ verdict }) => verdict);
const windows = ({ summary }: Told): unknown[] =>
  summary.storms.map(({ windowMs, plannedWindowMs }) => [windowMs, plannedWindowMs]);
const earlyLines = ({ lines }: Told): string[] => lines.filter((line) => line.includes("s early"));

const reset = (at: string, window: string, more: object = {}): object => ({
  at,
  fraction: 1,
  cause: "reset",
  window,
  ...more,
});

/** Fleets that recover long before their last window ends. */
const RECOVER: Record<string, SmallForecast> = {
  "one storm": { mqtt: { storms: [reset("4s", "120s")] } },
  "two storms": { mqtt: { storms: [reset("4s", "60s"), reset("70s", "300s")] } },
  "half of the fleet, silent": {
    mqtt: { keepalive: "5s", storms: [reset("4s", "120s", { fraction: 0.5, cause: "silent" })] },
  },
  "over a time": { mqtt: { storms: [reset("4s", "120s", { over: "20s" })] } },
  "without power": { mqtt: { storms: [reset("4s", "120s", { cause: "silent", for: "30s" })] } },
};

describe("a run that ends when all storms have recovered", () => {
  it.each(
    Object.entries(RECOVER),
  )("has the verdicts and the recovery of the whole run: %s", async (_, small) => {
    const [whole, early] = [await runOf(small, null), await runOf(small, true)];
    expect(new Set(verdicts(whole))).toEqual(new Set(["recovered"]));
    expect(verdicts(early)).toEqual(verdicts(whole));
    const last = early.summary.storms.at(-1);
    const readyMs = last?.readyFromStormMs?.max ?? Number.NaN;
    // All have been ready for the settle time of 5 s, then every worker hears of the end within two looks; it is less than a look off.
    expect(last?.windowMs).toBeGreaterThanOrEqual(readyMs + 5000);
    expect(last?.windowMs).toBeLessThanOrEqual(readyMs + 5000 + 3 * 500 + 100);
    expect(last?.plannedWindowMs).toBe(whole.summary.storms.at(-1)?.windowMs);
    expect(last?.verdictReason).toContain("for all storms had recovered");
    for (const [i, { readyMs, reconnectMs, recovered, affected }] of early.summary.storms.entries())
      expect({ readyMs, reconnectMs, recovered, affected }).toEqual({
        readyMs: whole.summary.storms[i]?.readyMs,
        reconnectMs: whole.summary.storms[i]?.reconnectMs,
        recovered: whole.summary.storms[i]?.recovered,
        affected: whole.summary.storms[i]?.affected,
      });
    expect(earlyLines(early)).toHaveLength(1);
    expect(earlyLines(early)[0]).toMatch(
      /recovered, and every device was ready for 5 s: the run ends \d+ s early$/,
    );
    expect(earlyLines(whole)).toEqual([]);
  });

  it("is the same on any number of workers", async () => {
    for (const [name, small] of Object.entries(RECOVER)) {
      const [one, four] = [await runOf(small, true), await runOf(small, true, 4)];
      expect(four.summary.workers, name).toBeGreaterThan(1);
      expect({ ...four.summary, workers: 0 }, name).toEqual({ ...one.summary, workers: 0 });
      expect(earlyLines(four), name).toEqual(earlyLines(one));
    }
  });

  it("takes the settle time that it is given", async () => {
    const small = RECOVER["one storm"] as SmallForecast;
    const [short, long] = [await runOf(small, { settle: "1s" }), await runOf(small, { settle: "20s" })];
    const [a, b] = [short, long].map(({ summary }) => summary.storms[0]?.windowMs ?? Number.NaN);
    expect((b as number) - (a as number)).toBe(19_000);
  });

  it("waits until a network or power that is gone is back, though nobody else is out", async () => {
    const { summary } = await runOf(RECOVER["without power"] as SmallForecast, { settle: "500ms" });
    expect(summary.storms[0]?.windowMs).toBeGreaterThan(30_000);
    const region = {
      lab: { regions: [{ name: "eu", capacity: 50 }, "us"] },
      mqtt: {
        targets: [
          { name: "eu", url: "lab" },
          { name: "us", url: "lab" },
        ],
        failover: { policy: "next", after: 2, returnHome: "2s" },
        storms: [{ at: "4s", regionLoss: { target: "eu", for: "60s" }, window: "200s" }],
      },
    };
    const lost = await runOf(region, { settle: "500ms" });
    expect(verdicts(lost)).toEqual(["recovered"]);
    expect(lost.summary.storms[0]?.windowMs).toBeGreaterThan(60_000);
    expect(lost.summary.storms[0]?.windowMs).toBeLessThan(70_000);
  });

  it.each<[string, SmallForecast]>([
    // Every answer comes later than it is waited for.
    ["a storm that never recovers", { mqtt: { configService: { capacity: 20, queueLimit: 1000 } } }],
    ["a first storm that did not", { mqtt: { storms: [reset("4s", "1s"), reset("8s", "60s")] } }],
    // Nobody is left to come back: there is no verdict that could be told early.
    [
      "devices that leave",
      {
        scenario: {
          flow: [{ connect: {} }, { stayOnline: { for: "1s" } }, { disconnect: {} }, { stayOnline: {} }],
        },
      },
    ],
  ])("goes on to its planned end: %s", async (_, small) => {
    const [whole, early] = [await runOf(small, null), await runOf(small, true)];
    expect(windows(early)).toEqual(windows(whole));
    expect(early.summary.storms.map(({ plannedWindowMs }) => plannedWindowMs)).toEqual(
      whole.summary.storms.map(() => null),
    );
    expect(early.summary.storms.at(-1)?.verdict ?? null).toBe(whole.summary.storms.at(-1)?.verdict ?? null);
    expect(whole.summary.storms.every(({ verdict }) => verdict === "recovered")).toBe(false);
    expect(earlyLines(early)).toEqual([]);
  });
});
