/**
 * `mqtt-results fargate` from its check to its exit code: Artillery's own launcher and its own worker script, unchanged, against
 * an AWS that moto plays, with the processes of each container on this machine. The runs go on side by side: they mostly wait.
 */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkerRecord } from "artillery-engine-mqtt/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import type { Container } from "../support/fargate/agent.ts";
import { type CommandRun, type Emulation, runIdIn, startEmulation } from "../support/fargate/emulation.ts";
import { emulationAvailable } from "../support/fargate/install.ts";

const DEVICES = 200;
const COUNT = ["--count", "2"];
const SEEN_IN_STORM = /^storm 1(?: on 2 containers)?: /m;

let emulation: Emulation;
let broker: Mosquitto;

/** Each run has client ids of its own: they share a broker. */
function fleet(name: string, fail?: object, devices: number = DEVICES): object {
  return {
    config: {
      target: broker.url,
      phases: [{ duration: "4s", arrivalRate: devices / 4 }],
      engines: {
        mqtt: {
          clientIdPrefix: name,
          timeZero: { topic: name },
          reconnect: { policy: "full-jitter", base: "500ms", cap: "2s" },
          seed: 42,
          storms: [{ at: "20s", fraction: 0.5, cause: "reset", window: "30s" }],
        },
      },
      plugins: { "mqtt-results": fail === undefined ? {} : { fail } },
    },
    scenarios: [{ engine: "mqtt", flow: [{ connect: {} }, { stayOnline: {} }] }],
  };
}

/** Acts on a container of the run once the first storm shows in the command's output. */
function inStorm(act: (container: Container) => void): (text: string) => void {
  let hasActed = false;
  return (text) => {
    const id = runIdIn(text);
    const follower = id && emulation.containers(id).find(({ isLeader }) => !isLeader);
    if (hasActed || !follower || !SEEN_IN_STORM.test(text)) return;
    hasActed = true;
    act(follower);
  };
}

function resultsOf({ directory, stderr }: CommandRun): string {
  return join(directory, "mqtt-results", runIdIn(stderr) ?? "");
}

function summaryOf(run: CommandRun): Summary {
  return JSON.parse(readFileSync(join(resultsOf(run), "summary.json"), "utf8")) as Summary;
}

function recordsOf(run: CommandRun): WorkerRecord[] {
  const directory = resultsOf(run);
  return readdirSync(directory)
    .filter((name) => /^worker-.*\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as WorkerRecord);
}

/** Devices that the broker saw more than once: those that a storm had disconnected. Without the prefix of their run. */
function reconnectedTo(server: Mosquitto, prefix: string): string[] {
  const connected = new RegExp(`New client connected from \\S+ as ${prefix}(device-\\d+) `, "g");
  const times = Map.groupBy(server.log().matchAll(connected), (match) => match[1] ?? "");
  return [...times].flatMap(([id, { length }]) => (length > 1 ? [id] : [])).sort();
}

function followerOf(run: CommandRun): Container | undefined {
  return emulation.containers(runIdIn(run.stderr) ?? "").find(({ isLeader }) => !isLeader);
}

