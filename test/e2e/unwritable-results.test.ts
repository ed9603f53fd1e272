/** Results that cannot be written: what was measured is told all the same, and the exit code says that it is not kept. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";

const script = (output?: string): object => ({
  config: {
    target: "lab",
    phases: [{ duration: 1, arrivalRate: 40 }],
    engines: {
      mqtt: {
        reconnect: { policy: "full-jitter", base: "200ms", cap: "1s" },
        storms: [{ at: "3s", fraction: 1, cause: "reset", window: "3s" }],
      },
    },
    plugins: { "mqtt-results": output === undefined ? {} : { output } },
  },
  before: { engine: "mqtt", flow: [{ lab: {} }] },
  scenarios: [
    {
      name: "devices",
      engine: "mqtt",
      onConnect: [{ subscribe: { topics: "commands/{{ deviceId }}", qos: 1 } }],
      flow: [{ connect: {} }, { stayOnline: {} }],
    },
  ],
});

const said = (result: ArtilleryRun): string => result.stdout + result.stderr;

/** The console summary of all 40 devices, of three workers. */
function expectSummary(result: ArtilleryRun): void {
  expect(said(result)).toContain("40 devices (40 were online), 1 cohort, 3 workers");
  expect(said(result)).toMatch(/Storm 1: connection reset of 100 % at 3 s: 40 devices affected/);
  expect(said(result)).toContain("RECOVERED");
}

describe("results that cannot be written", () => {
  it.each(["/dev/null", "/proc/nope"])("into %s: exit 3 and the summary, and no spin", async (output) => {
    const result = await runArtillery(script(output), { severalWorkers: true });
    expect(result.code, said(result)).toBe(3);
    expectSummary(result);
    expect(said(result)).toMatch(
      new RegExp(`mqtt: results cannot be written: .+'${output}.*'; the run goes on`),
    );
    expect(said(result)).toMatch(/mqtt-results: \S+summary\.json could not be written: /);
  });

  it("onto a full disk: exit 3 and the summary", async () => {
    const result = await runArtillery(script(), { severalWorkers: true, mostFileKiB: 1 });
    expect(result.code, said(result)).toBe(3);
    expectSummary(result);
    expect(said(result)).toContain("mqtt: results cannot be written: EFBIG");
    expect(said(result)).toMatch(/mqtt-results: \S+report\.html could not be written: EFBIG/);
  });

  it("whose directory is removed during the run: exit 3, the summary, and the files written anew", async () => {
    const output = mkdtempSync(join(tmpdir(), "removed-"));
    let removed = false;
    const result = await runArtillery(script(output), {
      severalWorkers: true,
      onOutput: (text) => {
        if (removed || !text.includes("mqtt storm 1")) return;
        removed = true;
        rmSync(output, { recursive: true });
      },
    });
    expect(removed).toBe(true);
    expect(result.code, said(result)).toBe(3);
    expectSummary(result);
    expect(said(result)).toContain("; written now");
    const [id = ""] = readdirSync(output);
    expect(existsSync(join(output, id, "worker-3.hlog"))).toBe(true);
  });

  it("of a run that is interrupted: the summary of what was measured until then", async () => {
    let sent = false;
    const result = await runArtillery(script("/proc/nope"), {
      severalWorkers: true,
      onOutput: (text, child) => {
        if (sent || !text.includes("mqtt storm 1")) return;
        sent = true;
        setTimeout(() => child.kill("SIGINT"), 1500);
      },
    });
    expect(result.code, said(result)).toBe(3);
    expect(said(result)).toContain("40 devices (40 were online), 1 cohort, 3 workers");
  });
});
