/** A run that is stopped early: what it leaves, and whom. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { isAlive, labPids, readSummary, resultsDirectory, windowOver } from "../support/summary.ts";

const COMMAND = join(import.meta.dirname, "../../results/bin/mqtt-results.js");

const SMALL = JSON.stringify({
  config: {
    phases: [{ duration: 1, arrivalRate: 100 }],
    engines: {
      mqtt: {
        reconnect: { base: "1s" },
        storms: [
          { at: "2s", fraction: 0.5, cause: "reset", window: "3s" },
          { at: "30s", fraction: 1, cause: "reset", window: "20s" },
        ],
      },
    },
  },
});

/** When the first storm's window is over and the second storm is far away. */
async function interrupted(signal: NodeJS.Signals): Promise<ArtilleryRun> {
  let isOver: Promise<boolean> | null = null;
  const run = await runArtillery("scenarios/mass-reconnect.yml", {
    args: ["--overrides", SMALL],
    onOutput(text, child, runDirectory) {
      if (isOver !== null || !text.includes("mqtt storm 1")) return;
      isOver = windowOver(runDirectory, 0).finally(() => child.kill(signal));
    },
  });
  expect(await isOver, run.stdout + run.stderr).toBe(true);
  return run;
}

describe("a run that is stopped early", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 143],
  ] as const)("%s keeps the results so far and leaves no process", async (signal, code) => {
    const result = await interrupted(signal);
    expect(result.code, result.stdout + result.stderr).toBe(code);
    const summary = readSummary(result);
    expect(summary.complete).toBe(false);
    expect(summary.fleet.devices).toBe(100);
    expect(summary.storms[0]?.verdict).toBe("recovered");
    expect(summary.storms[0]?.affected).toBe(50);
    expect(summary.storms[1]?.verdict).toBeNull();
    expect(labPids(result)).toHaveLength(2);
    await expect.poll(() => labPids(result).filter(isAlive), { timeout: 5000 }).toEqual([]);
  });

  it("SIGKILL leaves no process of the lab, and worker files that still tell what was measured", async () => {
    const result = await interrupted("SIGKILL");
    expect(result.code).toBeNull();
    const pids = labPids(result);
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);

    const directory = resultsDirectory(result);
    const shown = execFileSync(process.execPath, [COMMAND, "report", directory], { encoding: "utf8" });
    expect(shown).toContain("INCOMPLETE RUN");
    const summary = readSummary(result);
    expect(summary.complete).toBe(false);
    expect(summary.storms[0]?.affected).toBe(50);
    expect(summary.storms[0]?.verdict).toBe("recovered");
    expect(summary.storms[1]?.verdict).toBeNull();
    expect(readFileSync(join(directory, "percentiles.csv"), "utf8")).toContain("mqtt.storm.1.ready_time");
  });
});
