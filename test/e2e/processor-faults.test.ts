/** Functions of a processor that do what they should not: each fails its virtual user, and the run ends as planned. */
import { expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { isAlive, labPids, readSummary } from "../support/summary.ts";

const PROCESSOR = `
let calls = 0;
export function never() {}
export function asksForEver() {}
export function exits(context, events, done) { process.exit(0); }
export async function exitsLater() { await new Promise((r) => setTimeout(r, 100)); process.exit(1); }
export function fails(context, events, done) { done(new Error("vault is sealed, token=cobra-11")); }
export async function failsInBootstrap() { if (++calls > 2) throw new Error("no such \\u001b[31mplant"); }
`;

const FLOWS: Record<string, object> = {
  "never in a flow": { flow: [{ connect: {} }, { function: "never" }, { stayOnline: {} }] },
  "never before": { beforeScenario: "never", flow: [{ connect: {} }, { stayOnline: {} }] },
  "never asks": { flow: [{ connect: {} }, { loop: [{ think: 0.1 }], whileTrue: "asksForEver" }] },
  exits: { flow: [{ connect: {} }, { function: "exits" }, { stayOnline: {} }] },
  "exits later": { flow: [{ connect: {} }, { function: "exitsLater" }, { stayOnline: {} }] },
  fails: { flow: [{ connect: {} }, { function: "fails" }, { stayOnline: {} }] },
  bootstrap: { onConnect: [{ function: "failsInBootstrap" }], flow: [{ connect: {} }, { stayOnline: {} }] },
};

const IN_CALLBACKS = `
import { readFile } from "node:fs";
export function inTimer(context, events, done) { setTimeout(() => process.exit(1), 100); }
export function inFile(context, events, done) { readFile(import.meta.filename, () => process.exit(2)); }
export function inPromise(context, events, done) { Promise.resolve().then(() => process.exit(3)); }
export function afterDone(context, events, done) { setTimeout(() => process.exit(4), 100); done(); }
export function throws(context, events, done) { setTimeout(() => { throw new Error("no such plant"); }, 300); }
`;

/** Every scenario calls one of the functions. */
function callbacksScript(functions: string[]): object {
  return {
    config: {
      target: "lab",
      processor: "./processor.mjs",
      phases: [{ duration: 1, arrivalCount: 60 }],
      engines: { mqtt: { storms: [{ at: "2s", fraction: 1, cause: "reset", window: "2s" }] } },
      plugins: { "mqtt-results": {} },
    },
    before: { engine: "mqtt", flow: [{ lab: {} }] },
    scenarios: functions.map((name) => ({
      name,
      engine: "mqtt",
      flow: [{ connect: {} }, { function: name }, { stayOnline: {} }],
    })),
  };
}

it("goes on where a later callback exits the process, and says where", async () => {
  const functions = ["inTimer", "inFile", "inPromise", "afterDone"];
  const result = await runArtillery(callbacksScript(functions), { files: { "processor.mjs": IN_CALLBACKS } });
  const said = result.stdout + result.stderr;
  // Whatever the verdict on so few devices.
  expect([0, 5], said).toContain(result.code);
  const summary = readSummary(result);
  expect(summary.complete).toBe(true);
  for (const [i, name] of functions.entries()) {
    const lines = said.match(
      new RegExp(`mqtt: process\\.exit\\(${i + 1}\\) was called: .+ \\(at .+\\)`, "g"),
    );
    // The processor begins with an empty line and its import.
    expect(lines, said).toEqual([expect.stringContaining(`processor.mjs:${i + 3}:`)]);
    if (name !== "afterDone") expect(said).toContain(`mqtt: function ${name}() never called done`);
  }
  expect(summary.errors["function_never_done"]).toBeGreaterThan(0);
});

it("ends by any other error of a later callback, as Artillery does", async () => {
  const functions = ["inTimer", "throws"];
  const result = await runArtillery(callbacksScript(functions), { files: { "processor.mjs": IN_CALLBACKS } });
  const said = result.stdout + result.stderr;
  expect(result.code, said).toBe(11);
  expect(said).toContain("no such plant");
});

it("fails the virtual users, says why, and ends with the last window", async () => {
  const script = {
    config: {
      target: "lab",
      processor: "./processor.mjs",
      // Artillery draws a scenario for each.
      phases: [{ duration: 1, arrivalCount: 70 }],
      engines: {
        mqtt: {
          reconnect: { policy: "full-jitter", base: "200ms", cap: "1s" },
          storms: [{ at: "2s", fraction: 1, cause: "reset", window: "3s" }],
        },
      },
      plugins: { "mqtt-results": {} },
    },
    before: { engine: "mqtt", flow: [{ lab: {} }] },
    scenarios: Object.entries(FLOWS).map(([name, parts]) => ({ name, engine: "mqtt", ...parts })),
  };
  const result = await runArtillery(script, { files: { "processor.mjs": PROCESSOR } });
  const said = result.stdout + result.stderr;
  // Whatever the verdict on so few devices: the run came to its end by itself.
  expect([0, 5], said).toContain(result.code);
  const summary = readSummary(result);
  expect(summary.complete).toBe(true);
  expect(summary.errors["function_never_done"]).toBeGreaterThan(0);
  expect(summary.errors["script_error"]).toBeGreaterThan(0);
  expect(said).toContain("mqtt: function never() never called done");
  expect(said).toContain("mqtt: function asksForEver() never called done");
  expect(said).toMatch(/mqtt: function exits\(\): process\.exit\(0\) was called/);
  expect(said).toMatch(/mqtt: function exitsLater\(\): process\.exit\(1\) was called/);
  expect(said).toContain("mqtt: function fails(): vault is sealed, token=***");
  expect(said).toContain("mqtt: function failsInBootstrap(): no such \\u{1b}[31mplant");
  expect(said.match(/function fails\(\):/g)).toHaveLength(1);
  expect(said).not.toContain("cobra-11");
  await expect.poll(() => labPids(result).filter(isAlive), { timeout: 5000 }).toEqual([]);
});

it.each<[string, object]>([
  ["with the plugin in the main thread", { "mqtt-results": {} }],
  // Only Linux tells a worker thread the command line.
  ...(process.platform === "linux"
    ? ([["with nothing in the main thread", {}]] satisfies [string, object][])
    : []),
])("a worker's line hides what only the command line takes from the environment: %s", async (_, plugins) => {
  const processor = `
    export function fails({ vars }, events, done) { done(new Error("no plant " + vars.note + vars.other)); }`;
  const script = {
    config: {
      target: "mqtt://127.0.0.1:1",
      processor: "./processor.mjs",
      phases: [{ duration: 1, arrivalCount: 2 }],
      engines: { mqtt: { probe: false } },
      plugins,
    },
    scenarios: [{ engine: "mqtt", flow: [{ function: "fails" }] }],
  };
  const overrides = JSON.stringify({ config: { variables: { note: "at {{ $env.BADGE }}/" } } });
  const args = ["--overrides", overrides, "-v", '{ "other": "{{ $env.OTHER }}" }'];
  const { stdout, stderr } = await runArtillery(script, {
    args,
    env: { BADGE: "zebra-7", OTHER: "lion-8" },
    files: { "processor.mjs": processor },
  });
  expect(stdout + stderr).toContain("mqtt: function fails(): no plant at ***/***");
  expect(stdout + stderr).not.toMatch(/zebra-7|lion-8/);
});
