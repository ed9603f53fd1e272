import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GeneratorWatch } from "../../../engine/src/capture/generator-health.ts";
import { Recorder } from "../../../engine/src/capture/recorder.ts";
import type { Device } from "../../../engine/src/device/device.ts";
import { ONLY_CONTAINER } from "../../../engine/src/device/identity.ts";
import type { Time } from "../../../engine/src/device/port.ts";
import { time as live } from "../../../engine/src/live/clock.ts";
import type { Losses } from "../../../engine/src/storm/loss-watch.ts";
import type { StormPlan } from "../../../engine/src/storm/schedule.ts";
import { Storms } from "../../../engine/src/storm/storms.ts";
import { tell } from "../../support/told-events.ts";

const EPOCH = Date.UTC(2026, 0, 1);
/** The timers of the process, which are the test's. */
const time: Time = { ...live, now: () => Date.now() - EPOCH + 5000 };

beforeEach(() => {
  vi.useFakeTimers({
    now: EPOCH,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const external: StormPlan = {
  index: 1,
  atMs: 1000,
  fraction: 0.5,
  cause: "external",
  windowMs: 2000,
  waitForMs: 10_000,
};

/** What a storm asks of a watched device. */
class StubDevice {
  joined: unknown[] | null = null;
  readonly cohort = 0;
  onlineSinceMs = 0;
  state = "backoff";
  readonly attempt = { count: 0 };
  readonly part = {
    affectedBy: 0,
    join: (...how: unknown[]): void => {
      this.joined = how;
    },
  };
}

function start(plans: StormPlan[], devices: number) {
  const recorder = new Recorder(["all"], { emit: () => {} }, () => Date.now());
  const losses: Losses = { watch: null, stormBegan: () => {} };
  const lines: string[] = [];
  const over: number[] = [];
  const storms = new Storms({
    earlyEnd: null,
    longestBackoffMs: 1000,
    plans,
    seed: 42,
    container: ONLY_CONTAINER,
    members: [],
    recorder,
    losses,
    regions: null,
    watch: new GeneratorWatch(() => 0),
    populations: () => [{ container: ONLY_CONTAINER, devices }],
    isFirst: () => true,
    claim: () => true,
    wallClock: () => Date.now(),
    time,
    ownTime: time,
    log: (line) => lines.push(line),
    onOver: () => over.push(Date.now() - EPOCH),
  });
  for (let i = 0; i < devices; i++) tell(recorder, "connectAccepted", { value: 1 });
  storms.setTimeZero(EPOCH);
  const lose = (device = new StubDevice()): number => {
    tell(recorder, "disconnected", { name: "closed", value: 1 });
    const storm = losses.watch?.lost(device as unknown as Device, time.now()) ?? 0;
    if (storm !== 0) device.part.affectedBy = storm;
    return storm;
  };
  return { storms, losses, lose, lines, over, recorder };
}

describe("an external storm", () => {
  it("opens with its first loss, joins those before, and ends with its window", () => {
    const { storms, losses, lose, over } = start([external], 4);
    vi.advanceTimersByTime(900);
    expect(losses.watch).toBeNull();
    vi.advanceTimersByTime(2100);
    const first = new StubDevice();
    expect(lose(first)).toBe(0);
    vi.advanceTimersByTime(400);
    // Two attempts that failed and one that was accepted.
    first.attempt.count = 3;
    first.onlineSinceMs = time.now();
    losses.watch?.ready(first as unknown as Device, time.now());
    vi.advanceTimersByTime(100);
    expect(lose()).toBe(1);
    expect(first.joined).toEqual([1, 8000, 8400]);
    expect(lose()).toBe(1);
    expect(storms.report()[0]).toMatchObject({
      startedAtMs: EPOCH + 3000,
      closed: false,
      cohorts: { all: { selected: 3, affected: 3, recovered: 1, connectAttempts: 3, connectsAccepted: 1 } },
    });
    vi.advanceTimersByTime(1499);
    expect(storms.report()[0]?.closed).toBe(false);
    vi.advanceTimersByTime(3);
    expect([storms.report()[0]?.closed, storms.isOver, over.length]).toEqual([true, true, 1]);
    expect(losses.watch).toBeNull();
  });

  it("does not take a device with it that has left the run since its loss", () => {
    const { storms, lose } = start([external], 4);
    vi.advanceTimersByTime(3000);
    const gone = new StubDevice();
    lose(gone);
    gone.state = "ended";
    expect(lose()).toBe(1);
    expect(gone.joined).toBeNull();
    expect(storms.report()[0]).toMatchObject({ cohorts: { all: { selected: 1, affected: 1 } } });
  });

  it("that does not come is told, and ends the run", () => {
    const { storms, losses, lose, lines, over } = start([external], 4);
    vi.advanceTimersByTime(5000);
    lose();
    vi.advanceTimersByTime(6002);
    expect(losses.watch).toBeNull();
    expect([storms.isOver, over.length]).toEqual([true, 1]);
    expect(storms.report()[0]).toMatchObject({ startedAtMs: null, closed: false, cohorts: {} });
    expect(lines).toEqual([
      "mqtt storm 1: outside event, watching",
      "mqtt storm 1: did not happen: in 10 s this worker never lost 50 % of its online devices within a second",
    ]);
  });

  it("leaves the next storm its time", () => {
    const next: StormPlan = { index: 2, atMs: 13_000, fraction: 1, cause: "reset", windowMs: 1000 };
    const { storms, lose } = start([external, next], 2);
    vi.advanceTimersByTime(2000);
    lose();
    lose();
    vi.advanceTimersByTime(20_000);
    expect(storms.report().map(({ startedAtMs, closed }) => [startedAtMs, closed])).toEqual([
      [EPOCH + 2000, true],
      [EPOCH + 13_000, true],
    ]);
  });
});
