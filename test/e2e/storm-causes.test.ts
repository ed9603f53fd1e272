/** Storms that something else than the engine brings, on a real broker that is killed and started again. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openControl } from "../../results/src/comparison/control.ts";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary, resultsDirectory } from "../support/summary.ts";

const RESTART =
  "fetch(process.env.CONTROL + '/restart', { method: 'POST' }).then(() => { console.error('done, password=hunter2', process.argv.slice(1).join(' ')); process.exit(3); })";

const script = (target: string, storms: object[], more: object = {}): object => ({
  config: {
    target,
    phases: [{ duration: 1, arrivalRate: 60 }],
    engines: {
      mqtt: { reconnect: { policy: "full-jitter", base: "500ms", cap: "1s" }, storms, ...more },
    },
    plugins: { "mqtt-results": {} },
  },
  scenarios: [
    {
      name: "devices",
      engine: "mqtt",
      onConnect: [{ subscribe: { topics: "commands/{{ deviceId }}", qos: 1 } }],
      flow: [{ connect: {} }, { stayOnline: {} }],
    },
  ],
});

describe.skipIf(!mosquittoAvailable())("storms from outside", () => {
  let broker: Mosquitto;
  let restarts = 0;
  let control: Awaited<ReturnType<typeof openControl>>;

  const restart = async (): Promise<void> => {
    restarts++;
    await broker.kill();
    await broker.run();
  };

  beforeAll(async () => {
    broker = await Mosquitto.start();
    control = await openControl(restart);
  });
  afterAll(async () => {
    await control.close();
    await broker.stop();
  });

  it("exec restarts the broker once, whatever the number of workers", async () => {
    restarts = 0;
    // Secrets of every way: after a flag, out of the environment, under a name that tells nothing.
    const secret = ["--", "--token", "cobra-11", "{{ $env.BADGE }}"];
    const exec = {
      at: "3s",
      cause: "exec",
      command: [process.execPath, "-e", RESTART, ...secret],
      window: "5s",
    };
    const restarting = script(broker.url, [exec], { allowExec: true });
    const result = await runArtillery(restarting, {
      severalWorkers: true,
      env: { CONTROL: control.url, BADGE: "zebra-12" },
    });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(restarts).toBe(1);
    const said = result.stdout + result.stderr;
    expect(said).toMatch(
      /mqtt storm 1: command .+ ended with exit code 3 after \d+ ms; stderr: done, password=\*\*\* --token \*\*\* \*\*\*/,
    );
    const files = readdirSync(resultsDirectory(result)).map((name) => join(resultsDirectory(result), name));
    for (const text of [said, ...files.map((path) => readFileSync(path, "latin1"))]) {
      for (const value of ["hunter2", "cobra-11", "zebra-12"]) expect(text).not.toContain(value);
    }
    const summary = readSummary(result);
    expect(summary.workers).toBeGreaterThan(1);
    expect(summary.storms).toMatchObject([
      {
        cause: "exec",
        fraction: null,
        at: 3000,
        affected: 60,
        recovered: 60,
        verdict: "recovered",
        closed: true,
      },
    ]);
    expect(summary.storms[0]?.stormFactor).toBeGreaterThan(0);
    // The command takes its time to end the broker: devices notice then, and the storm's clock has been running.
    const [storm] = summary.storms;
    const [fromStorm, fromLoss] = [storm?.readyFromStormMs?.p50 ?? 0, storm?.readyMs.p50 ?? Infinity];
    expect(fromStorm - fromLoss).toBeGreaterThan((storm?.dropSpreadMs.p50 ?? 0) / 2);
    expect(summary.disconnects).toMatchObject({ closed: 60, finished: 60 });
  });

  it("exec of a broker that hangs: times from the storm's instant have the whole hang in them, those from the loss do not", async () => {
    const hanging = await Mosquitto.start();
    const hangMs = 5000;
    const own = await openControl(() => hanging.hang(hangMs));
    onTestFinished(async () => {
      await own.close();
      await hanging.stop();
    });
    const exec = { at: "3s", cause: "exec", command: [process.execPath, "-e", RESTART], window: "12s" };
    // Devices notice by their keepalive, seconds after the broker has stopped to answer.
    const result = await runArtillery(
      script(hanging.url, [exec], { allowExec: true, keepalive: "1s", connectTimeout: "2s" }),
      {
        env: { CONTROL: own.url },
      },
    );
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const [storm] = readSummary(result).storms;
    expect(storm).toMatchObject({ affected: 60, recovered: 60, event: "command" });
    // Nobody can have come back while it hung, whatever the engine counts.
    expect(storm?.readyFromStormMs?.p50).toBeGreaterThanOrEqual(hangMs);
    expect(storm?.dropSpreadMs.p50).toBeGreaterThanOrEqual(1000);
    expect(storm?.readyFromStormMs?.p50 ?? 0).toBeGreaterThanOrEqual((storm?.readyMs.p50 ?? Infinity) + 1000);
    expect(result.stdout.replace(/\s+/g, " ")).toContain(
      "times above: from each device's loss; from the storm's instant: ready 50 % ",
    );
  });

  it("external opens when the broker is killed, and ends the run with its window", async () => {
    restarts = 0;
    const external = { at: "2s", cause: "external", fraction: 0.5, waitFor: "100s", window: "4s" };
    let asked = false;
    let watching = 0;
    const result = await runArtillery(script(broker.url, [external], { timeZero: "local" }), {
      severalWorkers: true,
      onOutput: (text) => {
        watching += text.split("outside event, watching").length - 1;
        if (asked || watching < 3) return;
        asked = true;
        void restart();
      },
    });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(restarts).toBe(1);
    const [storm] = readSummary(result).storms;
    expect(storm).toMatchObject({ cause: "external", affected: 60, recovered: 60, verdict: "recovered" });
    // When it came, not from when it was watched for.
    expect(storm?.at).toBeGreaterThan(2000);
    expect(storm?.dropSpreadMs.max).toBeLessThan(1000);
    expect(result.elapsedMs).toBeLessThan(100_000);
  });

  it("external that never comes is told as such", async () => {
    const external = { at: "2s", cause: "external", fraction: 0.5, waitFor: "2s", window: "30s" };
    const result = await runArtillery(script(broker.url, [external]));
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(result.stdout + result.stderr).toContain(
      "mqtt storm 1: did not happen: in 2 s this worker never lost 50 % of its online devices within a second",
    );
    expect(readSummary(result).storms).toMatchObject([
      {
        happened: false,
        affected: 0,
        verdict: null,
        verdictReason: "did not happen: no worker lost 50 % of its online devices within one second",
        stormFactor: null,
      },
    ]);
  });

  it("exec is refused unless it is allowed", async () => {
    const exec = { at: "3s", cause: "exec", command: ["true"], window: "8s" };
    const result = await runArtillery(script(broker.url, [exec]));
    expect(result.code).toBe(11);
    expect(result.stdout + result.stderr).toContain(
      'config.engines.mqtt.storms[0].cause: "exec" is not allowed',
    );
  });
});