describe.skipIf(!emulationAvailable() || !mosquittoAvailable())(
  "a fleet on Fargate",
  { concurrent: true },
  () => {
    beforeAll(async () => {
      broker = await Mosquitto.start();
      emulation = await startEmulation();
    });
    afterAll(async () => {
      await emulation?.stop();
      await broker?.stop();
    });

    it("comes home as one run: an exact share of all devices, one time zero, the devices of a local run, exit 0", async () => {
      const [run, local] = await Promise.all([
        emulation.command(fleet("whole"), ["fargate", "fleet.yml", ...COUNT]),
        runArtillery(fleet("local", undefined, 2 * DEVICES)),
      ]);
      const said = run.stdout + run.stderr;
      expect(run.code, said).toBe(0);
      const summary = summaryOf(run);
      expect(summary.complete, said).toBe(true);
      expect(summary.fleet).toMatchObject({ devices: 2 * DEVICES, everOnline: 2 * DEVICES });
      expect(summary.storms[0]).toMatchObject({
        affected: DEVICES,
        recovered: DEVICES,
        verdict: "recovered",
      });
      expect(new Set(recordsOf(run).map(({ timeZeroMs }) => timeZeroMs)).size).toBe(1);
      expect(said).toContain(`${2 * DEVICES} devices (2 containers of ${DEVICES})`);
      expect(run.stderr).toMatch(SEEN_IN_STORM);
      // A seed disconnects the same devices on any number of machines.
      expect(local.code, local.stdout + local.stderr).toBe(0);
      expect(reconnectedTo(broker, "whole")).toHaveLength(DEVICES);
      expect(reconnectedTo(broker, "whole")).toEqual(reconnectedTo(broker, "local"));
      // Who was not there reads the same from the bucket.
      const url = /s3:\/\/\S+/.exec(run.stderr)?.[0] ?? "";
      const again = await emulation.command({}, ["report", url, "--output", "again"]);
      expect(again.code, again.stderr).toBe(0);
      const second = JSON.parse(readFileSync(join(again.directory, "again/summary.json"), "utf8")) as Summary;
      expect(second).toEqual(summary);
      // A container judges nothing.
      const follower = followerOf(run);
      const log = readFileSync(follower?.logPath ?? "", "utf8");
      expect(log.match(/^mqtt-results:.*$/gm)).toEqual([
        expect.stringContaining(`container ${follower?.id}: results are in ${url}`),
      ]);
      expect(log).not.toContain("RECOVERED");
    });

    it("whose gate fails ends with 4; a container that is told to stop sends what it has, and is named", async () => {
      const run = await emulation.command(
        fleet("gate", { readyP99: "1ms" }),
        ["fargate", "fleet.yml", ...COUNT],
        { onOutput: inStorm((container) => container.terminate()) },
      );
      const said = run.stdout + run.stderr;
      expect(run.code, said).toBe(4);
      const summary = summaryOf(run);
      expect(summary.complete, said).toBe(false);
      const stopped = new RegExp(
        `container ${followerOf(run)?.id} was stopped at second \\d+ of the run: .+`,
      );
      expect(summary.missing).toContainEqual(expect.stringMatching(stopped));
      expect(recordsOf(run).map(({ state }) => state)).toContain("interrupted");
      expect(said).toContain("INCOMPLETE");
    });

    it("of which a container is killed is incomplete, names it, and does not wait for ever", async () => {
      const run = await emulation.command(fleet("kill"), ["fargate", "fleet.yml", ...COUNT], {
        onOutput: inStorm((container) => container.kill()),
      });
      const said = run.stdout + run.stderr;
      expect(run.code, said).toBe(5);
      const lost = new RegExp(`container ${followerOf(run)?.id} was lost at second \\d+ of the run: .*137`);
      expect(summaryOf(run).missing).toContainEqual(expect.stringMatching(lost));
      expect(said).toContain("artillery still waits: it is told to stop");
      expect(said).toContain("INCOMPLETE");
    });

    it("that is interrupted keeps what it has measured, and leaves no container", async ({ expect }) => {
      let child: ChildProcess | null = null;
      const interrupt = inStorm(() => child?.kill("SIGINT"));
      const run = await emulation.command(fleet("interrupt"), ["fargate", "fleet.yml", ...COUNT], {
        onOutput(text, command) {
          child = command;
          interrupt(text);
        },
      });
      const said = run.stdout + run.stderr;
      expect(run.code, said).toBe(130);
      const summary = summaryOf(run);
      expect(summary.fleet.devices, said).toBe(2 * DEVICES);
      expect(summary.complete).toBe(false);
      expect(recordsOf(run).map(({ state }) => state)).toEqual(["interrupted", "interrupted"]);
      const containers = emulation.containers(runIdIn(run.stderr) ?? "");
      await expect.poll(() => containers.every(({ hasEnded }) => hasEnded), { timeout: 40_000 }).toBe(true);
    });

    it("whose modules cannot be installed ends with the leader's log", async ({ expect }) => {
      const run = await emulation.command(fleet("modules"), ["fargate", "fleet.yml", ...COUNT], {
        files: {
          "package.json": JSON.stringify({ dependencies: { ms: "999.0.0" } }),
          // Installed here, and in no registry.
          "node_modules/ms/package.json": JSON.stringify({ name: "ms", version: "999.0.0" }),
        },
      });
      expect(run.code, run.stdout + run.stderr).toBe(5);
      expect(run.stderr).toMatch(/container \S+ stopped before the run began/);
      expect(run.stderr).toMatch(/ETARGET[\s\S]*ms@999\.0\.0/);
      expect(run.stderr).toContain("nothing was measured: the run did not begin");
      const containers = emulation.containers(runIdIn(run.stderr) ?? "");
      await expect.poll(() => containers.every(({ hasEnded }) => hasEnded), { timeout: 40_000 }).toBe(true);
    });
  },
);
