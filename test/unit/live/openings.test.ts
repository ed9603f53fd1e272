import fc from "fast-check";
import { expect, it } from "vitest";
import { OPENINGS_PER_TURN, Openings } from "../../../engine/src/live/openings.ts";

class Loop {
  turns = 0;
  readonly started: { number: number; turn: number }[] = [];
  readonly openings: Openings;
  #next: (() => void)[] = [];

  constructor() {
    this.openings = new Openings((callback, openings) => this.#next.push(() => callback(openings)));
  }

  opening(number: number) {
    return { generation: 0, start: () => this.started.push({ number, turn: this.turns }) };
  }

  /** False where nobody waits for the next turn. */
  turn(): boolean {
    const next = this.#next;
    this.#next = [];
    this.turns++;
    for (const callback of next) callback();
    return next.length > 0;
  }
}

it("opens what is due at once, up to so many, and the rest a few in each of the next turns, first come first served", () => {
  const loop = new Loop();
  for (let number = 0; number < 150; number++) loop.openings.due(loop.opening(number));
  expect(loop.started).toHaveLength(OPENINGS_PER_TURN);
  while (loop.turn());
  expect(loop.started).toEqual(
    Array.from({ length: 150 }, (_, number) => ({ number, turn: Math.floor(number / OPENINGS_PER_TURN) })),
  );
});

it("lets nobody go whose wait was given up meanwhile, and does not count him", () => {
  const loop = new Loop();
  const all = Array.from({ length: 3 * OPENINGS_PER_TURN }, (_, number) => loop.opening(number));
  for (const opening of all) loop.openings.due(opening);
  for (const opening of all.slice(OPENINGS_PER_TURN, 2 * OPENINGS_PER_TURN)) opening.generation++;
  loop.turn();
  expect(loop.started.map(({ number }) => number)).toEqual([
    ...Array.from({ length: OPENINGS_PER_TURN }, (_, i) => i),
    ...Array.from({ length: OPENINGS_PER_TURN }, (_, i) => i + 2 * OPENINGS_PER_TURN),
  ]);
});

it("whatever falls due when, each is opened once, in order, never more than so many in a turn, none later than it must", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(150), { maxLength: 12 }), (arrivals) => {
      const loop = new Loop();
      let number = 0;
      for (const count of arrivals) {
        for (let i = 0; i < count; i++) loop.openings.due(loop.opening(number++));
        loop.turn();
      }
      while (loop.turn());
      expect(loop.started.map((one) => one.number)).toEqual(Array.from({ length: number }, (_, i) => i));
      // The same by a count alone: who waits goes first, and a turn's places are not kept for later ones.
      const expected: number[] = [];
      let waiting = 0;
      let left = OPENINGS_PER_TURN;
      for (let turn = 0; expected.length < number; turn++) {
        const count = arrivals[turn] ?? 0;
        const atOnce = waiting > 0 ? 0 : Math.min(left, count);
        waiting += count - atOnce;
        for (let i = 0; i < atOnce; i++) expected.push(turn);
        const later = Math.min(waiting, OPENINGS_PER_TURN);
        for (let i = 0; i < later; i++) expected.push(turn + 1);
        waiting -= later;
        left = OPENINGS_PER_TURN - later;
      }
      expect(loop.started.map((one) => one.turn)).toEqual(expected);
    }),
  );
});
