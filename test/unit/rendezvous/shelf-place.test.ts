/** A place that tells nobody: what a member makes of the pieces that it sees there, by the clock of the place. */
import { expect, it } from "vitest";
import type { Place, Sighting } from "../../../engine/src/rendezvous/place.ts";
import { onShelf, type Piece, type Shelf } from "../../../engine/src/rendezvous/shelf-place.ts";

const TIMES = { lookMs: 500, keepUpMs: 2000, goneMs: 15_000 };
/** The clock of the place is so far ahead of the member's. */
const AHEAD_MS = 7_000_000;

class MemoryShelf implements Shelf {
  readonly title = "the shelf";
  readonly clockName = "the shelf";
  readonly resolutionMs = 0;
  readonly pieces = new Map<string, Piece & { text: string }>();
  problem: string | null = null;
  writes = 0;
  nowMs = 0;

  put(name: string, text: string, writtenAtMs = this.nowMs + AHEAD_MS): void {
    this.pieces.set(name, { name, text, writtenAtMs, version: text, size: text.length });
  }
  async list(): Promise<Piece[]> {
    if (this.problem !== null) throw new Error(this.problem);
    return [...this.pieces.values()];
  }
  async read(name: string): Promise<string | null> {
    return this.pieces.get(name)?.text ?? null;
  }
  async write(text: string): Promise<void> {
    this.writes++;
    this.put("me", text);
  }
  async remove(): Promise<void> {
    this.pieces.delete("me");
  }
}

function join() {
  const shelf = new MemoryShelf();
  const heard: Sighting[] = [];
  const problems: string[] = [];
  let due: (() => void) | null = null;
  const time = {
    wakeIdle: <T, A>(
      _delayMs: number,
      callback: (target: T, argument: A) => void,
      target: T,
      argument: A,
    ) => {
      due = () => callback(target, argument);
      return {};
    },
    cancel: () => {},
  };
  const place: Place = onShelf(() => shelf, { times: TIMES, time, wallClock: () => shelf.nowMs })(
    { testRunId: "run", room: "roster", name: "me" },
    {
      heard: (sighting) => heard.push(sighting),
      told: () => {},
      failed: (problem) => problems.push(problem),
    },
  );
  /** One look after `ms`; what was heard of others in it. */
  const look = async (ms: number): Promise<[string, unknown, boolean][]> => {
    shelf.nowMs += ms;
    heard.length = 0;
    due?.();
    for (let i = 0; i < 50; i++) await Promise.resolve();
    return heard
      .filter(({ name }) => name !== "me")
      .map(({ name, entry, isLive }): [string, unknown, boolean] => [name, entry, isLive]);
  };
  place.put({ me: 1 });
  return { shelf, place, look, problems };
}

it("tells what is there once, and again when it changes", async () => {
  const { shelf, look } = join();
  expect(await look(0)).toEqual([]);
  shelf.put("b", '{"b":1}');
  expect(await look(500)).toEqual([["b", { b: 1 }, true]]);
  expect(await look(500)).toEqual([]);
  shelf.put("b", '{"b":2}');
  expect(await look(500)).toEqual([["b", { b: 2 }, true]]);
});

it("takes what was there before it came for left behind, until somebody keeps it up", async () => {
  const { shelf, look } = join();
  shelf.put("old", '{"old":1}', AHEAD_MS - 3000);
  expect(await look(0)).toEqual([["old", { old: 1 }, false]]);
  shelf.put("old", '{"old":1}');
  expect(await look(500)).toEqual([["old", { old: 1 }, true]]);
});

it("tells that somebody is gone, whether the piece was taken away or is kept up no more", async () => {
  const { shelf, look } = join();
  await look(0);
  shelf.put("b", "{}");
  shelf.put("c", "{}");
  await look(500);
  shelf.pieces.delete("b");
  expect(await look(500)).toEqual([["b", null, true]]);
  expect(await look(13_000)).toEqual([]);
  expect(await look(2000)).toEqual([["c", null, true]]);
  // It is back.
  shelf.put("c", "{}");
  expect(await look(500)).toEqual([["c", {}, true]]);
});

it("keeps its own up, and takes it away at the end", async () => {
  const { shelf, place, look } = join();
  await look(0);
  for (let i = 0; i < 10; i++) await look(500);
  expect(shelf.writes).toBe(3);
  await place.end();
  expect([...shelf.pieces.keys()]).toEqual([]);
});

it("says once that a place cannot be used, and goes on once it can", async () => {
  const { shelf, look, problems } = join();
  shelf.problem = "no such bucket";
  await look(0);
  await look(500);
  expect(problems).toEqual(["the shelf cannot be used to meet the other workers: no such bucket"]);
  shelf.problem = null;
  shelf.put("b", "{}");
  expect(await look(500)).toEqual([["b", {}, true]]);
});

it("passes by what is too large, or no JSON", async () => {
  const { shelf, look } = join();
  shelf.put("large", JSON.stringify("x".repeat(70_000)));
  shelf.put("text", "soon");
  expect(await look(0)).toEqual([]);
});

it("knows the place's clock from its own piece", async () => {
  const { place, look } = join();
  expect(place.clock).toBeNull();
  await look(0);
  expect(place.clock).toEqual({
    reference: "the shelf",
    offsetMs: -AHEAD_MS,
    uncertaintyMs: 0,
    measuredAtMs: 0,
  });
});
