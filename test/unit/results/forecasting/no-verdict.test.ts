import { describe, expect, it } from "vitest";
import { type Arriving, notReady, tooShort } from "../../../../results/src/forecasting/no-verdict.ts";

const arriving = (changes: Partial<Arriving> = {}): Arriving => ({
  written: 2000,
  devices: 100_000,
  scale: null,
  arrivedByMs: 8000,
  arrivalsPerS: 12_500,
  connectsPerS: 5000,
  answersPerS: 500,
  regions: 1,
  ...changes,
});

type Storms = Parameters<typeof notReady>[1];
const storm = (changes: Partial<Storms[number]> = {}): Storms[number] => ({
  index: 1,
  at: 12_000,
  fleet: 100_000,
  happened: true,
  verdictAbsence: null,
  ...changes,
});

describe("a fleet that was not at work", () => {
  it("is told why, and what to change", () => {
    const storms = [storm({ verdictAbsence: "no-baseline" }), storm({ index: 2, at: 26_000, fleet: 40_000 })];
    const [title, why, , ...remedies] = notReady(arriving(), storms);
    expect(title).toBe("NOT AT WORK: of 100,000 devices too few were ready when storms 1, 2 came");
    expect(why).toBe(
      "They arrive within 8 s, up to 12,500 a second; the model takes 5,000 connects and 500 config answers a second.",
    );
    expect(remedies[0]).toContain(
      "--scale phases: they arrive as fast as the script's 2,000, for 50 times as long (400 s)",
    );
    expect(remedies[1]).toContain("--scale capacity: broker and config service become 50 times as large");
    expect(remedies[2]).toContain(
      "config.engines.mqtt.forecast.broker.connects and config.engines.mqtt.configService.capacity",
    );
  });

  it("is not told to do what it did, nor of a config service that is not there", () => {
    const text = notReady(arriving({ scale: "capacity", answersPerS: null, regions: 3 }), [
      storm({ verdictAbsence: "no-baseline" }),
    ]).join("\n");
    expect(text).not.toContain("--scale");
    expect(text).not.toContain("onfigService");
    expect(text).not.toContain("config answers");
    expect(text).toContain("in the weakest of 3 regions");
  });

  it("that arrives slowly enough is told that something else is too much, and what is left to grow", () => {
    const slow = arriving({ scale: "phases", arrivalsPerS: 250 });
    const [, why, , ...remedies] = notReady(slow, [storm({ verdictAbsence: "no-baseline" })]);
    expect(why).toContain("That alone is not too much: what those who are there ask for besides");
    expect(remedies[0]).toContain("--scale capacity: ");
    expect(notReady(arriving(), [storm({ verdictAbsence: "no-baseline" })])[1]).not.toContain("not too much");
  });

  it("is one that had arrived, and of which a part alone was there", () => {
    const there = (at: number, fleet: number) => notReady(arriving(), [storm({ at, fleet })]).length > 0;
    expect(there(12_000, 100_000)).toBe(false);
    expect(there(12_000, 90_000)).toBe(true);
    // A storm in the middle of the arrival is the script's own choice.
    expect(there(7000, 50_000)).toBe(false);
    // Of a sample of a tenth.
    expect(notReady(arriving(), [storm({ fleet: 10_000 })], 0.1)).toEqual([]);
    expect(notReady(arriving(), [storm({ happened: false, fleet: 0 })])).toEqual([]);
  });
});

describe("a window that tells nothing", () => {
  const short = {
    windowMs: 12_000,
    verdictAbsence: "window-too-short",
    verdictReason: "nobody came back",
  } as const;
  it("is told what to add, once for all storms", () => {
    const lines = tooShort([
      { index: 1, ...short },
      { index: 2, ...short, windowMs: 25_000 },
      { index: 1, ...short },
    ]);
    expect(lines).toEqual([
      "TOO SHORT: storms 1, 2 had to be watched for longer to tell",
      "Storm 1: nobody came back.",
      "What to change:",
      "--window 75s: every storm is watched for at least so long, and those after it come as much later. In the script: window of config.engines.mqtt.storms.",
    ]);
    expect(tooShort([{ index: 1, ...short, verdictAbsence: null }])).toEqual([]);
  });
});
