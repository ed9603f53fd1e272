/** A run whose target is not there: over before its first device, by whoever it is started. */
import { readdirSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { freePort, Mosquitto, mosquittoAvailable } from "../support/broker.ts";

function script(target: string, mqtt: object, plugins: object): object {
  return {
    config: {
      target,
      phases: [{ duration: 1, arrivalRate: 10 }],
      plugins,
      engines: { mqtt: { storms: [{ at: "2s", fraction: 1, cause: "reset", window: "3s" }], ...mqtt } },
    },
    scenarios: [{ engine: "mqtt", name: "devices", flow: [{ connect: {} }, { stayOnline: {} }] }],
  };
}

function expectEnded(run: ArtilleryRun, port: number): void {
  const said = run.stdout + run.stderr;
  expect(run.code, said).toBe(2);
  expect(said).toContain(
    `mqtt: no device was started: mqtt://127.0.0.1:${port}: the connection is refused (tcp_refused); does a broker listen there?`,
  );
  expect(said.match(/no device was started/g)).toHaveLength(1);
  expect(said).not.toContain("gate failed");
  expect(said).not.toContain("no worker files");
  expect(said).not.toContain("Phase started");
  expect(readdirSync(run.runDirectory)).not.toContain("mqtt-results");
}

describe.skipIf(!mosquittoAvailable())("a target that is not there", () => {
  it("ends the run with one line and exit code 2, with the plugin and its gate and without; one that comes later is waited for", async () => {
    const [dead, late] = await Promise.all([freePort(), Mosquitto.start()]);
    const gate = { "mqtt-results": { report: ["console"], fail: { verdict: "stalled" } } };
    await late.kill("SIGTERM");
    let isBack: Promise<void> | null = null;
    const [alone, judged, waiting] = await Promise.all([
      runArtillery(script(`mqtt://127.0.0.1:${dead}`, {}, {})),
      runArtillery(script(`mqtt://127.0.0.1:${dead}`, {}, gate), { severalWorkers: true }),
      runArtillery(script(late.url, { probe: { for: "60s" } }, gate), {
        onOutput: (text) => {
          if (text.includes("waiting for")) isBack ??= late.run();
        },
      }),
    ]);
    await isBack;
    onTestFinished(() => late.stop());
    expectEnded(alone, dead);
    expectEnded(judged, dead);
    expect(waiting.code, waiting.stdout + waiting.stderr).toBe(0);
    expect(isBack).not.toBeNull();
    expect(late.logged(/New client connected from \S+ as probe-/)).toBe(1);
    expect(late.logged(/New client connected from \S+ as device-/)).toBe(20);
  });
});
