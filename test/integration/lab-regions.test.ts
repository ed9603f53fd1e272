import { spawnSync } from "node:child_process";
import { connectAsync } from "mqtt";
import { expect, it, onTestFinished } from "vitest";
import type { ConfigServiceOptions } from "../../engine/src/lab/lab.ts";
import { startLabs } from "../../engine/src/lab/regions.ts";

const configService: ConfigServiceOptions = {
  requestTopic: "config/+/get",
  responseTopic: "config/$1",
  payload: "configuration of $1",
  capacity: 1000,
  queueLimit: 100,
};

const pidsIn = (lines: readonly string[]): number[] =>
  lines.flatMap((line) => [...line.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid)));

/** Processes whose parent this one is and that belong to the lab. */
function ownLabProcesses(): string[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], {
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => /lab\/(broker|config-service)\.[jt]s/.test(line));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it("a lab for each region, apart from the control connection's broker; all end together", async () => {
  const labs = await startLabs({
    main: { broker: true, configService: null },
    regions: ["eu", "us"].map((name) => ({ name, options: { broker: true, configService } })),
  });
  onTestFinished(() => labs.stop());
  const { eu, us } = labs.regions;
  expect(labs.main?.http).toBeNull();
  expect(new Set([labs.main?.target, eu?.target, us?.target]).size).toBe(3);
  expect(labs.descriptions.map((line) => line.split(":")[0])).toEqual([
    "mqtt lab",
    "mqtt lab, region eu",
    "mqtt lab, region us",
  ]);
  const heard: string[] = [];
  for (const region of [eu, us]) {
    const client = await connectAsync(region?.target ?? "", { reconnectPeriod: 0 });
    onTestFinished(() => client.endAsync(true));
    const answer = new Promise<string>((resolve) => {
      client.on("message", (_topic, payload) => resolve(payload.toString()));
    });
    await client.subscribeAsync("config/7");
    await client.publishAsync("config/7/get", "");
    heard.push(await answer);
  }
  expect(heard).toEqual(["configuration of 7", "configuration of 7"]);
  const pids = pidsIn(labs.descriptions);
  expect(pids.length).toBe(5);
  await labs.stop();
  expect(pids.filter(isAlive)).toEqual([]);
});

it("none is left running where one cannot be started", async () => {
  // Nobody listens on port 1.
  const unreachable = { broker: false, target: "mqtt://127.0.0.1:1", configService };
  await expect(
    startLabs({
      main: null,
      regions: [
        { name: "eu", options: { broker: true, configService } },
        { name: "us", options: unreachable },
      ],
    }),
  ).rejects.toThrow(/config service did not start: cannot connect to mqtt:\/\/127.0.0.1:1/);
  expect(ownLabProcesses()).toEqual([]);
});
