import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processesMarked } from "../../benchmarks/processes/process-table.ts";
import type { Comparison } from "../../results/src/comparison/comparison.ts";
import { freePort, mosquittoAvailable } from "../support/broker.ts";

/** `npm run compare`, as a user runs it, at a size at which its figures mean nothing. */

/** Every process of one command carries it, wherever it is in the process tree. */
const MARK = "COMPARE_TEST_MARK";

const REPOSITORY = resolve(fileURLToPath(import.meta.url), "../../..");
const directory = mkdtempSync(join(tmpdir(), "compare-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function scriptWith(engine: object): object {
  return {
    config: {
      target: "mqtt://127.0.0.1:1883",
      phases: [{ duration: 1, arrivalRate: 40 }],
      engines: {
        mqtt: {
          reconnect: { policy: "uniform", window: "300ms" },
          storms: [{ at: "2s", fraction: 1, window: "2500ms" }],
          seed: 7,
          ...engine,
        },
      },
      plugins: { "mqtt-results": {} },
    },
    scenarios: [
      {
        name: "small",
        engine: "mqtt",
        onConnect: [{ subscribe: { topics: ["commands/{{ deviceId }}"], qos: 1 } }],
        flow: [{ connect: {} }, { stayOnline: {} }],
      },
    ],
  };
}

const files = { storm: join(directory, "storm.yml"), version5: join(directory, "version5.yml") };
beforeAll(() => {
  // JSON is YAML.
  writeFileSync(files.storm, JSON.stringify(scriptWith({})));
  writeFileSync(files.version5, JSON.stringify(scriptWith({ protocolVersion: 5 })));
});

interface Run {
  code: number | null;
  text: string;
  output: string;
}

/** Its children carry `mark` in their environment. */
async function compareCommand(
  args: readonly string[],
  mark: string,
  onText: (text: string, child: ChildProcess) => void = () => {},
): Promise<Run> {
  const output = join(directory, mark);
  const child = spawn(
    process.execPath,
    [join(REPOSITORY, "benchmarks/brokers/run.ts"), ...args, "--output", output],
    {
      cwd: REPOSITORY,
      env: {
        ...process.env,
        PATH: [join(REPOSITORY, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
        [MARK]: mark,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      onText(text, child);
    });
  }
  const code = await new Promise<number | null>((done) => child.once("close", (ended) => done(ended)));
  return { code, text, output };
}

function comparisonOf({ output }: Run): Comparison {
  return JSON.parse(readFileSync(join(output, "comparison.json"), "utf8")) as Comparison;
}

/** Whoever has been told to end may be about to. */
const ENDING = { timeout: 5000 };

describe("brokers that are started for the comparison", () => {
  it.skipIf(!mosquittoAvailable())(
    "two of them, two rounds: a row each, files, and nothing left behind",
    async () => {
      const args = [files.storm, "--broker", "aedes", "--broker", "mosquitto", "--rounds", "2"];
      const run = await compareCommand(args, "two-brokers");
      expect([run.code, run.text]).toEqual([0, expect.stringContaining("round 2 of 2, aedes (4 of 4 runs)")]);
      const { brokers, disclosure, rounds } = comparisonOf(run);
      expect(rounds.map(({ broker }) => broker)).toEqual(["aedes", "mosquitto", "mosquitto", "aedes"]);
      expect(disclosure).toMatchObject({ reference: "mosquitto", seed: 7, complete: true, rounds: 2 });
      expect(disclosure.script).toContain("commands/{{ deviceId }}");
      for (const row of brokers) {
        const value = (name: string) => row.values.find((one) => one.name === name)?.spread;
        expect([row.broker, row.measured, row.failures]).toEqual([row.broker, 2, []]);
        const storm = row.phases.find(({ phase }) => phase === "storm 1: connection reset of 100 %");
        expect(storm?.verdicts).toEqual({ recovered: 2 });
        expect(value("connects accepted")).toMatchObject({ median: 80, min: 80, max: 80 });
        expect(value("broker peak memory")?.min).toBeGreaterThan(1_000_000);
        expect(value("broker CPU")?.max).toBeGreaterThan(0);
      }
      const [csv, page] = ["comparison.csv", "comparison.html"].map((name) =>
        readFileSync(join(run.output, name), "utf8"),
      );
      expect(csv).toMatch(/^scenario,broker,version,phase,metric,unit,median/);
      expect(page).toContain("How each broker was set up");
      await expect.poll(() => processesMarked(MARK, "two-brokers"), ENDING).toEqual([]);
    },
    180_000,
  );

  it("one that cannot is a row with its reason, and so is a URL where nobody listens", async () => {
    const url = `mqtt://127.0.0.1:${await freePort()}`;
    const args = [files.version5, "--broker", "aedes", "--broker", `gone=${url}`, "--rounds", "1"];
    const run = await compareCommand(args, "no-broker");
    expect([run.code, run.text]).toEqual([3, expect.stringContaining("not_applicable")]);
    const { brokers, rounds } = comparisonOf(run);
    expect(rounds.map(({ broker, outcome }) => [broker, outcome])).toEqual([
      ["aedes", "not_applicable"],
      ["gone", "refused"],
    ]);
    expect(brokers.map(({ failures }) => failures)).toEqual([
      ["round 1: it does not speak MQTT 5.0"],
      [
        expect.stringMatching(
          /^round 1: mqtt:\/\/127\.0\.0\.1:\d+: the connection is refused \(tcp_refused\)/,
        ),
      ],
    ]);
    expect(run.text).toMatch(/gone: round 1: mqtt:.*tcp_refused/);
  }, 120_000);

  it("a run that takes too long is a row that says so, whatever an earlier comparison left", async () => {
    const stale = join(directory, "too-long", "runs", "01-aedes", "0000");
    mkdirSync(stale, { recursive: true });
    const args = [files.storm, "--broker", "aedes", "--rounds", "1", "--run-timeout", "5s"];
    const run = await compareCommand(args, "too-long");
    expect(run.code, run.text).toBe(3);
    expect(comparisonOf(run).rounds).toMatchObject([
      { outcome: "run_failed", detail: "the run did not end within 5 s", phases: [] },
    ]);
    expect(existsSync(stale)).toBe(false);
    await expect.poll(() => processesMarked(MARK, "too-long"), ENDING).toEqual([]);
  }, 120_000);

  it("Ctrl-C in a run keeps the files and leaves no process", async () => {
    let told = false;
    const args = [files.storm, "--broker", "aedes", "--rounds", "3"];
    const run = await compareCommand(args, "interrupted", (text, child) => {
      if (told || !text.includes("round 2 of 3")) return;
      told = true;
      setTimeout(() => child.kill("SIGINT"), 3000);
    });
    expect([run.code, run.text]).toEqual([130, expect.stringContaining("what was measured so far is kept")]);
    const { disclosure, rounds } = comparisonOf(run);
    expect(disclosure.complete).toBe(false);
    expect(rounds.map(({ outcome }) => outcome)).toEqual(["measured", "interrupted"]);
    expect(existsSync(join(run.output, "comparison.html"))).toBe(true);
    await expect.poll(() => processesMarked(MARK, "interrupted"), ENDING).toEqual([]);
  }, 120_000);
});

describe("the command line", () => {
  it.each([
    [["--broker", "nosuch"], "--broker nosuch: allowed are mosquitto"],
    [["--broker", "aedes", "--broker", "aedes"], "given twice"],
    [["--broker", "aedes", "--rounds", "0"], "allowed: 1 to 100"],
    [
      ["--broker", "aedes", "--reference", "emqx"],
      "--reference emqx: allowed is a broker that takes part: aedes",
    ],
    [["--broker", "x=mqtt://u:hunter2@h"], "credentials belong in the environment"],
  ])(
    "refuses %j",
    async (args, message) => {
      const run = await compareCommand([files.storm, ...args], "bad");
      expect([run.code, run.text]).toEqual([1, expect.stringContaining(message)]);
      expect(run.text).not.toContain("hunter2");
    },
    30_000,
  );
});
