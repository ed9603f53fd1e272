/** What every place where workers meet must give, over all of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { Container } from "../../engine/src/device/identity.ts";
import { time } from "../../engine/src/live/clock.ts";
import { atBroker } from "../../engine/src/rendezvous/broker.ts";
import { claimOrdinal } from "../../engine/src/rendezvous/claim.ts";
import { inDirectory } from "../../engine/src/rendezvous/directory.ts";
import type { OpenPlace } from "../../engine/src/rendezvous/place.ts";
import type { OwnEntry } from "../../engine/src/rendezvous/rendezvous.ts";
import { inBucket, loadS3 } from "../../engine/src/rendezvous/s3.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { eventually } from "../support/device-fleet.ts";
import { Moto, motoAvailable } from "../support/moto.ts";
import { type MeetOptions, type Met, meet, NOTHING_YET } from "../support/rendezvous.ts";

interface Ground {
  /** A worker's way to the place, by a clock of its own. */
  open(wallClock?: () => number): OpenPlace;
  /**
   * What is larger than any entry and stays there ends a control connection again and again: nothing but another
   * topic helps. Files and objects are passed by.
   */
  survivesLarge: boolean;
  /** How exactly the place's own clock is read from it, milliseconds; null where it has none. */
  clockWithinMs: number | null;
  /** What anyone may leave in the roster of a run. */
  litter(testRunId: string, name: string, text: string): Promise<void>;
  stop(): Promise<void> | void;
}

const GROUNDS: [string, () => boolean, () => Promise<Ground>][] = [
  [
    "a broker",
    mosquittoAvailable,
    async () => {
      const broker = await Mosquitto.start();
      return {
        survivesLarge: false,
        clockWithinMs: null,
        open: () => atBroker({ url: broker.url, protocolVersion: 4, topic: "fleet" }),
        litter: async (testRunId, name, text) => {
          const client = await connectAsync(broker.url);
          await client.publishAsync(`fleet/${testRunId}/roster/${name}`, text, { qos: 1, retain: true });
          await client.endAsync();
        },
        stop: () => broker.stop(),
      };
    },
  ],
  [
    "a folder",
    () => true,
    async () => {
      const path = mkdtempSync(join(tmpdir(), "fleet-"));
      return {
        survivesLarge: true,
        // Time zero is moved by whole tenths of a second.
        clockWithinMs: 100,
        open: (wallClock = Date.now) => inDirectory(path, { time, wallClock }),
        litter: async (testRunId, name, text) => {
          mkdirSync(join(path, testRunId, "roster"), { recursive: true });
          writeFileSync(join(path, testRunId, "roster", `${name}.json`), text);
        },
        stop: () => rmSync(path, { recursive: true }),
      };
    },
  ],
  [
    "a bucket",
    motoAvailable,
    async () => {
      const moto = await Moto.start();
      return {
        survivesLarge: true,
        clockWithinMs: 1000,
        open: (wallClock = Date.now) =>
          inBucket({ kind: "s3", bucket: moto.bucket, prefix: "a/b" }, loadS3(), { time, wallClock }),
        litter: (testRunId, name, text) => moto.put(`a/b/${testRunId}/roster/${name}.json`, text),
        stop: () => moto.stop(),
      };
    },
  ],
];

const OF = 3;
const container = (ordinal: number): Container => ({ name: "", ordinal, of: OF });
const READY: OwnEntry = { ...NOTHING_YET, devices: 50, fleet: 50, ready: 50, arrivalsOver: true };
const PATIENCE_MS = 20_000;
const all = { share: 1, timeoutMs: 60_000 };
const heard = (worker: Met): number | undefined => worker.adopted.at(-1);

let runs = 0;

