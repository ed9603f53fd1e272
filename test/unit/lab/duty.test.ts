import { ErrorWithSubackPacket, type IPublishPacket, type MqttClient } from "mqtt";
import { expect, it } from "vitest";
import { Duty } from "../../../engine/src/lab/duty.ts";

/** A broker with one client, which does with SUBSCRIBE and PUBLISH what the test says. */
class Broker {
  readonly lines: string[] = [];
  readonly duty: Duty = new Duty("config/+/get", (line) => this.lines.push(line));
  /** Words that come back. */
  echoes = true;
  onSubscribe: () => Promise<void> = async () => {};
  onPublish: () => Promise<void> = async () => {};
  readonly client = {
    connected: true,
    subscribeAsync: async () => this.onSubscribe(),
    publishAsync: async (topic: string, word: string) => {
      await this.onPublish();
      if (this.echoes) setTimeout(() => this.says(topic, word), 1);
    },
  };

  says(topic: string, word: string): void {
    const packet = { topic, payload: Buffer.from(word), retain: false } as IPublishPacket;
    this.duty.hear(this.#client, packet);
  }

  join(): Promise<void> {
    this.client.connected = true;
    return this.duty.join(this.#client);
  }

  get #client(): MqttClient {
    return this.client as unknown as MqttClient;
  }
}

const refuse = async (): Promise<void> => {
  throw new ErrorWithSubackPacket("Subscribe error: Unspecified error", { cmd: "suback" } as never);
};

it("a broker that drops what is published leaves each on duty, and that is said once", async () => {
  const broker = new Broker();
  broker.echoes = false;
  await broker.join();
  expect(broker.duty.isMine).toBe(true);
  expect(broker.duty.standsBy).toBe(false);
  await broker.join();
  expect(broker.lines).toEqual([
    expect.stringMatching(
      /^other config services at this broker cannot be seen on artillery-engine-mqtt\/config-service\/\w+ \(it does not pass on what is published there\): a second one would answer every request twice$/,
    ),
  ]);
});

it("so does one that refuses the SUBSCRIBE", async () => {
  const broker = new Broker();
  broker.onSubscribe = refuse;
  await broker.join();
  await broker.join();
  expect(broker.duty.isMine).toBe(true);
  expect(broker.lines).toEqual([expect.stringContaining("(Subscribe error: Unspecified error)")]);
});

it("a connection that is lost decides nothing", async () => {
  const broker = new Broker();
  broker.onSubscribe = async () => {
    broker.client.connected = false;
    throw new ErrorWithSubackPacket("Connection closed", undefined as never);
  };
  await broker.join();
  expect([broker.duty.isMine, broker.duty.standsBy]).toEqual([false, false]);
  // Nor does the silence after it.
  broker.onSubscribe = async () => {};
  broker.echoes = false;
  const join = broker.join();
  broker.client.connected = false;
  await join;
  expect(broker.duty.isMine).toBe(false);
  expect(broker.lines).toEqual([]);
});

it("another one that is heard is believed again, and replaced when it is gone", async () => {
  const broker = new Broker();
  broker.onSubscribe = refuse;
  await broker.join();
  broker.onSubscribe = async () => {};
  broker.onPublish = async () => {
    broker.onPublish = async () => {};
    broker.echoes = false;
    setTimeout(() => broker.says(broker.duty.will.topic, "somebody"), 5);
  };
  await broker.join();
  expect([broker.duty.isMine, broker.duty.standsBy]).toEqual([false, true]);
  broker.says(broker.duty.will.topic, "");
  await expect.poll(() => broker.duty.isMine, { timeout: 2000 }).toBe(true);
});
