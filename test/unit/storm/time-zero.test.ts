/** Workers that agree through a broker in this process. Waits are for what must come; a test's time-out is the failure. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { Aedes } from "aedes";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RosterEntry } from "../../../engine/src/storm/selection.ts";
import { Agreement } from "../../../engine/src/storm/time-zero.ts";

const TIME_ZERO = "control/run-1/time-zero";

let broker: Aedes;
let server: Server;
let url: string;
const agreements: Agreement[] = [];

beforeEach(async () => {
  broker = await Aedes.createBroker();
  server = createServer((socket) => {
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await Promise.all(agreements.splice(0).map((agreement) => agreement.end()));
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  await new Promise((resolve) => server.close(resolve));
});

const entry = (worker: number, devices: number): RosterEntry => ({
  container: "",
  worker,
  workers: 2,
  devices,
});

function join(
  workerId: string,
  proposedMs: number,
  own: RosterEntry,
): { agreement: Agreement; adopted: number[] } {
  const adopted: number[] = [];
  const agreement = new Agreement(
    {
      url,
      protocolVersion: 4,
      topic: "control",
      testRunId: "run-1",
      workerId,
      onTimeZero: (epochMs) => adopted.push(epochMs),
    },
    proposedMs,
    own,
  );
  agreements.push(agreement);
  return { agreement, adopted };
}

/** What Aedes keeps in memory; its types leave it out. */
interface Persistence {
  createRetainedStream(pattern: string): AsyncIterable<{ topic: string; payload: Buffer }>;
}

/** Retained messages below the control topic: topic → payload. */
async function retained(): Promise<Record<string, string>> {
  const { persistence } = broker as unknown as { persistence: Persistence };
  const found: Record<string, string> = {};
  for await (const { topic, payload } of persistence.createRetainedStream("control/#")) {
    found[topic] = payload.toString();
  }
  return found;
}

function publish(topic: string, payload: string): Promise<void> {
  return new Promise((resolve, reject) => {
    broker.publish(
      { cmd: "publish", topic, payload: Buffer.from(payload), qos: 1, retain: true, dup: false },
      (error) => (error ? reject(error) : resolve()),
    );
  });
}

const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 4000, interval: 10 });

const retainedTimeZero = async (ms: number): Promise<void> => {
  expect((await retained())[TIME_ZERO]).toBe(JSON.stringify({ timeZeroMs: ms }));
};

describe("two workers", () => {
  it.each([
    ["first", 1000, 2000],
    ["second", 2000, 1000],
  ])("adopt the earlier time, where the %s worker has it", async (_who, firstMs, secondMs) => {
    const first = join("1", firstMs, entry(1, 10));
    await until(() => retainedTimeZero(firstMs));
    const second = join("2", secondMs, entry(2, 20));
    const [early, late] = firstMs < secondMs ? [first, second] : [second, first];
    await until(async () => {
      expect(late.adopted).toEqual([1000]);
      await retainedTimeZero(1000);
    });
    expect(early.adopted).toEqual([]);
  });

  it("adopt the earlier time, where both start at the same instant", async () => {
    const late = join("1", 2000, entry(1, 10));
    const early = join("2", 1000, entry(2, 20));
    await until(async () => {
      expect(late.adopted).toEqual([1000]);
      await retainedTimeZero(1000);
    });
    expect(early.adopted).toEqual([]);
  });

  it("see each other's roster, and what changes in it", async () => {
    const first = join("1", 1000, entry(1, 10)).agreement;
    const second = join("2", 1000, entry(2, 20)).agreement;
    const devices = (agreement: Agreement): number[] =>
      agreement
        .roster()
        .map((one) => one.devices)
        .sort((a, b) => a - b);
    await until(() => {
      expect([devices(first), devices(second)]).toEqual([
        [10, 20],
        [10, 20],
      ]);
    });
    first.setDevices(15);
    expect(devices(first)).toEqual([15, 20]);
    await until(() => expect(devices(second)).toEqual([15, 20]));
    expect(second.roster()).toContainEqual(entry(1, 15));
  });

  it("take their retained messages away at the end, and remember each other", async () => {
    const first = join("1", 1000, entry(1, 10)).agreement;
    const second = join("2", 1000, entry(2, 20)).agreement;
    await until(async () => {
      expect(Object.keys(await retained()).sort()).toEqual([
        "control/run-1/roster/1",
        "control/run-1/roster/2",
        TIME_ZERO,
      ]);
      expect([first.roster().length, second.roster().length]).toEqual([2, 2]);
    });
    await first.end();
    expect(Object.keys(await retained())).toEqual(["control/run-1/roster/2"]);
    expect(second.roster().length).toBe(2);
    await second.end();
    expect(await retained()).toEqual({});
  });
});

describe("whatever else is on the control topic", () => {
  it.each([
    ["text", "soon"],
    ["nothing", ""],
    ["null", "null"],
    ["a number", "5"],
    ["text for the time", '{"timeZeroMs":"5"}'],
    ["no time", '{"timeZeroMs":null}'],
    ["an infinite time", '{"timeZeroMs":-1e999}'],
    ["half an object", '{"timeZeroMs":5'],
    ["another run's, hours ago", '{"timeZeroMs":-7200000}'],
  ])("is no time zero: %s", async (_what, payload) => {
    const { adopted } = join("1", 2000, entry(1, 10));
    await until(() => retainedTimeZero(2000));
    await publish(TIME_ZERO, payload);
    await publish(TIME_ZERO, '{"timeZeroMs":1999}');
    await until(() => expect(adopted.length).toBeGreaterThan(0));
    // Messages of one topic come in order: the garbage was heard before.
    expect(adopted).toEqual([1999]);
  });

  it.each([
    ["text", "me too"],
    ["no container", '{"worker":1,"workers":1,"devices":1}'],
    ["a negative number", '{"container":"","worker":1,"workers":1,"devices":-1}'],
    ["half a device", '{"container":"","worker":1,"workers":1,"devices":1.5}'],
    ["too many devices to choose from", '{"container":"","worker":1,"workers":1,"devices":100000001}'],
  ])("is no roster entry: %s", async (_what, payload) => {
    const { agreement } = join("1", 2000, entry(1, 10));
    await until(() => retainedTimeZero(2000));
    await publish("control/run-1/roster/3", payload);
    await publish("control/run-1/roster/4", JSON.stringify(entry(2, 7)));
    await until(() => expect(agreement.roster().length).toBeGreaterThan(1));
    expect(agreement.roster().sort((a, b) => a.worker - b.worker)).toEqual([entry(1, 10), entry(2, 7)]);
  });

  it("does not replace a worker's own entry", async () => {
    const { agreement } = join("1", 2000, entry(1, 10));
    await until(() => retainedTimeZero(2000));
    await publish("control/run-1/roster/1", JSON.stringify(entry(1, 99)));
    await publish("control/run-1/roster/4", JSON.stringify(entry(2, 7)));
    await until(() => expect(agreement.roster().length).toBe(2));
    expect(agreement.roster()).toContainEqual(entry(1, 10));
  });
});

it("ends at once where no broker answers", async () => {
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const agreement = new Agreement(
    {
      url: `mqtt://127.0.0.1:${port}`,
      protocolVersion: 4,
      topic: "control",
      testRunId: "run-1",
      workerId: "1",
      onTimeZero: () => {},
    },
    1000,
    entry(1, 10),
  );
  agreement.setDevices(11);
  expect(agreement.roster()).toEqual([entry(1, 11)]);
  await agreement.end();
});
