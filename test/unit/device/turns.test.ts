import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Turns, type Waiter } from "../../../engine/src/device/turns.ts";

/** Somebody who notes what he is told, and then does something. */
function listener(heard: string[], name: string, then: () => void = () => {}): Waiter {
  return {
    settled(failure) {
      heard.push(`${name} ${failure}`);
      then();
    },
  };
}

describe("what a turn settles", () => {
  it("is told when it is over, in order", () => {
    const turns = new Turns();
    const heard: string[] = [];
    turns.begin();
    turns.settle(listener(heard, "a"), null);
    turns.settle(listener(heard, "b"), "lost");
    expect(heard).toEqual([]);
    turns.end();
    expect(heard).toEqual(["a null", "b lost"]);
    turns.begin();
    turns.end();
    expect(heard).toEqual(["a null", "b lost"]);
  });

  it("outside of any is told at once", () => {
    const turns = new Turns();
    const heard: string[] = [];
    turns.settle(listener(heard, "a"), null);
    expect(heard).toEqual(["a null"]);
  });

  it("may give the next input: what that settles is told after those who wait already", () => {
    const turns = new Turns();
    const heard: string[] = [];
    const next = (): void => {
      turns.begin();
      turns.settle(listener(heard, "c"), null);
      turns.end();
      expect(heard).toEqual(["a null"]);
    };
    turns.begin();
    turns.settle(listener(heard, "a", next), null);
    turns.settle(listener(heard, "b"), null);
    turns.end();
    expect(heard).toEqual(["a null", "b null", "c null"]);
  });

  it("reaches the others although one throws, at the end of the next turn", () => {
    const turns = new Turns();
    const heard: string[] = [];
    const throws = (): void => {
      throw new Error("of a script");
    };
    turns.begin();
    turns.settle(listener(heard, "a"), null);
    turns.settle(listener(heard, "b", throws), null);
    turns.settle(listener(heard, "c"), "lost");
    turns.settle(listener(heard, "d"), null);
    expect(() => turns.end()).toThrow("of a script");
    expect(heard).toEqual(["a null", "b null"]);
    turns.begin();
    turns.settle(listener(heard, "e"), null);
    turns.end();
    expect(heard).toEqual(["a null", "b null", "c lost", "d null", "e null"]);
  });
});

it("a turn that throws is over", () => {
  const turns = new Turns();
  const heard: string[] = [];
  const fails = (): void => {
    turns.settle(listener(heard, "a"), null);
    throw new Error("of a device");
  };
  expect(() => turns.run(fails)).toThrow("of a device");
  expect(heard).toEqual(["a null"]);
  turns.run(() => {});
});

it("who is told, and at once does what he is told of again, lets the timers and sockets have their turn", () => {
  const rounds: (() => void)[] = [];
  const turns = new Turns((act) => rounds.push(act));
  let told = 0;
  const again: Waiter = {
    settled() {
      told++;
      turns.run(() => turns.settle(again, null));
    },
  };
  turns.settle(again, null);
  const inFirst = told;
  expect(rounds).toHaveLength(1);
  rounds[0]?.();
  expect(told).toBe(2 * inFirst);
  expect(rounds).toHaveLength(2);
});

it("a turn within a turn throws", () => {
  const turns = new Turns();
  turns.begin();
  expect(() => turns.begin()).toThrow("in the middle of a turn");
});

it("everybody is told exactly once, in the order of a queue, however turns come out of one another", () => {
  // Each number is a listener that, when told, begins a turn in which so many others are settled.
  fc.assert(
    fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 60 }), (plan) => {
      const turns = new Turns();
      const settled: number[] = [];
      const told: number[] = [];
      let next = 0;
      const turn = (count: number): void => {
        turns.begin();
        for (let i = 0; i < count && next < plan.length; i++) {
          const id = next++;
          settled.push(id);
          turns.settle(
            {
              settled() {
                told.push(id);
                turn(plan[id] as number);
              },
            },
            null,
          );
        }
        turns.end();
      };
      turn(2);
      expect(told).toEqual(settled);
    }),
  );
});
