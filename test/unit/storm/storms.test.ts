import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GeneratorWatch } from "../../../engine/src/capture/generator-health.ts";
import { Recorder } from "../../../engine/src/capture/recorder.ts";
import type { Device } from "../../../engine/src/device/device.ts";
import { containerKey, ONLY_CONTAINER } from "../../../engine/src/device/identity.ts";
import type { Time } from "../../../engine/src/device/port.ts";
import { Standing } from "../../../engine/src/device/standing.ts";
import type { StormPart } from "../../../engine/src/device/storm-part.ts";
import { time as live } from "../../../engine/src/live/clock.ts";
import { FleetNumbers } from "../../../engine/src/live/fleet-numbers.ts";
import { Regions } from "../../../engine/src/region/regions.ts";
import type { StormPlan } from "../../../engine/src/storm/schedule.ts";
import { selectionLimit, stormKey } from "../../../engine/src/storm/selection.ts";
import { Storms } from "../../../engine/src/storm/storms.ts";
import { tell } from "../../support/told-events.ts";

/** Wall clock at the start of every test; the monotonic clock stands at 5,000 then. */
const EPOCH = Date.UTC(2026, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({
    now: EPOCH,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The timers of the process, which are the test's. */
const time: Time = { ...live, now: () => Date.now() - EPOCH + 5000 };

const plan = (index: number, atMs: number, windowMs: number, fraction = 1): StormPlan => ({
  index,
  atMs,
  windowMs,
  fraction,
  cause: "reset",
});

interface Drop {
  number: number;
  storm: number;
  cause: string;
  /** Milliseconds since the start of the test. */
  atMs: number;
}

/** What storms ask of a device, and do to it. */
class FakeDevice {
  readonly number: number;
  readonly numberInCohort: number;
  readonly cohort: number;
  readonly region: number;
  readonly part: Pick<StormPart, "standing" | "witness" | "refuse" | "drop"> & {
    outage: { isUnaware: boolean };
  };
  isReady: boolean;
  isArriving = false;
  wantsToBeOnline = true;

  constructor(
    number: number,
    isOffline: boolean,
    drops: Drop[],
    failed: { number: number; reason: string }[],
  ) {
    this.number = number;
    this.cohort = number % 2;
    this.numberInCohort = Math.floor(number / 2);
    this.region = number % 3;
    this.isReady = !isOffline;
    const standing = new Standing();
    this.part = {
      standing,
      outage: { isUnaware: false },
      witness: (storm) => standing.take(storm, this.isReady ? "unaffected" : "already-offline", true),
      refuse: (reason) => failed.push({ number, reason }),
      drop: (cause, storm) => {
        if (isOffline) return null;
        drops.push({ number, storm, cause, atMs: Date.now() - EPOCH });
        standing.take(storm, "affected", true);
        return time.now();
      },
    };
  }
}

/** Storms over fake devices that are online unless `offline` names them. */
function start(plans: StormPlan[], devices: number, offline: number[] = [], regions: Regions | null = null) {
  const drops: Drop[] = [];
  const failed: { number: number; reason: string }[] = [];
  const members = Array.from(
    { length: devices },
    (_, number) => new FakeDevice(number, offline.includes(number), drops, failed),
  ) as unknown as Device[];
  const recorder = new Recorder(["even", "odd"], { emit: () => {} }, () => EPOCH);
  const watch = new GeneratorWatch(() => 0);
  const over: number[] = [];
  const lines: string[] = [];
  const storms = new Storms({
    earlyEnd: null,
    longestBackoffMs: 1000,
    plans,
    seed: 42,
    container: ONLY_CONTAINER,
    members,
    recorder,
    losses: { watch: null, stormBegan: () => {} },
    watch,
    regions,
    populations: (_storm, cohorts) =>
      cohorts?.map((cohort) => ({ container: ONLY_CONTAINER, devices: members.length / 2, cohort })) ?? [
        { container: ONLY_CONTAINER, devices: members.length },
      ],
    isFirst: () => true,
    claim: () => true,
    wallClock: () => Date.now(),
    time,
    ownTime: time,
    log: (line) => lines.push(line),
    onOver: () => over.push(Date.now() - EPOCH),
  });
  return { storms, drops, failed, members, recorder, over, watch, lines };
}

/** Over both cohorts. */
function sumOf(cohorts: object | undefined): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of Object.values(cohorts ?? {}) as Record<string, number>[]) {
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
  }
  return sum;
}

describe("storms", () => {
  it("over a time take their devices evenly, each once, and say how late each was", () => {
    const { storms, drops, recorder, lines } = start(
      [{ ...plan(1, 1000, 12_000, 0.5), overMs: 10_000 }],
      200,
    );
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(20_000);
    expect(new Set(drops.map(({ number }) => number)).size).toBe(100);
    // The first at once, one each 100 ms, the last one step before the end.
    expect(drops.map(({ atMs }) => Math.round((atMs - 1000) / 100))).toEqual(
      Array.from({ length: 100 }, (_, place) => place),
    );
    const [storm] = storms.report();
    expect(storm).toMatchObject({ overMs: 10_000, closed: true });
    expect(sumOf(storm?.cohorts)).toMatchObject({ selected: 100, affected: 100, fleet: 200 });
    expect(recorder.histograms.get("mqtt.storm.1.drop_spread;even").maxValue).toBeLessThan(2000);
    expect(lines).toEqual([
      "mqtt storm 1: connection reset, 100 devices of this worker to be dropped over 10 s",
    ]);
  });

  it("over a time take nobody any more once they are stopped", () => {
    const { storms, drops } = start([{ ...plan(1, 1000, 12_000), overMs: 10_000 }], 10);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(3500);
    expect(drops.length).toBe(3);
    storms.stop(true);
    vi.advanceTimersByTime(20_000);
    expect(drops.length).toBe(3);
  });

  it("for a cohort take their share of its devices, and all others are witnesses", () => {
    const { storms, drops } = start([{ ...plan(1, 1000, 2000, 0.3), cohorts: [1] }], 200);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(3000);
    expect(drops.length).toBe(30);
    expect(drops.every(({ number }) => number % 2 === 1)).toBe(true);
    const [storm] = storms.report();
    expect(storm?.onlyCohorts).toEqual(["odd"]);
    expect(storm?.cohorts).toMatchObject({
      even: { selected: 0, affected: 0, fleet: 100, fleetReadyAtEnd: 100 },
      odd: { selected: 30, affected: 30, fleet: 100 },
    });
  });

  it("for all cohorts by their names take the share of the fleet", () => {
    const { storms, drops } = start([{ ...plan(1, 1000, 2000, 0.25), cohorts: [0, 1] }], 200);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(3000);
    expect(drops.length).toBe(50);
    expect(new Set(drops.map(({ number }) => number % 2))).toEqual(new Set([0, 1]));
  });

  it("drop their share in one pass at their instants, watch their windows, and are over at the end", () => {
    const { storms, drops, over } = start([plan(1, 1000, 2000, 0.25), plan(2, 4000, 500)], 200);
    storms.setTimeZero(EPOCH + 100);
    vi.advanceTimersByTime(1099);
    expect(drops).toEqual([]);
    expect(storms.report().map(({ startedAtMs, closed }) => [startedAtMs, closed])).toEqual([
      [null, false],
      [null, false],
    ]);
    vi.advanceTimersByTime(1);
    expect(drops.length).toBe(50);
    expect(new Set(drops.map(({ atMs, storm, cause }) => `${atMs} ${storm} ${cause}`))).toEqual(
      new Set(["1100 1 reset"]),
    );
    vi.advanceTimersByTime(1999);
    expect(storms.report()[0]).toMatchObject({ startedAtMs: EPOCH + 1100, closed: false });
    vi.advanceTimersByTime(1);
    expect(storms.report()[0]).toMatchObject({ closed: true });
    vi.advanceTimersByTime(1499);
    expect([drops.length, storms.isOver, over]).toEqual([250, false, []]);
    // The end of the window, and then the end of all: a timer of its own, which takes Node a millisecond.
    vi.advanceTimersByTime(2);
    expect([storms.isOver, over]).toEqual([true, [4601]]);
    vi.advanceTimersByTime(100_000);
    expect([drops.length, over.length]).toEqual([250, 1]);
    expect(storms.report()[1]).toMatchObject({ index: 2, closed: true, startedAtMs: EPOCH + 4100 });
  });

  it("count chosen devices that were not online as selected, not as affected", () => {
    const { storms } = start([plan(1, 1000, 1000)], 10, [2, 4, 5]);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(1000);
    expect(storms.report()[0]?.cohorts).toMatchObject({
      even: { selected: 5, affected: 3 },
      odd: { selected: 5, affected: 4 },
    });
  });

  it("say what became of every device: at the end, and as it stands before", () => {
    const { storms, members } = start([plan(1, 1000, 2000, 0.5)], 12, [3]);
    const fates = (): object | undefined => storms.report()[0]?.cohorts;
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(1000);
    const is = (role: string): Device[] => members.filter(({ part }) => part.standing.role === role);
    // Half of 12, and device 3 is chosen or not; it was away already.
    expect(is("already-offline").map(({ number }) => number)).toEqual([3]);
    expect(is("affected").length + is("unaffected").length).toBe(11);
    for (const device of is("affected")) Object.assign(device, { isReady: false });
    const affected = is("affected").length;
    expect(sumOf(fates())).toMatchObject({ fleet: 12, affected, alreadyOffline: 1, readyAtEnd: 0 });
    // One comes back, one comes back and is lost again, one leaves for good, another does so inside the window.
    const [back, lost, gone] = is("affected") as [Device, Device, Device];
    const [untouched] = is("unaffected") as [Device];
    back.part.standing.back();
    Object.assign(back, { isReady: true });
    lost.part.standing.back();
    lost.part.standing.lost();
    Object.assign(gone, { wantsToBeOnline: false });
    storms.left(untouched, false);
    members.splice(members.indexOf(untouched), 1);
    vi.advanceTimersByTime(2000);
    const atEnd = sumOf(fates());
    expect(atEnd).toMatchObject({
      fleet: 12,
      affected,
      alreadyOffline: 1,
      readyAtEnd: 1,
      fleetReadyAtEnd: 1 + 11 - affected - 1,
      lostAgain: 1,
      lostAtEnd: 1,
      fleetLeftByScript: 2,
      leftByScript: 1,
      leftAfterRecovery: 0,
      unaffectedLost: 0,
    });
    // What happens afterwards is none of the storm's.
    Object.assign(back, { isReady: false });
    expect(sumOf(fates())).toEqual(atEnd);
  });

  it("that come more than a second after their instant leave this worker's devices alone, and say so", () => {
    const { storms, drops, over, lines } = start([plan(1, 1000, 2000), plan(2, 5000, 1000)], 4);
    storms.setTimeZero(EPOCH - 2001);
    vi.advanceTimersByTime(1);
    expect(storms.report()[0]).toMatchObject({ startedAtMs: null, closed: false, cohorts: {} });
    expect(Math.round(storms.report()[0]?.missedByMs ?? 0)).toBe(1002);
    expect(lines[0]).toMatch(
      /^mqtt storm 1: connection reset, missed: this worker's turn came 1002 ms after its instant/,
    );
    vi.advanceTimersByTime(10_000);
    expect(drops.map(({ storm }) => storm)).toEqual([2, 2, 2, 2]);
    expect(over.length).toBe(1);
  });

  it("end with the last device where all have left because the script says so", () => {
    const { storms, members } = start([plan(1, 1000, 20_000)], 2);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(1500);
    for (const device of members.splice(0)) storms.left(device, false);
    storms.stop(true);
    expect(storms.report()[0]).toMatchObject({ closed: true });
    expect(sumOf(storms.report()[0]?.cohorts)).toMatchObject({ fleet: 2, affected: 2, leftByScript: 2 });
  });

  it("were not watched to their end where the last devices are gone because their flows failed", () => {
    const { storms, members } = start([plan(1, 1000, 20_000)], 2);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(1500);
    for (const [i, device] of members.splice(0).entries()) storms.left(device, i === 0);
    storms.stop(true);
    expect(storms.report()[0]).toMatchObject({ closed: false });
  });

  it("count apart who has not noticed yet, and who left before he was back, also when he comes again", () => {
    const { storms, members } = start([plan(1, 1000, 2000)], 4);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(1500);
    const [unaware, returned, out] = members as [Device, Device, Device];
    Object.assign(unaware, { isReady: false });
    unaware.part.outage.isUnaware = true;
    Object.assign(out, { isReady: false });
    returned.part.standing.leave();
    expect(returned.part.standing.back()).toBe(false);
    vi.advanceTimersByTime(1500);
    expect(sumOf(storms.report()[0]?.cohorts)).toMatchObject({
      fleet: 4,
      affected: 4,
      unaware: 1,
      leftByScript: 1,
      fleetLeftByScript: 1,
      readyAtEnd: 1,
      fleetReadyAtEnd: 1,
    });
  });

  it.each([
    ["apart", 10_000],
    ["closer than the time in which devices are chosen", 100],
  ])("hit their own share although the next is chosen before they begin: %s", (_how, windowMs) => {
    const { storms, drops } = start(
      [plan(1, 1000, windowMs, 0.1), plan(2, 1000 + windowMs, windowMs, 0.9)],
      100,
    );
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(100_000);
    expect([1, 2].map((storm) => drops.filter((drop) => drop.storm === storm).length)).toEqual([10, 90]);
  });

  it("move with an earlier time zero, as far as they have not happened", () => {
    const { storms, drops } = start([plan(1, 1000, 1000), plan(2, 3000, 1000)], 1);
    storms.setTimeZero(EPOCH + 500);
    storms.setTimeZero(EPOCH + 200);
    vi.advanceTimersByTime(1300);
    expect(drops.map(({ atMs }) => atMs)).toEqual([1200]);
    storms.setTimeZero(EPOCH - 300);
    vi.advanceTimersByTime(10_000);
    expect(drops.map(({ atMs }) => atMs)).toEqual([1200, 2700]);
  });

  it("that are late measure the spread of their drops from the planned instant", () => {
    const { storms, recorder } = start([plan(1, 1000, 1000)], 2);
    storms.setTimeZero(EPOCH - 1250);
    vi.advanceTimersByTime(0);
    vi.advanceTimersByTime(1);
    const maxima: number[] = [];
    recorder.histograms.takeInterval((histogram) => {
      expect(histogram.tag).toMatch(/^mqtt\.storm\.1\.drop_spread;(even|odd)$/);
      maxima.push(histogram.maxValue);
    });
    expect(maxima.length).toBe(2);
    // 250 ms late, within 0.1 % and the millisecond of the fake clock.
    for (const us of maxima) {
      expect(us).toBeGreaterThanOrEqual(250_000);
      expect(us).toBeLessThanOrEqual(252_300);
    }
  });

  it("choose again at the storm where nobody was there to choose from", () => {
    const { storms, drops, members } = start([plan(1, 1000, 1000, 0.5)], 10);
    const late = members.splice(0);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(600);
    members.push(...late);
    vi.advanceTimersByTime(400);
    expect(drops.length).toBe(5);
  });

  it("hit exactly their share of a fleet that is still arriving, on two workers of one process", () => {
    const numbers = new FleetNumbers();
    const drops: number[] = [];
    const arrive = (members: Device[]): void => {
      const number = numbers.next();
      const device = {
        cohort: 0,
        number,
        part: {
          standing: new Standing(),
          outage: { isUnaware: false },
          witness: () => {},
          drop: () => {
            drops.push(number);
            return time.now();
          },
        },
      };
      members.push(device as unknown as Device);
    };
    const workers = [0, 1].map(() => {
      const members: Device[] = [];
      const storms = new Storms({
        earlyEnd: null,
        longestBackoffMs: 1000,
        plans: [plan(1, 1000, 1000, 0.3)],
        seed: 42,
        container: ONLY_CONTAINER,
        members,
        recorder: new Recorder(["all"], { emit: () => {} }, () => EPOCH),
        losses: { watch: null, stormBegan: () => {} },
        watch: new GeneratorWatch(() => 0),
        regions: null,
        populations: (storm) => [
          { container: ONLY_CONTAINER, devices: storm === null ? numbers.count : numbers.countAt(storm) },
        ],
        isFirst: () => true,
        claim: () => true,
        wallClock: () => Date.now(),
        time,
        ownTime: time,
        log: () => {},
        onOver: () => {},
      });
      storms.setTimeZero(EPOCH);
      return members;
    });
    // Unevenly, after the devices were chosen, and at the instant itself between the two workers.
    for (let i = 0; i < 40; i++) arrive(workers[i % 3 === 0 ? 0 : 1] as Device[]);
    vi.advanceTimersByTime(700);
    for (let i = 0; i < 60; i++) arrive(workers[i % 5 === 0 ? 1 : 0] as Device[]);
    setTimeout(() => arrive(workers[1] as Device[]), 300);
    vi.advanceTimersByTime(300);
    expect(drops.length).toBe(30);
    const limit = selectionLimit(42, 1, 0.3, [{ container: ONLY_CONTAINER, devices: 100 }]) as number;
    const chosen = Array.from({ length: 100 }, (_, number) => number).filter(
      (number) => stormKey(42, 1, containerKey(ONLY_CONTAINER), number) <= limit,
    );
    expect(drops.sort((a, b) => a - b)).toEqual(chosen);
  });

  it("stop for good", () => {
    const { storms, drops, over } = start([plan(1, 1000, 1000)], 5);
    storms.setTimeZero(EPOCH);
    storms.stop(false);
    storms.setTimeZero(EPOCH - 500);
    vi.advanceTimersByTime(10_000);
    expect([drops, over]).toEqual([[], []]);
  });

  it("beyond the longest timer of Node come at their time", () => {
    const days = 30 * 24 * 3_600_000;
    const { storms, drops, watch } = start([plan(1, days, 1000)], 1);
    // Its ticks would be 130 million.
    watch.stop();
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(days - 1);
    expect(drops).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(drops.map(({ atMs }) => atMs)).toEqual([days]);
  });

  it("report the generator's health until the last comeback, and over the whole window", () => {
    const { storms, recorder } = start([plan(1, 1000, 1000), plan(2, 3000, 1000)], 2);
    storms.setTimeZero(EPOCH);
    expect(storms.report()[0]).toMatchObject({ generator: null, generatorInWindow: null });
    vi.advanceTimersByTime(1500);
    expect(storms.report()[0]?.generator).toMatchObject({ cpuShare: 0 });
    vi.advanceTimersByTime(500);
    const closed = storms.report()[0];
    vi.advanceTimersByTime(1000);
    expect(storms.report()[0]).toEqual(closed);
    // One of two devices of the second storm is back after 200 ms; the other stays away.
    vi.advanceTimersByTime(200);
    tell(recorder, "becameReady", { storm: 2, value: 200 });
    vi.advanceTimersByTime(40);
    const recovered = storms.report()[1]?.generator;
    vi.advanceTimersByTime(1000);
    expect(storms.report()[1]?.generator).toEqual(recovered);
    expect(recovered).not.toEqual(storms.report()[1]?.generatorInWindow);
  });

  it("say so where this worker noticed the end of a window too late to see it", () => {
    const { storms, over } = start([plan(1, 1000, 1000), plan(2, 3000, 1000)], 2);
    storms.setTimeZero(EPOCH);
    vi.advanceTimersByTime(1000);
    expect(storms.report()[0]).toMatchObject({ closed: false, endMissedByMs: null });
    // The process stands still; its clock goes on.
    vi.setSystemTime(EPOCH + 4200);
    vi.advanceTimersByTime(1010);
    const [first, second] = storms.report();
    expect(first).toMatchObject({ closed: true, missedByMs: null });
    expect(first?.endMissedByMs).toBeGreaterThan(1600);
    expect(second).toMatchObject({ missedByMs: expect.any(Number), endMissedByMs: null });
    expect(over).toHaveLength(1);
  });

  it("take a region away: all of its devices and no other, and every attempt until it is back", async () => {
    const list = ["eu", "us", "ap"].map((name) => ({ name, weight: 1 }));
    const failover = { policy: "next", after: 1, returnHomeMs: Number.POSITIVE_INFINITY } as const;
    const regions = new Regions({ regions: list, failover, seed: 1 });
    const opened: number[] = [];
    const transport = { unsentBytes: 0, write() {}, close() {}, reset() {} };
    const open = regions.opener(
      list.map((_, region) => () => {
        opened.push(region);
        return transport;
      }),
    );
    const listener = { onOpen() {}, onStep() {}, onBytes() {}, onClosed() {} };
    const dial = (): unknown =>
      [0, 1, 2].map((region) => open(listener, { number: 1, endpoint: null, region }));
    const loss: StormPlan = {
      ...plan(1, 1000, 2000, 1 / 3),
      cause: "regionLoss",
      region: { index: 1, name: "us", forMs: 1500 },
    };
    const { storms, drops, failed, members } = start([loss], 9, [4], regions);
    storms.setTimeZero(EPOCH);
    // Its first attempt: it was not out before the storm, and has no part in it.
    Object.assign(members[4] ?? {}, { isArriving: true });
    vi.advanceTimersByTime(1000);
    expect(members[4]?.part.standing.role).toBeNull();
    expect(drops.map(({ number, cause, storm }) => [number, cause, storm])).toEqual([
      [1, "reset", 1],
      [7, "reset", 1],
    ]);
    expect(failed).toEqual([{ number: 4, reason: "region_lost" }]);
    dial();
    expect(opened.splice(0)).toEqual([0, 2]);
    regions.counts.count(2, "connectsAccepted");
    regions.counts.count(2, "failovers");
    vi.advanceTimersByTime(1500);
    dial();
    expect(opened).toEqual([0, 1, 2]);
    vi.advanceTimersByTime(500);
    regions.counts.count(2, "connectsAccepted");
    regions.counts.count(2, "failovers");
    expect(storms.report()[0]).toMatchObject({
      cause: "regionLoss",
      region: "us",
      closed: true,
      regions: { eu: { connectsAccepted: 0 }, ap: { connectsAccepted: 1, failovers: 1 } },
    });
  });
});
