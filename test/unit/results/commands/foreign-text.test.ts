/** Text of children, brokers and files of others on its way to a terminal, by every command that prints some. */
import { execFile } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import { runCommand } from "../../../../results/src/commands/program.ts";
import type { Contestant } from "../../../../results/src/comparison/contestant.ts";
import type { ResultsConfig } from "../../../../results/src/config/config.ts";
import { reportRun } from "../../../../results/src/report-run.ts";
import type { UnwrittenWorkers } from "../../../../results/src/run/unwritten-workers.ts";
import { record, storm, stormCohort, temporaryDirectory, writeRun } from "../../../support/run-files.ts";

const HOSTILE = "a\u001b[2Jb\u009b31mc\u202ed\u0007\u{e0041}e";
const SHOWN = "a\\u{1b}[2Jb\\u{9b}31mc\\u{202e}d\\u{7}\\u{e0041}e";
/** What `printable` leaves of all that a terminal obeys: the end of a line. */
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

afterEach(() => vi.unstubAllEnvs());

async function command(args: readonly string[], contestant?: Contestant): Promise<string> {
  let said = "";
  const say = (text: string): void => {
    said += text;
  };
  const catalogue = { names: [], find: async () => contestant as Contestant };
  await runCommand(args, { out: say, err: say, colour: false }, catalogue);
  return said;
}

function program(name: string, text: string): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "said"), text);
  writeFileSync(join(directory, name), `#!/bin/sh\ncat "${directory}/said"\nexit 1\n`);
  chmodSync(join(directory, name), 0o755);
  return [directory, process.env["PATH"]].join(delimiter);
}

const running = {
  url: "mqtt://127.0.0.1:1",
  env: {},
  usage: () => null,
  diedOf: () => null,
  restart: null,
  stop: async () => {},
};

it.each<[string, Contestant["start"]]>([
  ["a broker that does not start", () => Promise.reject(new Error(`its log ends: ${HOSTILE}`))],
  ["a run that fails", () => Promise.resolve(running)],
])("compare: %s", async (_, start) => {
  vi.stubEnv("PATH", program("artillery", `${HOSTILE}\n`));
  const script = join(temporaryDirectory(), "mine.yml");
  writeFileSync(
    script,
    JSON.stringify({ config: { engines: { mqtt: { reconnect: { policy: HOSTILE } } } } }),
  );
  const facts = { name: "broker", title: "Broker", version: "1", notes: [] };
  const args = ["compare", script, "--broker", "broker", "--rounds", "1", "--output", temporaryDirectory()];
  const said = await command(args, { facts, cannot: () => null, start });
  // It stands in the line of progress, and in the table.
  expect(said.split(SHOWN).length - 1).toBeGreaterThanOrEqual(2);
  expect(said).not.toMatch(OBEYED);
});

it("show: a summary.json of somebody else's", async () => {
  const cohorts = { a: stormCohort({ affected: 2, recovered: 1 }) };
  const directory = writeRun([
    {
      record: record({ cohorts: { a: { devices: 2, everOnline: 2 } }, storms: [storm({ cohorts })] }),
    },
  ]);
  await command(["report", directory]);
  const path = join(directory, "summary.json");
  const hostile = JSON.parse(readFileSync(path, "utf8"), (key, value) =>
    key === "reasons"
      ? [HOSTILE]
      : ["verdictReason", "sentence", "testRunId", "target"].includes(key)
        ? HOSTILE
        : value,
  );
  hostile.exit.code = 3;
  writeFileSync(path, JSON.stringify(hostile));
  const said = await command(["show", directory]);
  expect(said.split(SHOWN).length - 1).toBe(5);
  expect(said).not.toMatch(OBEYED);
  for (const args of [
    ["show", directory, "--json"],
    ["diff", directory, directory, "--json"],
  ]) {
    const json = await command(args);
    expect(json).not.toMatch(OBEYED);
    expect(JSON.stringify(JSON.parse(json))).toContain(JSON.stringify(HOSTILE));
  }
});

it("a run whose only worker file is damaged", async () => {
  const directory = writeRun([{ record: record() }]);
  const damaged = { ...record(), cohorts: { [HOSTILE]: { devices: -1 } } };
  writeFileSync(join(directory, "worker-1.json"), JSON.stringify(damaged));
  // Its files are handed on, so that it is not waited for, and then not there after all.
  const handedOn = vi
    .fn<() => Set<string>>()
    .mockReturnValueOnce(new Set(["1"]))
    .mockReturnValue(new Set());
  const unwritten = {
    get handedOn() {
      return handedOn();
    },
    awaited: new Set<string>(),
    read: () => [],
    readLabEnds: () => [],
  };
  const lines: string[] = [];
  await reportRun(
    { output: dirname(directory) } as ResultsConfig,
    { testRunId: basename(directory), log: (line) => lines.push(line), setExitCode: () => {}, exitCode: 0 },
    unwritten as unknown as UnwrittenWorkers,
    "",
  );
  expect(lines.join("\n")).toContain(`worker-1.json is not a worker record: cohorts.${SHOWN}`);
  expect(lines.join("\n")).not.toMatch(OBEYED);
});

it("brokers:list: a program that says no version", async () => {
  const install = resolve("benchmarks/brokers/install.ts");
  const env = { ...process.env, PATH: program("mosquitto", HOSTILE) };
  const { stdout } = await promisify(execFile)(process.execPath, [install, "--list"], { env });
  expect(stdout).toContain(`says no version: ${SHOWN}`);
  expect(stdout).not.toMatch(OBEYED);
});
