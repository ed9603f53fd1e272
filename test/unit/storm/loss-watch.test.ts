import { describe, expect, it } from "vitest";
import { Recorder } from "../../../engine/src/capture/recorder.ts";
import type { Device } from "../../../engine/src/device/device.ts";
import { type Loss, ONSET_MS, Onset, OpenStorm } from "../../../engine/src/storm/loss-watch.ts";

const device = (affectedBy = 0, cohort = 0): Device =>
  ({ cohort, part: { affectedBy }, attempt: { count: 0 } }) as unknown as Device;

describe("an open storm", () => {
  it("takes the first loss of each device, and no second one", () => {
    const recorder = new Recorder(["a", "b"], { emit: () => {} }, () => 0);
    recorder.storms.begin(2);
    const storm = new OpenStorm(2, 1000, recorder.storms);
    expect(storm.lost(device(), 1500)).toBe(2);
    expect(storm.lost(device(1, 1), 1700)).toBe(2);
    expect(storm.lost(device(2, 1), 1800)).toBeNull();
    expect(recorder.storms.counts(2)).toMatchObject({
      a: { selected: 1, affected: 1 },
      b: { selected: 1, affected: 1 },
    });
  });
});

describe("an onset", () => {
  /** Onset over `online` devices; each loss takes one away. */
  function watch(fraction: number, online: number) {
    const opened: { before: Loss[]; nowMs: number }[] = [];
    const taken: Device[] = [];
    const onset = new Onset(
      fraction,
      () => online,
      (before, nowMs) => {
        opened.push({ before: [...before], nowMs });
        return {
          lost: (one) => {
            taken.push(one);
            return 7;
          },
          ready: () => {},
        };
      },
    );
    const lose = (nowMs: number, one = device()): number | null => {
      online--;
      const storm = onset.lost(one, nowMs);
      return storm;
    };
    return { onset, opened, taken, lose };
  }

  it("opens with the loss that makes the fraction full, and hands over the losses before it", () => {
    const { opened, taken, lose } = watch(0.25, 8);
    const [first, second] = [device(), device()];
    expect(lose(100, first)).toBeNull();
    expect(opened).toEqual([]);
    expect(lose(200, second)).toBe(7);
    expect(opened).toMatchObject([{ before: [{ device: first, lostAtMs: 100, online: 8 }], nowMs: 200 }]);
    expect(taken).toEqual([second]);
  });

  it("does not open when the losses are further apart than a second", () => {
    const { opened, lose } = watch(0.25, 100);
    for (let i = 0; i < 5; i++) lose(i * (ONSET_MS + 1));
    expect(opened).toEqual([]);
  });

  it("counts a device once, and its first loss", () => {
    const { opened, lose } = watch(0.25, 12);
    const one = device();
    lose(0, one);
    lose(100, one);
    lose(200, one);
    expect(opened).toEqual([]);
    lose(300);
    lose(400);
    expect(opened[0]?.before.map(({ lostAtMs }) => lostAtMs)).toEqual([0, 300]);
  });

  it("opens at the first loss of the last device", () => {
    const { opened, lose } = watch(0.5, 1);
    expect(lose(50)).toBe(7);
    expect(opened).toEqual([{ before: [], nowMs: 50 }]);
  });

  it("remembers who is ready again by then, and when", () => {
    const { onset, opened, lose } = watch(0.5, 4);
    const one = device();
    lose(0, one);
    onset.ready(one, 30);
    onset.ready(one, 60);
    onset.ready(device(), 70);
    lose(500);
    expect(opened[0]?.before).toMatchObject([{ device: one, readyAtMs: 30 }]);
  });
});
