/** Several config services at one broker: every request is answered, and answered once. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { dutyTopic } from "../../engine/src/lab/duty.ts";
import { type Lab, startLab } from "../../engine/src/lab/lab.ts";
import { Mosquitto, mosquittoAvailable, Peer } from "../support/broker.ts";

const service = (name: string) => ({
  requestTopic: `${name}/+/get/+`,
  responseTopic: `${name}/$1/$2`,
  payload: "{}",
  capacity: 1000,
  queueLimit: 100,
});

describe.skipIf(!mosquittoAvailable())("config services at one Mosquitto", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  async function start(name: string): Promise<Lab> {
    const lab = await startLab({ broker: false, target: broker.url, configService: service(name) });
    onTestFinished(() => lab.stop());
    return lab;
  }

  /** Answers to one request, counted until nothing more can come. */
  async function answers(name: string): Promise<number> {
    const peer = await Peer.connect(broker.url, {});
    await peer.client.subscribeAsync(`${name}/a/+`);
    await peer.client.publishAsync(`${name}/a/get/1`, "");
    await pause(300);
    await peer.end();
    return peer.heard.length;
  }

  const pidOf = ({ description }: Lab): number => Number(/\(pid (\d+)\)/.exec(description)?.[1]);

  it("one is on duty, the others say that they stand by, and take over when it is gone, in whatever way", async () => {
    const first = await start("two");
    const second = await start("two");
    const third = await start("two");
    expect([first, second, third].map(({ description }) => description.includes("stands by"))).toEqual([
      false,
      true,
      true,
    ]);
    expect(await answers("two")).toBe(1);
    await first.stop();
    await expect.poll(() => answers("two"), { timeout: 5000 }).toBe(1);
    process.kill(pidOf(second), "SIGKILL");
    await pause(200);
    await expect.poll(() => answers("two"), { timeout: 5000 }).toBe(1);
    await third.stop();
    expect(await answers("two")).toBe(0);
  });

  it("those that answer other requests do not mind each other", async () => {
    await start("these");
    expect((await start("those")).description).not.toContain("stands by");
    expect([await answers("these"), await answers("those")]).toEqual([1, 1]);
  });

  it("a word left behind by one who is gone keeps nobody from duty", async () => {
    const peer = await Peer.connect(broker.url, {});
    await peer.client.publishAsync(dutyTopic("left/+/get/+"), "somebody", { qos: 1, retain: true });
    await peer.end();
    expect((await start("left")).description).not.toContain("stands by");
    expect(await answers("left")).toBe(1);
  });

  it("one who was on duty still is, and only one, when the broker has been away", async () => {
    await start("away");
    await start("away");
    await broker.kill();
    await broker.run();
    await expect.poll(() => answers("away"), { timeout: 8000 }).toBe(1);
    await pause(1000);
    expect(await answers("away")).toBe(1);
  });
});
