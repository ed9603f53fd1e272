/** Small fleets: a forecast of some hundred devices takes some ten milliseconds. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../../results/src/commands/program.ts";
import type { Finding, FleetFinding } from "../../../../results/src/forecasting/finding.ts";
import { command, forecastCommand, type ScriptOptions, scriptOf } from "../../../support/forecast-command.ts";
import { temporaryDirectory } from "../../../support/run-files.ts";

async function find(path: string, ...args: string[]) {
  const result = await forecastCommand([path, ...args]);
  return {
    ...result,
    finding: (): Finding & { conclusion: string[] } => JSON.parse(result.text("find.json")),
  };
}

// What others leave in the system's folder meanwhile is not ours to count.
process.env["TMPDIR"] = temporaryDirectory();
const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("mqtt-forecast-"));

describe("forecast --find fleet", () => {
  it("brackets the loss from which a fleet that reconnects at once spirals", async () => {
    const before = left();
    const found = await find(scriptOf(), "--find", "fleet");
    expect(found.code).toBe(0);
    const { searches, conclusion } = found.finding() as FleetFinding & { conclusion: string[] };
    const { bracket, points } = searches[0] ?? { bracket: { holds: null, fails: null }, points: [] };
    const { holds, fails } = bracket;
    expect(holds).toBeGreaterThan(20);
    expect((fails ?? 0) - (holds ?? 0)).toBeLessThanOrEqual(Math.max(1, (holds ?? 0) * 0.02));
    const at = (value: number | null) => points.find((point) => point.value === value)?.outcome;
    expect(at(holds)).toMatchObject({ verdict: "recovered", affected: holds, fleet: holds });
    expect(at(fails)?.verdict).toBe("metastable");
    for (const text of [found.out, found.text("find.html"), found.text("find.csv")])
      expect(text).toContain("FORECAST");
    expect(found.out.replaceAll(/\s+/g, " ")).toContain(conclusion[0]);
    expect(found.err).toMatch(/^forecast 1 of about \d+: script \(immediate\), 220 devices: METASTABLE/);
    expect(left()).toEqual(before);
  });

  it("says the same bytes again, and where even the largest recovers", async () => {
    const path = scriptOf({ reconnect: { policy: "full-jitter", base: "1s" } });
    const args = ["--find", "fleet", "--devices", "250", "--fraction", "0.5", "--seed", "9"];
    const [first, second] = [await find(path, ...args), await find(path, ...args)];
    expect(first.name).toBe(second.name);
    for (const file of ["find.json", "find.csv", "find.html"])
      expect(first.text(file)).toBe(second.text(file));
    expect(first.finding()).toMatchObject({
      question: { storm: { words: "connection reset of 50 %" }, seed: 9 },
      searches: [{ bracket: { holds: 250, fails: null }, space: { lowest: 2, highest: 250 } }],
    });
    expect(first.out).toContain("Larger ones were not tried");
  });

  it("judges the storm that is asked for, by the script's own target, and lets no later one happen", async () => {
    const storms = [8, 30, 52].map((at) => ({ at: `${at}s`, fraction: 0.5, window: "20s" }));
    const path = scriptOf({ storms, plugin: { target: 0.5 }, reconnect: { policy: "full-jitter" } });
    const { code, finding } = await find(path, "--find", "fleet", "--storm", "2", "--devices", "200");
    expect(code).toBe(0);
    expect(finding()).toMatchObject({ question: { storm: { index: 2 }, target: 0.5 } });
    const [point] = (finding() as FleetFinding).searches[0]?.points ?? [];
    const { target, p50 } = point?.outcome.readyMs ?? {};
    expect(target).toBe(p50);
  });
});

describe("forecast --find capacity", () => {
  it("is what the config service must sustain for the time that is asked for", async () => {
    const found = await find(scriptOf(), "--find", "capacity", "--within", "3s");
    const finding = found.finding();
    if (finding.find !== "capacity") throw new Error(finding.find);
    const { holds, fails } = finding.searches[0]?.bracket ?? {};
    // 99 % of 200 devices at once within 3 s.
    expect(holds).toBeGreaterThanOrEqual(Math.ceil(198 / 3));
    expect((holds ?? 0) - (fails ?? 0)).toBeLessThanOrEqual(2);
    expect(finding.question).toMatchObject({ withinMs: 3000, storm: { windowMs: 20_000 } });
    expect(finding.question.assumptions[0]).toMatchObject({
      name: "config service: capacity",
      source: "option",
    });
    expect(
      finding.question.assumptions.filter(({ name }) => name === "config service: capacity"),
    ).toHaveLength(1);
  });

  it("is what the broker must accept", async () => {
    const found = await find(
      scriptOf(),
      "--find",
      "capacity",
      "--of",
      "broker",
      "--policy",
      "full-jitter",
      "--base",
      "1s",
      "--cap",
      "30s",
    );
    expect(found.finding()).toMatchObject({
      of: "broker",
      searches: [{ policy: "full-jitter 1 s to 30 s" }],
    });
    expect(found.text("find.csv")).toContain(",broker_connects_per_s,");
  });
});

describe("forecast --find capacity --of broker", () => {
  it("looks below the script's own as well: a slower broker may keep the fleet from overrunning the back end", async () => {
    const found = await find(scriptOf(), "--find", "capacity", "--of", "broker");
    const finding = found.finding();
    if (finding.find !== "capacity") throw new Error(finding.find);
    const { bracket, points } = finding.searches[0] ?? { bracket: null, points: [] };
    // 200 devices that reconnect at once, and whose questions time out after 2 s, spiral on a back end of 50 answers a second.
    expect(points.find(({ value }) => value === 5000)?.outcome.verdict).toBe("metastable");
    expect(bracket?.holds).toBeLessThan(5000);
    expect(found.out.replaceAll(/\s+/g, " ")).toContain("More is not always enough");
  });

  it("is not enough where a part of the fleet alone had got on before the storm", async () => {
    const jitter = ["--policy", "full-jitter", "--base", "5s", "--cap", "30s", "--within", "30s"];
    const found = await find(scriptOf(), "--find", "capacity", "--of", "broker", ...jitter);
    const finding = found.finding();
    if (finding.find !== "capacity") throw new Error(finding.find);
    const { bracket, points } = finding.searches[0] ?? { bracket: null, points: [] };
    const holding = points.filter(({ holds }) => holds);
    expect(holding.length).toBeGreaterThan(0);
    for (const { outcome } of holding) expect(outcome.affected).toBeGreaterThanOrEqual(0.99 * 220);
    // A verdict alone would have taken it: those who were there came back.
    const fails = points.find(({ value }) => value === bracket?.fails)?.outcome;
    expect(fails).toMatchObject({ verdict: "recovered", due: 220 });
    expect(found.out).toContain(`NOT AT WORK: ${fails?.fleet} of 220 there`);
  });
});

describe("forecast --find policy", () => {
  it("has those that are named, watches for as long as is asked, and marks the frontier", async () => {
    const names = ["script", "uniform", "full-jitter", "aws-iot"];
    const found = await find(
      scriptOf(),
      "--find",
      "policy",
      "--policy",
      ...names,
      "--base",
      "1s,4s",
      "--cap",
      "30s",
      "--within",
      "60s",
    );
    const finding = found.finding();
    if (finding.find !== "policy") throw new Error(finding.find);
    expect(finding.points.map(({ policy }) => policy)).toEqual([
      "script (immediate)",
      "full-jitter 1 s to 30 s",
      "full-jitter 4 s to 30 s",
      "uniform 30 s",
      "aws-iot",
    ]);
    expect(finding.question.storm.windowMs).toBe(60_000);
    expect(finding.points[0]).toMatchObject({
      holds: false,
      frontier: false,
      outcome: { verdict: "metastable" },
    });
    expect(finding.points.some(({ frontier }) => frontier)).toBe(true);
    expect(found.out).toContain("With the script's own back-off (immediate) it does not");
  });
});

it("ends with code 5 where no forecast came to a verdict", async () => {
  const configService = {
    requestTopic: "config/+/get/+",
    responseTopic: "config/$1/$2",
    capacity: 1,
    queueLimit: 10_000,
  };
  const found = await find(scriptOf({ configService }), "--find", "policy", "--policy", "script");
  expect(found.code).toBe(5);
  expect(found.out).toContain("even before the storm the fleet is not at work");
});

it("Ctrl-C keeps what is known, and says that it was interrupted", async () => {
  const path = scriptOf();
  const before = left();
  let [out, err] = ["", ""];
  const output = temporaryDirectory();
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
      if (text.startsWith("forecast 2 of ")) process.emit("SIGINT", "SIGINT");
    },
    colour: false,
  };
  const code = await runCommand(["forecast", path, "--find", "policy", "--output", output], io);
  expect(code).toBe(130);
  const [name = ""] = readdirSync(output);
  const finding = JSON.parse(readFileSync(join(output, name, "find.json"), "utf8"));
  expect(finding).toMatchObject({ interrupted: true, planned: 32 });
  expect(finding.points).toHaveLength(2);
  expect(out).toContain("interrupted: what was known until then");
  expect(readFileSync(join(output, name, "find.html"), "utf8")).toContain("Interrupted.");
  expect(err).toContain("interrupted: what is known up to here was kept");
  expect(left()).toEqual(before);
});

it("shows what it found where that cannot be written, and then says so", async () => {
  const path = scriptOf();
  const args = ["forecast", path, "--find", "policy", "--policy", "script", "uniform"];
  const { name } = await find(path, ...args.slice(2));
  const output = temporaryDirectory();
  mkdirSync(join(output, name, "find.csv"), { recursive: true });
  const { code, out, err } = await command([...args, "--output", output]);
  expect(code).toBe(3);
  expect(out).toContain("FORECAST: Which back-off to ship");
  expect(err).toContain("find.csv could not be written");
  expect(readdirSync(join(output, name))).toContain("find.json");
});

describe("options that are no good", () => {
  it.each<[string, ScriptOptions, string[], string]>([
    ["what", {}, ["--find", "everything"], "Allowed choices are fleet, capacity, policy"],
    ["a storm that is not there", {}, ["--find", "fleet", "--storm", "2"], "storm: 2 is not allowed"],
    ["no whole number", {}, ["--find", "fleet", "--storm", "0"], "allowed: a whole number above 0"],
    ["a time", {}, ["--find", "fleet", "--within", "soon"], "allowed: a duration above 0"],
    [
      "a policy",
      {},
      ["--find", "policy", "--policy", "slow"],
      "--policy slow: allowed are all, script, immediate,",
    ],
    ["a server", {}, ["--find", "fleet", "--of", "broker"], "--of broker: allowed with --find capacity only"],
    ["without --find", {}, ["--storm", "1"], "--storm: allowed with --find fleet, capacity, policy only"],
    ["of without --find", {}, ["--of", "broker"], "--of: allowed with --find capacity only"],
    [
      "no pair",
      {},
      ["--find", "policy", "--policy", "full-jitter", "--base", "2m", "--cap", "1m"],
      "no policy is left",
    ],
    [
      "too few devices",
      {},
      ["--find", "fleet", "--fraction", "0.01", "--devices", "50"],
      "--devices 50: allowed are 100 and more",
    ],
    [
      "a target",
      { plugin: { target: 2 } },
      ["--find", "fleet"],
      "config.plugins.mqtt-results.target: 2 is not allowed",
    ],
    ["a script without storms", { storms: [] }, ["--find", "fleet"], "stayOnline.for: is missing"],
  ])("%s", async (_, options, args, message) => {
    const { code, err } = await find(scriptOf(options), ...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });
});
