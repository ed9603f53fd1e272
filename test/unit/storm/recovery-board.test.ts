import { describe, expect, it } from "vitest";
import { RecoveryBoard } from "../../../engine/src/storm/recovery-board.ts";

const SETTLE = 3;
const WELL = { isWell: true, storms: [1, 40] };
const ILL = { isWell: false, storms: [1] };

/** Workers that look at a board one after the other; what each of them is told, at each look. */
function looks(workers: number, views: (worker: number, look: number) => typeof WELL, until: number) {
  const board = new RecoveryBoard();
  const places = Array.from({ length: workers }, () => board.join());
  const told: (ReturnType<RecoveryBoard["put"]> | undefined)[][] = [];
  for (let look = 1; look <= until; look++)
    told.push(places.map((place) => board.put(place, look, views(place, look), 2, SETTLE)));
  return { told, board, places };
}

describe("the end of a run that has recovered", () => {
  it("is told to all workers at one look, once all were well for the settle time; one of them found it", () => {
    const { told } = looks(3, (worker, look) => (look >= 5 + worker ? two(WELL) : two(ILL)), 12);
    // The last is well from the 7th look on, and has been so for three at the 10th: all hear of it at the 11th, and end at the 12th.
    expect(told.slice(0, 10).flat()).toEqual(Array.from({ length: 30 }, () => null));
    expect(told[10]?.map((one) => one?.end)).toEqual([12, 12, 12]);
    expect(told[10]?.filter((one) => one?.isFirst)).toHaveLength(1);
  });

  it("is put off by any worker that is not well in between", () => {
    const { told } = looks(2, (worker, look) => (worker === 1 && look === 3 ? two(ILL) : two(WELL)), 11);
    expect(told.flatMap((all, i) => (all.some(Boolean) ? [i + 1] : []))).toEqual([8, 9, 10, 11]);
  });

  it("does not come where a storm took nobody, or a worker does not look any more", () => {
    expect(
      looks(2, () => ({ isWell: true, storms: [1] }), 20)
        .told.flat()
        .every((one) => one === null),
    ).toBe(true);
    const board = new RecoveryBoard();
    const [seeing, blind] = [board.join(), board.join()];
    board.put(blind, 1, two(WELL), 2, SETTLE);
    for (let look = 1; look < 20; look++) expect(board.put(seeing, look, two(WELL), 2, SETTLE)).toBeNull();
    board.leave(blind);
    expect(board.put(seeing, 20, two(WELL), 2, SETTLE)).toBeNull();
    expect(board.put(seeing, 21, two(WELL), 2, SETTLE)?.end).toBe(22);
  });

  it("counts storms beyond the 32nd", () => {
    const board = new RecoveryBoard();
    const place = board.join();
    const all = Array.from({ length: 127 }, (_, i) => i + 1);
    for (let look = 1; look < 8; look++)
      expect(board.put(place, look, { isWell: true, storms: all.slice(0, -1) }, 127, SETTLE)).toBeNull();
    board.put(place, 8, { isWell: true, storms: all }, 127, SETTLE);
    expect(board.put(place, 9, { isWell: true, storms: all }, 127, SETTLE)?.end).toBe(10);
  });
});

/** Of a script with two storms. */
function two({ isWell }: { isWell: boolean }): typeof WELL {
  return { isWell, storms: [1, 2] };
}
