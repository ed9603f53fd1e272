/** Several config services at one broker: every request is answered, and answered once wherever the broker lets them meet. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { dutyTopic } from "../../engine/src/lab/duty.ts";
import { type Lab, startLab } from "../../engine/src/lab/lab.ts";
import { AedesServer, Mosquitto, mosquittoAvailable, Peer } from "../support/broker.ts";

const service = (name: string) => ({
  requestTopic: `${name}/+/get/+`,
  responseTopic: `${name}/$1/$2`,
  payload: "{}",
  capacity: 1000,
  queueLimit: 100,
});

async function startAt(target: string, name: string, protocolVersion: 4 | 5 = 4): Promise<Lab> {
  const lab = await startLab({ broker: false, target, protocolVersion, configService: service(name) });
  onTestFinished(() => lab.stop());
  return lab;
}

/** Answers to one request, counted until nothing more can come. */
async function answersAt(target: string, name: string): Promise<number> {
  const peer = await Peer.connect(target, {});
  await peer.client.subscribeAsync(`${name}/a/+`);
  await peer.client.publishAsync(`${name}/a/get/1`, "");
  await pause(300);
  await peer.end();
  return peer.heard.length;
}

describe.skipIf(!mosquittoAvailable())("config services at one Mosquitto", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  const start = (name: string): Promise<Lab> => startAt(broker.url, name);
  const answers = (name: string): Promise<number> => answersAt(broker.url, name);

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

describe.skipIf(!mosquittoAvailable())(
  "config services at a Mosquitto that lets them have no topic of their own",
  () => {
    let broker: Mosquitto;
    beforeAll(async () => {
      const acl = join(mkdtempSync(join(tmpdir(), "acl-")), "acl");
      writeFileSync(acl, "topic readwrite 4/#\ntopic readwrite 5/#\ntopic readwrite later/#\n");
      broker = await Mosquitto.start({ settings: [`acl_file ${acl}`] });
    });
    afterAll(() => broker.stop());

    // 3.1.1 has it acknowledge what it drops; 5.0 lets it say so.
    it.each([4, 5] as const)("each answers, MQTT %i", async (version) => {
      expect((await startAt(broker.url, `${version}`, version)).description).not.toContain("stands by");
      expect(await answersAt(broker.url, `${version}`)).toBe(1);
      await startAt(broker.url, `${version}`, version);
      expect(await answersAt(broker.url, `${version}`)).toBe(2);
    });

    it("one still answers when the broker has been away", async () => {
      await startAt(broker.url, "later");
      await broker.kill();
      await broker.run();
      await expect.poll(() => answersAt(broker.url, "later"), { timeout: 8000 }).toBe(1);
    });
  },
);

it("at a broker that refuses the SUBSCRIBE each answers", async () => {
  const broker = await AedesServer.start({ forbidden: "artillery-engine-mqtt/" });
  onTestFinished(() => broker.stop());
  await startAt(broker.url, "refused");
  await startAt(broker.url, "refused");
  expect(await answersAt(broker.url, "refused")).toBe(2);
});
