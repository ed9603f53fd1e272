import { describe, expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { isAlive, labPids, readSummary } from "../support/summary.ts";

const SMALL = JSON.stringify({
  config: {
    phases: [{ duration: 2, arrivalRate: 50 }],
    engines: {
      mqtt: {
        storms: [
          { at: "3s", fraction: 0.5, cause: "reset", window: "4s" },
          { at: "30s", fraction: 1, cause: "reset", window: "20s" },
        ],
      },
    },
  },
});

/** The first storm's window is over two and a half seconds after this. */
const AFTER_STORM_1_MS = 6500;

async function interrupted(signal: NodeJS.Signals) {
  let sent = false;
  return runArtillery("scenarios/mass-reconnect.yml", {
    args: ["--overrides", SMALL],
    onOutput(text, child) {
      if (sent || !text.includes("mqtt storm 1")) return;
      sent = true;
      setTimeout(() => child.kill(signal), AFTER_STORM_1_MS);
    },
  });
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

  it("SIGKILL leaves no process of the lab", async () => {
    const result = await interrupted("SIGKILL");
    expect(result.code).toBeNull();
    const pids = labPids(result);
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isAlive), { timeout: 5000 }).toEqual([]);
  });
});
