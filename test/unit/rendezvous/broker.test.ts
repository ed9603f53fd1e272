/** Workers that agree through a broker in this process. Waits are for what must come; a test's time-out is the failure. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Container } from "../../../engine/src/device/identity.ts";
import { atBroker } from "../../../engine/src/rendezvous/broker.ts";
import type { OwnEntry, Rendezvous } from "../../../engine/src/rendezvous/rendezvous.ts";
import { type MeetOptions, meet } from "../../support/rendezvous.ts";

let broker: Aedes;
let server: Server;
let url: string;
const agreements: Rendezvous[] = [];
let sockets: Socket[] = [];
/** Topics whose retained message was cleared, in order. */
let cleared: string[] = [];
/** Accepted connections. */
let connects = 0;

beforeEach(async () => {
  sockets = [];
  cleared = [];
  connects = 0;
  broker = await Aedes.createBroker();
  broker.on("publish", ({ topic, payload, retain }) => {
    if (retain && payload.length === 0) cleared.push(topic);
  });
  broker.on("clientReady", () => connects++);
  server = createServer((socket) => {
    sockets.push(socket);
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

const named = (name: string): Container => ({ name, ordinal: 0, of: 1 });
const entry = (container: string, devices: number, idPrefix: string | null = null): OwnEntry => ({
  container: named(container),
  process: "one",
  devices,
  cohorts: [],
  fleet: devices,
  ready: 0,
  arrivalsOver: false,
  idPrefix,
});
const population = (container: string, devices: number) => ({ container: named(container), devices });

interface Joined {
  agreement: Rendezvous;
  setDevices(devices: number): void;
  adopted: number[];
  sameIdsAs: string[];
}

function join(
  workerId: string,
  proposedMs: number,
  own: OwnEntry,
  options: Partial<MeetOptions> = {},
): Joined {
  const open = atBroker({ url, protocolVersion: 4, topic: "control" });
  const { rendezvous, adopted, sameIdsAs, tell } = meet(open, workerId, own, {
    timeZero: { kind: "proposed", epochMs: proposedMs },
    ...options,
  });
  agreements.push(rendezvous);
  return { agreement: rendezvous, adopted, sameIdsAs, setDevices: (devices) => tell({ devices }) };
}

/** What another worker would say. */
const message = (container: string, devices: number, timeZeroMs: number, idPrefix: string | null = null) => ({
  ...entry(container, devices, idPrefix),
  process: "another",
  timeZeroMs,
  instance: "another",
});

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

function publish(topic: string, payload: string, retain = true): Promise<void> {
  return new Promise((resolve, reject) => {
    broker.publish(
      { cmd: "publish", topic, payload: Buffer.from(payload), qos: 1, retain, dup: false },
      (error) => (error ? reject(error) : resolve()),
    );
  });
}

const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 4000, interval: 10 });

const rosterTopic = (workerId: string): string => `control/run-1/roster/${workerId}`;
const saidBy = async (workerId: string): Promise<{ timeZeroMs?: number }> =>
  JSON.parse((await retained())[rosterTopic(workerId)] ?? "{}") as { timeZeroMs?: number };
const retainedTimeZero = async (workerId: string, ms: number): Promise<void> => {
  expect((await saidBy(workerId)).timeZeroMs).toBe(ms);
};

describe("two workers", () => {
  it.each([
    ["first", 1000, 2000],
    ["second", 2000, 1000],
  ])("adopt the earlier time, where the %s worker has it", async (_who, firstMs, secondMs) => {
    const first = join("1", firstMs, entry("", 10));
    await until(() => retainedTimeZero("1", firstMs));
    const second = join("2", secondMs, entry("", 20));
    const [early, late] = firstMs < secondMs ? [first, second] : [second, first];
    await until(async () => {
      expect(late.adopted).toEqual([1000]);
      await retainedTimeZero("1", 1000);
      await retainedTimeZero("2", 1000);
    });
    expect(early.adopted).toEqual([]);
  });

  it("adopt the earlier time, where both start at the same instant", async () => {
    const late = join("1", 2000, entry("", 10));
    const early = join("2", 1000, entry("", 20));
    await until(async () => {
      expect(late.adopted).toEqual([1000]);
      await retainedTimeZero("1", 1000);
    });
    expect(early.adopted).toEqual([]);
  });

  it("of two containers know how large the other's fleet is, and what changes in it", async () => {
    const { agreement: first, setDevices } = join("a-1", 1000, entry("a", 10));
    const second = join("b-1", 1000, entry("b", 20)).agreement;
    const third = join("b-2", 1000, entry("b", 7)).agreement;
    await until(() => {
      expect(first.others()).toEqual([population("b", 27)]);
      expect(second.others()).toEqual([population("a", 10)]);
      expect(third.others()).toEqual([population("a", 10)]);
    });
    setDevices(15);
    await until(() => expect(second.others()).toEqual([population("a", 15)]));
  });

  it("take their retained messages away at the end, and remember each other", async () => {
    const first = join("1", 1000, entry("a", 10)).agreement;
    const second = join("2", 1000, entry("b", 20)).agreement;
    await until(async () => {
      expect(Object.keys(await retained()).sort()).toEqual([rosterTopic("1"), rosterTopic("2")]);
      expect([first.others().length, second.others().length]).toEqual([1, 1]);
    });
    await first.end();
    expect(Object.keys(await retained())).toEqual([rosterTopic("2")]);
    expect(second.others().length).toBe(1);
    await second.end();
    expect(await retained()).toEqual({});
  });

  it("that are killed leave nothing behind: the broker clears what they kept", async () => {
    join("1", 1000, entry("", 10));
    await until(() => retainedTimeZero("1", 1000));
    for (const socket of sockets) socket.destroy();
    await until(async () => {
      // It is back at once, and says so again: what matters is that the broker published the will.
      expect(cleared).toContain(rosterTopic("1"));
    });
  });
});

it("hold their clocks against the first one's, through the broker", async () => {
  const ahead = join("b-1", 1000, entry("b", 10), { wallClock: () => Date.now() + 2000 }).agreement;
  const first = join("a-1", 1000, entry("a", 10)).agreement;
  await until(() => expect(ahead.clock?.reference).toBe("a-1"));
  const { offsetMs, uncertaintyMs } = ahead.clock ?? { offsetMs: 0, uncertaintyMs: 0 };
  // Both clocks are this process's, which tells whole milliseconds.
  expect(Math.abs(offsetMs - 2000)).toBeLessThanOrEqual(uncertaintyMs + 1);
  expect(first.clock).toBeNull();
});

describe("a time zero that is older than this process", () => {
  it("is refused where it was left behind by a run that is over, and so are its devices", async () => {
    await publish(rosterTopic("1"), JSON.stringify(message("gone", 5000, 1000)));
    const { agreement, adopted } = join("2", 90_000, entry("", 10), { startedAtMs: 80_000 });
    const { agreement: peer } = join("3", 90_050, entry("late", 30), { startedAtMs: 80_000 });
    await until(() => expect(agreement.others()).toEqual([population("late", 30)]));
    await until(() => expect(peer.others()).toEqual([population("", 10)]));
    expect(adopted).toEqual([]);
  });

  it("is adopted where somebody who is alive has it: a container that came later", async () => {
    join("1", 1000, entry("early", 10));
    await until(() => retainedTimeZero("1", 1000));
    const { adopted } = join("2", 90_000, entry("late", 10), { startedAtMs: 80_000 });
    await until(() => expect(adopted).toEqual([1000]));
  });
});

describe("a container that is gone", () => {
  it("does not act any more, and its devices still count", async () => {
    const { agreement } = join("2", 1000, entry("b", 20));
    const { agreement: first } = join("1", 1000, entry("a", 10));
    join("3", 1000, entry("c", 30));
    await until(() => {
      expect(agreement.others().length).toBe(2);
      expect([first.isFirst(), agreement.isFirst()]).toEqual([true, false]);
    });
    await first.end();
    await until(() => expect(agreement.isFirst()).toBe(true));
    expect(agreement.others()).toEqual([population("a", 10), population("c", 30)]);
    // It is back.
    join("1", 1000, entry("a", 11));
    await until(() => expect(agreement.isFirst()).toBe(false));
  });
});

describe("other devices of the same ids at the same broker", () => {
  it("are seen in another run, once, by both", async () => {
    const mine = join("1", 1000, entry("", 10, ""));
    await until(() => retainedTimeZero("1", 1000));
    const other = join("1", 5000, entry("", 10, ""), { testRunId: "run-2" });
    await until(() => expect(mine.sameIdsAs).toEqual(["run-2"]));
    // Who was there first has nothing new to say of its devices, and is heard all the same.
    await until(() => expect(other.sameIdsAs).toEqual(["run-1"]));
    other.setDevices(12);
    join("9", 1000, entry("", 1, ""), { testRunId: "run-9" });
    await until(() => expect(mine.sameIdsAs).toEqual(["run-2", "run-9"]));
    expect(mine.adopted).toEqual([]);
  });

  it("are seen in another process of the same run that has the same names", async () => {
    const mine = join("1", 1000, entry("", 10, ""));
    await until(() => retainedTimeZero("1", 1000));
    join("1", 1000, entry("", 10, ""));
    await until(() => expect(mine.sameIdsAs).toEqual(["run-1"]));
  });

  it.each([
    ["in the other worker threads of this process", "2", entry("", 10, ""), {}],
    ["in another container", "1", entry("b", 10, ""), { testRunId: "run-2" }],
    ["under another prefix", "1", entry("", 10, "x-"), { testRunId: "run-2" }],
    ["with ids of the script's own", "1", entry("", 10, null), { testRunId: "run-2" }],
  ])("are not: %s", async (_where, workerId, own, options) => {
    const mine = join("1", 1000, entry("", 10, ""));
    await until(() => retainedTimeZero("1", 1000));
    const other = join(workerId, 1000, own, options);
    const { testRunId = "run-1" } = options as { testRunId?: string };
    await until(async () => {
      expect(await retained()).toHaveProperty([`control/${testRunId}/roster/${workerId}`]);
    });
    // Heard after all that came before.
    join("9", 1000, entry("", 1, ""), { testRunId: "run-9" });
    await until(() => expect(mine.sameIdsAs).toEqual(["run-9"]));
    expect(other.sameIdsAs.filter((run) => run !== "run-9")).toEqual([]);
  });
});

describe("whatever else is on the control topic", () => {
  const valid = message("b", 7, 2000);
  const TOO_MANY = 200_001;
  it.each([
    ["text", "soon"],
    ["nothing", ""],
    ["null", "null"],
    ["a number", "5"],
    ["half an object", JSON.stringify(valid).slice(0, -9)],
    ["text for the time", JSON.stringify({ ...valid, timeZeroMs: "5" })],
    ["no time", JSON.stringify({ ...valid, timeZeroMs: null })],
    ["an infinite time", JSON.stringify(valid).replace("2000", "-1e999")],
    ["no container", JSON.stringify({ ...valid, container: undefined })],
    ["a long container", JSON.stringify({ ...valid, container: named("x".repeat(129)) })],
    ["a negative number of devices", JSON.stringify({ ...valid, devices: -1 })],
    ["half a device", JSON.stringify({ ...valid, devices: 1.5 })],
    ["more devices than a worker can hold", JSON.stringify({ ...valid, devices: TOO_MANY })],
  ])("is no roster entry: %s", async (_what, payload) => {
    const { agreement, adopted } = join("1", 2000, entry("", 10));
    await until(() => retainedTimeZero("1", 2000));
    await publish(rosterTopic("3"), payload);
    await publish(rosterTopic("4"), JSON.stringify(message("c", 5, 1999)));
    // Messages come in order: the garbage was heard before.
    await until(() => expect(adopted).toEqual([1999]));
    expect(agreement.others()).toEqual([population("c", 5)]);
  });

  it("is no time zero where it is hours away", async () => {
    const { agreement, adopted } = join("1", 2000, entry("", 10));
    await until(() => retainedTimeZero("1", 2000));
    await publish(rosterTopic("3"), JSON.stringify(message("b", 7, -7_200_000)));
    await publish(rosterTopic("4"), JSON.stringify(message("c", 5, 1999)));
    await until(() => expect(adopted).toEqual([1999]));
    expect(agreement.others()).toEqual([population("c", 5)]);
  });

  it("does not replace a worker's own entry", async () => {
    const { agreement } = join("1", 2000, entry("", 10));
    await until(() => retainedTimeZero("1", 2000));
    await publish(rosterTopic("1"), JSON.stringify(message("b", 99, 2000)));
    await publish(rosterTopic("4"), JSON.stringify(message("c", 5, 2000)));
    await until(() => expect(agreement.others()).toEqual([population("c", 5)]));
  });

  it("cannot make the choice of devices long: the devices of all together are bounded", async () => {
    const { agreement } = join("1", 2000, entry("", 10));
    await until(() => retainedTimeZero("1", 2000));
    for (let i = 0; i < 60; i++) {
      await publish(
        rosterTopic(`many-${i}`),
        JSON.stringify(message(`c${String(i).padStart(2, "0")}`, 200_000, 2000)),
      );
    }
    await until(() => expect(agreement.others().length).toBe(50));
    expect(agreement.others().reduce((sum, { devices }) => sum + devices, 0)).toBe(10_000_000);
  });

  it("is not gathered where it is larger than any roster entry", async () => {
    const { agreement } = join("1", 2000, entry("", 10));
    await until(() => retainedTimeZero("1", 2000));
    await publish(rosterTopic("3"), "x".repeat(70_000), false);
    // The connection was given up, and is back a second later.
    await publish(rosterTopic("4"), JSON.stringify(message("c", 5, 2000)));
    await until(() => expect(agreement.others()).toEqual([population("c", 5)]));
    expect(connects).toBe(2);
  });
});

it("ends at once where no broker answers", async () => {
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const open = atBroker({ url: `mqtt://127.0.0.1:${port}`, protocolVersion: 4, topic: "control" });
  const { rendezvous } = meet(open, "1", entry("", 10), {});
  rendezvous.tick();
  expect(rendezvous.others()).toEqual([]);
  await rendezvous.end();
});
