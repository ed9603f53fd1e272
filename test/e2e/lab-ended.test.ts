/** A part of the lab that dies in mid-run: what was measured afterwards is not what the run was to measure. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import { runArtillery } from "../support/artillery.ts";
import { labPids, readSummary, resultsDirectory } from "../support/summary.ts";

const COMMAND = join(import.meta.dirname, "../../results/bin/mqtt-results.js");

const script = {
  config: {
    target: "lab",
    phases: [{ duration: 1, arrivalRate: 40 }],
    engines: {
      mqtt: {
        reconnect: { policy: "full-jitter", base: "500ms", cap: "2s" },
        storms: [
          { at: "2s", fraction: 0.5, cause: "reset", window: "2s" },
          { at: "4500ms", fraction: 1, cause: "reset", window: "2s" },
        ],
        configService: { requestTopic: "config/+/get/+", responseTopic: "config/$1/$2" },
      },
    },
    plugins: { "mqtt-results": {} },
  },
  before: { engine: "mqtt", flow: [{ lab: {} }] },
  scenarios: [
    {
      name: "asks",
      engine: "mqtt",
      onConnect: [
        {
          request: {
            topic: "config/{{ deviceId }}/get/{{ requestId }}",
            responseTopic: "config/{{ deviceId }}/{{ requestId }}",
            timeout: "1s",
          },
        },
      ],
      flow: [{ connect: {} }, { stayOnline: {} }],
    },
  ],
};

it.each([
  ["config service", 1],
  ["broker", 0],
])("the lab's %s: incomplete, named, and no exit code 0", async (name, place) => {
  let output = "";
  let killed = false;
  const run = await runArtillery(script, {
    onOutput(text) {
      output += text;
      if (killed || !output.includes("mqtt storm 2")) return;
      killed = true;
      process.kill(labPids({ stdout: output })[place] as number, "SIGKILL");
    },
  });
  expect(run.code, run.stdout + run.stderr).toBe(5);
  expect(run.stdout).toContain(`the lab's ${name} ended during the run (SIGKILL)`);
  const summary = readSummary(run);
  expect(summary.complete).toBe(false);
  expect(summary.missing).toEqual([
    expect.stringMatching(new RegExp(`^the lab's ${name} ended at 20\\S+Z \\(SIGKILL\\)$`)),
  ]);
  expect(summary.storms).toMatchObject([
    // Over before that.
    { verdict: "recovered" },
    {
      verdict: null,
      verdictAbsence: "not-watched",
      verdictReason: `the lab's ${name} ended during the run (SIGKILL)`,
    },
  ]);
  // Also when the files are read again later.
  const again = spawnSync(process.execPath, [COMMAND, "report", resultsDirectory(run)], { encoding: "utf8" });
  expect(again.status).toBe(5);
  expect(again.stdout).toContain(`INCOMPLETE RUN: the lab's ${name} ended`);
});

it("the lab's broker, where that cannot be written: the run is incomplete all the same", async () => {
  const output = mkdtempSync(join(tmpdir(), "lab-ended-"));
  const config = { ...script.config, plugins: { "mqtt-results": { output } } };
  let said = "";
  let killed = false;
  const run = await runArtillery(
    { ...script, config },
    {
      onOutput(text) {
        said += text;
        if (killed || !said.includes("mqtt storm 2")) return;
        killed = true;
        const [id = ""] = readdirSync(output);
        // A directory is no file that could be replaced.
        mkdirSync(join(output, id, "lab.json.tmp"));
        process.kill(labPids({ stdout: said })[0] as number, "SIGKILL");
      },
    },
  );
  expect(run.code, run.stdout + run.stderr).toBe(5);
  expect(run.stdout).toMatch(/mqtt: results cannot be written: .+lab\.json\.tmp/);
  expect(run.stdout).toMatch(/INCOMPLETE RUN: the lab's broker ended at 20\S+Z \(SIGKILL\)/);
  expect(run.stdout).toMatch(
    /mqtt-results: the end of the lab could not be written during the run \(.+\), nor after it; what is shown comes from memory/,
  );
  const [id = ""] = readdirSync(output);
  const summary = JSON.parse(readFileSync(join(output, id, "summary.json"), "utf8")) as Summary;
  expect(summary.complete).toBe(false);
  expect(summary.storms).toMatchObject([
    { verdict: "recovered" },
    { verdict: null, verdictAbsence: "not-watched" },
  ]);
});
