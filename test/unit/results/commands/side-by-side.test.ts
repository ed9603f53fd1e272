import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSummary } from "../../../../results/src/directory/summary-file.ts";
import type { SideBySide } from "../../../../results/src/forecasting/side-by-side.ts";
import { command, forecastCommand, scriptOf } from "../../../support/forecast-command.ts";

type Written = SideBySide & { conclusion: string[] };

async function sideBySide(...args: string[]) {
  const result = await forecastCommand(args);
  return { ...result, compared: (): Written => JSON.parse(result.text("forecasts.json")) };
}

const pathOf = () => scriptOf({ reconnect: { policy: "full-jitter", base: "1s", cap: "10s" } });

describe("forecast with several shares", () => {
  it("makes a run of each, as it would be made alone, and one table", async () => {
    const path = pathOf();
    const found = await sideBySide(path, "--fraction", "0.25,1");
    expect(found.code, found.err).toBe(0);
    expect(readdirSync(found.directory).sort()).toEqual([
      "forecasts.csv",
      "forecasts.html",
      "forecasts.json",
      "fraction-0.25",
      "fraction-1",
    ]);
    const alone = await forecastCommand([path, "--fraction", "0.25"]);
    for (const file of readdirSync(alone.directory))
      expect(found.text(join("fraction-0.25", file)), file).toBe(alone.text(file));
    const points = found.compared().storms[0]?.points ?? [];
    expect(points.map(({ fraction, run, outcome }) => [fraction, run, outcome.affected])).toEqual([
      [0.25, "fraction-0.25", 55],
      [1, "fraction-1", 220],
    ]);
    expect(readSummary(join(found.directory, "fraction-1"))?.storms[0]?.readyMs.p99).toBe(
      points[1]?.outcome.readyMs.p99,
    );
    expect(found.out.replaceAll(/\s+/g, " ")).toContain("All recover: 99 % are ready after");
    expect(found.out).toContain("forecasts.html");
    expect((await command(["show", join(found.directory, "fraction-1")])).out).toContain(
      "FORECAST RECOVERED",
    );
  });
});

describe("forecast with several policies", () => {
  it("puts them beside the script's own, with every share, and says the same bytes again", async () => {
    const path = scriptOf();
    const args = ["--policy", "script", "uniform", "--cap", "10s", "--fraction", "0.5,1"];
    const [first, second] = [await sideBySide(path, ...args), await sideBySide(path, ...args)];
    expect(first.name).toBe(second.name);
    expect(first.text("forecasts.json")).toBe(second.text("forecasts.json"));
    const points = first.compared().storms[0]?.points ?? [];
    expect(points.map(({ run }) => run)).toEqual([
      "fraction-0.5-script",
      "fraction-0.5-uniform-10-s",
      "fraction-1-script",
      "fraction-1-uniform-10-s",
    ]);
    expect(points[2]?.outcome.verdict).toBe("metastable");
    // Each run holds the script that it is of.
    const script = JSON.parse(
      readFileSync(join(first.directory, points[3]?.run ?? "", "script.json"), "utf8"),
    );
    expect(script.config.engines.mqtt.reconnect).toEqual({ policy: "uniform", window: "10000ms" });
    expect(first.err).toContain("forecast 4 of about 4: 100 % lost, uniform 10 s: RECOVERED");
  });

  it("of one name alone is one row", async () => {
    const found = await sideBySide(pathOf(), "--policy", "aws-iot");
    expect(found.compared().storms[0]?.points.map(({ policy }) => policy)).toEqual(["aws-iot"]);
  });
});

it("a gate of the script holds for each of them", async () => {
  const path = scriptOf({ plugin: { fail: { verdict: "metastable" } } });
  expect((await sideBySide(path, "--fraction", "0.25,1")).code).toBe(4);
});

it("Ctrl-C keeps what was forecast to its end", async () => {
  const result = await forecastCommand([scriptOf(), "--policy", "all"], (text) => {
    if (text.startsWith("forecast 2 of ")) process.emit("SIGINT", "SIGINT");
  });
  expect(result.code).toBe(130);
  const compared = JSON.parse(result.text("forecasts.json")) as Written;
  expect(compared).toMatchObject({ interrupted: true, planned: 32 });
  expect(compared.storms[0]?.points).toHaveLength(2);
  expect(result.out).toContain("interrupted: what was known until then");
});

it.each([
  [
    ["--fraction", "0.5,2"],
    "allowed: a share above 0 and up to 1, such as 0.25 or 25 %, or several: 0.25,0.5,1",
  ],
  [["--policy", "slow"], "--policy slow: allowed are all, script, immediate,"],
  [["--base", "1s"], "--base: allowed with --policy or --find"],
  [
    ["--policy", "immediate", "--base", "1s"],
    "--base: allowed with a --policy that has a base; immediate has none",
  ],
  [
    ["--policy", "uniform", "--base", "1s"],
    "--base: allowed with a --policy that has a base; uniform has none",
  ],
  [
    ["--policy", "fixed", "--cap", "9s"],
    "--cap: allowed with a --policy that has a cap or window; fixed has none",
  ],
  [["--find", "fleet", "--base", "1s"], "--base: allowed with a --policy that has a base; script has none"],
  [["--find", "fleet", "--fraction", "0.5,1"], "--fraction 0.5,1: allowed is one share with --find"],
])("%j is refused by name", async (args, message) => {
  const { code, err } = await forecastCommand([pathOf(), ...args]);
  expect(code).toBe(1);
  expect(err).toContain(message);
});
