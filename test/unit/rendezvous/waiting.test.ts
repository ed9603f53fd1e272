import { expect, it } from "vitest";
import type { OpenPlace } from "../../../engine/src/rendezvous/place.ts";
import { meet, NOTHING_YET } from "../../support/rendezvous.ts";

/** A place in which nobody else ever is. */
const nobody: OpenPlace = () => ({ clock: null, tell: null, put: () => {}, end: async () => {} });

it("says every 10 s what time zero waits for, once its own devices have all arrived", () => {
  const container = { name: "", ordinal: 0, of: 2 };
  let nowMs = 0;
  const ticks: (() => void)[] = [];
  const barrier = { share: 1, timeoutMs: 60_000 };
  const { rendezvous, lines, tell, adopted } = meet(
    nobody,
    "0-1",
    { ...NOTHING_YET, container },
    {
      timeZero: { kind: "ready", barrier },
      wallClock: () => nowMs,
      time: {
        wakeIdle: (_ms, run, a, b) => {
          ticks.push(() => run(a, b));
          return {};
        },
        cancel: () => {},
      },
    },
  );
  const passSeconds = (seconds: number): void => {
    for (let i = 0; i < 2 * seconds; i++) {
      nowMs += 500;
      ticks.pop()?.();
    }
  };
  passSeconds(12);
  expect(lines).toEqual([]);
  tell({ devices: 5, fleet: 5, ready: 5, arrivalsOver: true });
  passSeconds(22);
  expect(lines).toEqual([
    "mqtt: time zero waits, 48 s more at most: container 1 of 2 (counted from 0) has not come",
    "mqtt: time zero waits, 38 s more at most: container 1 of 2 (counted from 0) has not come",
    "mqtt: time zero waits, 28 s more at most: container 1 of 2 (counted from 0) has not come",
  ]);
  expect(adopted).toEqual([]);
  void rendezvous.end();
});
