import { describe, expect, it } from "vitest";
import { readSummary } from "../../../../results/src/directory/summary-file.ts";
import { forecastCommand, scriptOf } from "../../../support/forecast-command.ts";

/** 220 devices in 5 s, and 50 answers a second: 2,200 do not come to work in time. */
const path = () => scriptOf({ reconnect: { policy: "full-jitter", base: "1s", cap: "10s" } });

async function forecastOf(...args: string[]) {
  const result = await forecastCommand([path(), ...args]);
  return { ...result, storm: readSummary(result.directory)?.storms[0] };
}

describe("forecast --devices", () => {
  it("says why a larger fleet was not at work, and what to add", async () => {
    const { code, out, storm } = await forecastOf("--devices", "2200");
    expect(code).toBe(5);
    expect(storm?.verdictAbsence).toBe("no-baseline");
    expect(out).toContain("NOT AT WORK: of 2,200 devices too few were ready when storm 1 came");
    expect(out).toContain("--scale phases: they arrive");
  });

  it("says nothing of it where the fleet was at work, or is the script's own", async () => {
    for (const args of [["--devices", "100"], []])
      expect((await forecastOf(...args)).out).not.toContain("NOT AT WORK");
  });

  it("with --scale capacity comes to what the script's own fleet comes to", async () => {
    const [small, large] = [await forecastOf(), await forecastOf("--devices", "2200", "--scale", "capacity")];
    expect(large.storm).toMatchObject({ verdict: "recovered", affected: 2200 });
    const [a, b] = [small.storm?.readyMs.p99 ?? 0, large.storm?.readyMs.p99 ?? 0];
    expect(Math.abs(b / a - 1)).toBeLessThan(0.1);
    expect(large.out.replaceAll(/\s+/g, " ")).toContain(
      "rates and queues of broker and config service are 10 times those below",
    );
  });

  it("with --scale phases arrives at the script's rates, and its storm comes as much later", async () => {
    const { storm, out } = await forecastOf("--devices", "2200", "--scale", "phases");
    // 5 s of arrivals become 50 s, and the storm at 8 s comes 45 s later.
    expect(storm).toMatchObject({ at: 53_000, fleet: 2200, affected: 2200 });
    expect(storm?.verdict).not.toBeNull();
    expect(out).not.toContain("NOT AT WORK");
    expect(out.replaceAll(/\s+/g, " ")).toContain("the phases last 10 times as long at the same rates");
  });

  it("with --scale capacity says how far a sample may be off", async () => {
    const asked = ["--devices", "2200", "--scale", "capacity", "--sample", "1000"];
    const { storm, directory } = await forecastOf(...asked);
    const errors = readSummary(directory)?.forecast?.sample?.errors ?? [];
    expect(errors).toHaveLength(3);
    for (const [i, { fromMs, toMs }] of errors.entries()) {
      const own = [storm?.readyMs.p50, storm?.readyMs.p90, storm?.readyMs.p99][i] ?? Number.NaN;
      expect(fromMs).toBeLessThanOrEqual(own);
      expect(toMs).toBeGreaterThanOrEqual(own);
      expect((toMs ?? Number.NaN) - (fromMs ?? Number.NaN)).toBeLessThan(own);
    }
  });

  it("with --window watches every storm for longer, and lets later ones wait for it", async () => {
    const storms = [8, 20].map((at) => ({ at: `${at}s`, fraction: 0.5, cause: "reset", window: "10s" }));
    const script = scriptOf({ storms, reconnect: { policy: "full-jitter", base: "1s", cap: "10s" } });
    const { directory } = await forecastCommand([script, "--window", "30s"]);
    expect(readSummary(directory)?.storms.map(({ at, windowMs }) => [at, windowMs])).toEqual([
      [8000, 30_000],
      [40_000, 30_000],
    ]);
    const longer = await forecastCommand([script, "--window", "5s"]);
    expect(readSummary(longer.directory)?.storms.map(({ at, windowMs }) => [at, windowMs])).toEqual([
      [8000, 10_000],
      [20_000, 10_000],
    ]);
  });

  it.each([
    [["--window", "60s", "--find", "fleet"], "--window: allowed without --find"],
    [["--scale", "phases"], "--scale phases: allowed with --devices"],
    [
      ["--devices", "9", "--scale", "capacity", "--find", "fleet"],
      "--scale capacity: allowed without --find",
    ],
    [["--devices", "9", "--scale", "all"], "Allowed choices are phases, capacity"],
  ])("%j is refused by name", async (args, message) => {
    const { code, err } = await forecastOf(...args);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });
});