/** Places are slow each for itself: one waits beside the others, its tests one after the other. */
describe.concurrent.each(GROUNDS)("workers that meet in %s", (_what, isAvailable, prepare) => {
  describe.skipIf(!isAvailable())("and", { concurrent: false }, () => {
    let ground: Ground;
    beforeAll(async () => {
      ground = await prepare();
    });
    afterAll(() => ground.stop());

    /** Workers of one run; each ends with the test. */
    const run = ({ onTestFinished }: TestContext, name = `run-${++runs}`) => {
      const join = (
        ordinal: number,
        own: Partial<OwnEntry> = {},
        options: Partial<MeetOptions> = {},
      ): Met => {
        const entry = { ...READY, container: container(ordinal), process: `p${ordinal}`, ...own };
        const met = meet(ground.open(options.wallClock), `${ordinal}-1`, entry, {
          testRunId: name,
          startedAtMs: Date.now(),
          timeZero: { kind: "ready", barrier: all },
          ...options,
        });
        onTestFinished(() => met.rendezvous.end());
        return met;
      };
      return { name, join };
    };

    it("are ready have one time zero, 5 s ahead, and know each other's sizes", async (test) => {
      const { join } = run(test);
      const beganMs = Date.now();
      const workers = [join(0), join(1, { ready: 20 }), join(2, { devices: 40, fleet: 40, ready: 40 })];
      await eventually(
        () => workers.every(({ rendezvous }) => rendezvous.others().length === 2),
        PATIENCE_MS,
      );
      expect(workers.map(heard)).toEqual([undefined, undefined, undefined]);
      const readyMs = Date.now();
      workers[1]?.tell({ ready: 50 });
      const agree = (): boolean =>
        new Set(workers.map(heard)).size === 1 && heard(workers[0] as Met) !== undefined;
      await eventually(agree, PATIENCE_MS);
      const timeZeroMs = heard(workers[0] as Met) as number;
      expect(timeZeroMs).toBeGreaterThanOrEqual(readyMs + 5000);
      expect(timeZeroMs % 100).toBe(0);
      expect(timeZeroMs - beganMs).toBeLessThan(PATIENCE_MS + PATIENCE_MS);
      await eventually(
        () => workers.every(({ rendezvous }) => rendezvous.others().length === 2),
        PATIENCE_MS,
      );
      expect(workers[0]?.rendezvous.others()).toEqual([
        { container: container(1), devices: 50 },
        { container: container(2), devices: 40 },
      ]);
      expect(workers.map(({ rendezvous }) => rendezvous.isFirst())).toEqual([true, false, false]);
    });

    it("wait for one that never comes have a time zero all the same, and say whom they missed", async (test) => {
      const { join } = run(test);
      const timeZero = { kind: "ready", barrier: { share: 1, timeoutMs: 3000 } } as const;
      const workers = [join(0, {}, { timeZero }), join(2, { ready: 49 }, { timeZero })];
      await eventually(() => workers.every((worker) => heard(worker) !== undefined), PATIENCE_MS);
      await eventually(() => heard(workers[0] as Met) === heard(workers[1] as Met), PATIENCE_MS);
      expect(workers.flatMap(({ lines }) => lines).join("\n")).toContain(
        "container 1 of 3 (counted from 0) has not come; container 2 has 49 of 50 devices ready",
      );
      // The one that was missed comes late: it goes by the time zero of all.
      const late = join(1);
      await eventually(() => heard(late) === heard(workers[0] as Met), PATIENCE_MS);
    });

    it("lose the first of them keep their time zero, and another is the first", async (test) => {
      const { join } = run(test);
      const workers = [join(0), join(1), join(2)];
      await eventually(
        () => new Set(workers.map(heard)).size === 1 && heard(workers[0] as Met) !== undefined,
        PATIENCE_MS,
      );
      const timeZeroMs = heard(workers[0] as Met);
      await eventually(() => !(workers[1] as Met).rendezvous.isFirst(), PATIENCE_MS);
      await eventually(() => (workers[1] as Met).rendezvous.others().length === 2, PATIENCE_MS);
      await workers[0]?.rendezvous.end();
      await eventually(() => (workers[1] as Met).rendezvous.isFirst(), PATIENCE_MS);
      expect(workers.slice(1).map(heard)).toEqual([timeZeroMs, timeZeroMs]);
      // Its devices still count: who is gone cannot take them back.
      expect(workers[1]?.rendezvous.others().map(({ devices }) => devices)).toEqual([50, 50]);
    });

    it("have clocks apart all hear of one time zero, each on its own clock where the place has one", async (test) => {
      const { join } = run(test);
      const aheadMs = 2000;
      const ahead = (): number => Date.now() + aheadMs;
      const workers = [join(0), join(1, {}, { wallClock: ahead }), join(2)];
      // Only who goes by one time zero counts the others.
      await eventually(
        () => workers.every(({ rendezvous }) => rendezvous.others().length === 2),
        PATIENCE_MS,
      );
      await eventually(
        () => heard(workers[0] as Met) !== undefined && heard(workers[0] as Met) === heard(workers[2] as Met),
        PATIENCE_MS,
      );
      await eventually(
        () => workers.every((one) => heard(one) !== undefined && one.rendezvous.others().length === 2),
        PATIENCE_MS,
      );
      const laterMs = (heard(workers[1] as Met) ?? 0) - (heard(workers[0] as Met) ?? 0);
      if (ground.clockWithinMs === null) expect(laterMs).toBe(0);
      else expect(Math.abs(laterMs - aheadMs)).toBeLessThanOrEqual(ground.clockWithinMs);
    });

    it("hear of nobody set no time zero of their own, and say so", async (test) => {
      const { join } = run(test);
      const alone = join(1, {}, { timeZero: { kind: "ready", barrier: { share: 1, timeoutMs: 1000 } } });
      await eventually(() => alone.gaveUp() > 0, PATIENCE_MS);
      expect(alone.lines).toHaveLength(1);
      expect(alone.lines[0]).toContain("no storm comes to this container (1 of 3, counted from 0)");
      // The others come too late for it: it has told its devices that they are over.
      const others = [join(0), join(2)];
      await eventually(() => others.every((worker) => heard(worker) !== undefined), PATIENCE_MS);
      expect([alone.gaveUp(), alone.adopted]).toEqual([1, []]);
    });

    it("find garbage pass it by", async (test) => {
      const { name, join } = run(test);
      const valid = { ...READY, container: container(1), timeZeroMs: 1, instance: "x" };
      const garbage = [
        "soon",
        "null",
        "5",
        "[]",
        JSON.stringify(valid).slice(0, -5),
        ...(ground.survivesLarge ? ["x".repeat(70_000)] : []),
      ].concat(
        [{ devices: -1 }, { fleet: 1e9 }, { container: container(7) }, { timeZeroMs: "5" }].map((part) =>
          JSON.stringify({ ...valid, ...part }),
        ),
      );
      for (const [i, text] of garbage.entries()) await ground.litter(name, `garbage-${i}`, text);
      const workers = [join(0), join(1), join(2)];
      await eventually(
        () => new Set(workers.map(heard)).size === 1 && heard(workers[0] as Met) !== undefined,
        PATIENCE_MS,
      );
      await eventually(
        () => workers.every(({ rendezvous }) => rendezvous.others().length === 2),
        PATIENCE_MS,
      );
      expect(workers[0]?.rendezvous.others().map(({ devices }) => devices)).toEqual([50, 50]);
    });

    it("have no ordinal agree on one each, and one that comes back has its own again", async () => {
      const testRunId = `run-${++runs}`;
      const lines: string[] = [];
      const claim = (name: string, timeoutMs = PATIENCE_MS) =>
        claimOrdinal({
          open: ground.open(),
          testRunId,
          name,
          containers: OF,
          timeoutMs,
          say: (line) => lines.push(line),
        });
      const names = ["task-c", "task-a", "task-b"];
      const claims = await Promise.all(names.map((name) => claim(name)));
      expect(claims.map(({ ordinal }) => ordinal)).toEqual([2, 0, 1]);
      await claims[1]?.place.end();
      const again = await claim("task-a");
      expect(again.ordinal).toBe(0);
      await Promise.all([...claims, again].map(({ place }) => place.end()));
      await expect(claim("task-a", 1500)).rejects.toThrow("of 3 containers 1 came within 1.5 s: task-a");
      expect(lines).toEqual([]);
    });
  });
});
