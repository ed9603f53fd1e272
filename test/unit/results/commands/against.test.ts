import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  asMeasured,
  command,
  forecastCommand,
  type ScriptOptions,
  scriptOf,
} from "../../../support/forecast-command.ts";

const RECOVERS: ScriptOptions = { reconnect: { policy: "full-jitter", base: "1s", cap: "10s" } };

/** A run of the script, whose figures are those of another seed. */
async function measured(script = scriptOf(RECOVERS), ...args: string[]): Promise<string> {
  const { directory } = await forecastCommand([script, "--seed", "8", ...args]);
  return asMeasured(directory);
}

describe("forecast --against", () => {
  it("holds the run's own script against it, and says of nothing that it differs", async () => {
    const run = await measured();
    const { code, out, directory } = await forecastCommand(["--against", run]);
    expect(code).toBe(0);
    expect(out).toContain("Storm 1, measured against forecast: RECOVERED, FORECAST RECOVERED");
    expect(out).not.toContain("NOT THE SAME EXPERIMENT");
    expect(readFileSync(join(directory, "report.html"), "utf8")).not.toContain("Not the same experiment");
  });

  it("stays in what report makes of the directory, wherever the run has gone", async () => {
    const run = await measured();
    const { directory, text } = await forecastCommand(["--against", run]);
    const page = text("report.html");
    expect(page).toContain('<h2 id="accuracy">Measured against forecast</h2>');
    rmSync(run, { recursive: true });
    rmSync(join(directory, "report.html"));
    const again = await command(["report", directory]);
    expect(again.code).toBe(0);
    expect(again.out).toContain("Storm 1, measured against forecast");
    expect(text("report.html")).toBe(page);
    // Both are judged by what is asked for.
    const judged = await command(["report", directory, "--target", "50%"]);
    expect(judged.out).toContain("measured against forecast: RECOVERED, FORECAST RECOVERED");
  });

  it("is another run than the same forecast alone, which has no such section", async () => {
    const path = scriptOf(RECOVERS);
    const against = await forecastCommand([path, "--against", await measured(path)]);
    const alone = await forecastCommand([path]);
    expect(against.name).not.toBe(alone.name);
    expect((await command(["report", alone.directory])).out).not.toContain("measured against forecast");
  });

  it("lists what differs, with its path and both values", async () => {
    const run = await measured(
      scriptOf({ ...RECOVERS, reconnect: { policy: "full-jitter", base: "2s", cap: "10s" } }),
    );
    const path = scriptOf(RECOVERS);
    const args = [path, "--against", run, "--fraction", "0.5", "--devices", "300"];
    const { code, out, text } = await forecastCommand(args);
    expect(code).toBe(0);
    expect(out).toContain("NOT THE SAME EXPERIMENT");
    const lines = out.split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(lines).toContainEqual(["fleet", "220 devices", "300 devices"]);
    expect(lines).toContainEqual(["storm 1: fraction", "100 %", "50 %"]);
    expect(lines).toContainEqual(["config.engines.mqtt.reconnect.base", "2s", "1s"]);
    expect(text("report.html")).toContain("Not the same experiment");
  });

  it("says nothing of what only describes the model", async () => {
    const run = await measured();
    const path = scriptOf({ ...RECOVERS, forecast: { broker: { connects: 4000 } } });
    expect((await forecastCommand([path, "--against", run])).out).not.toContain("NOT THE SAME EXPERIMENT");
  });

  it("refuses a forecast, a run without any storm of the script, and what has no counterpart in it", async () => {
    const path = scriptOf(RECOVERS);
    const { directory } = await forecastCommand([path]);
    const refused = await forecastCommand([path, "--against", directory]);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining(": a forecast; allowed: a run that was"),
    ]);
    const run = asMeasured(directory);
    for (const [args, message] of [
      [["--policy", "all"], "--policy: allowed without --against"],
      [["--fraction", "0.1,1"], "allowed is one share with --against"],
    ] as const) {
      const { code, err } = await forecastCommand([path, "--against", run, ...args]);
      expect([code, err]).toEqual([1, expect.stringContaining(message)]);
    }
    const record = join(run, "worker-forecast.json");
    const { storms: _, ...others } = JSON.parse(readFileSync(record, "utf8"));
    writeFileSync(record, JSON.stringify({ ...others, storms: [] }));
    const none = await forecastCommand([path, "--against", run]);
    expect([none.code, none.err]).toEqual([
      1,
      expect.stringContaining("a run with no storms; allowed: one with"),
    ]);
  });
});
