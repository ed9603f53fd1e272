import { describe, expect, it } from "vitest";
import { ClockTalk } from "../../../engine/src/storm/clock-talk.ts";

/** Workers whose messages are on their way for so long; `ahead` by worker. */
class Place {
  nowMs = 1_000_000;
  readonly talks = new Map<string, ClockTalk>();
  readonly sent: { from: string; to: string; kind: string }[] = [];
  #due: { atMs: number; to: string; message: string }[] = [];

  join(workerId: string, aheadMs = 0, wayMs = 4): ClockTalk {
    const talk = new ClockTalk({
      workerId,
      wallClock: () => this.nowMs + aheadMs,
      send: (to, message) => {
        this.sent.push({ from: workerId, to, kind: (JSON.parse(message) as { kind: string }).kind });
        this.#due.push({ atMs: this.nowMs + wayMs, to, message });
      },
    });
    this.talks.set(workerId, talk);
    return talk;
  }

  /** Every worker takes a turn, and what they send arrives. */
  turn(alive: readonly string[] = [...this.talks.keys()]): void {
    for (const [workerId, talk] of this.talks) talk.turn(alive.filter((other) => other !== workerId));
    for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) {
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.talks.get(next.to)?.hear(next.message);
    }
    this.nowMs += 500;
  }
}

describe("workers that measure their clocks", () => {
  it("hold them against the first by name, who measures nothing", () => {
    const place = new Place();
    const [b, a, c] = [place.join("b-1", 2000), place.join("a-1"), place.join("c-1", -70)];
    place.turn();
    expect(a.offset).toBeNull();
    expect(b.offset).toMatchObject({ reference: "a-1", offsetMs: 2000, uncertaintyMs: 4 });
    expect(c.offset).toMatchObject({ reference: "a-1", offsetMs: -70, uncertaintyMs: 4 });
  });

  it("ask ten times in a row, and then every twentieth turn", () => {
    const place = new Place();
    place.join("a-1");
    place.join("b-1");
    for (let i = 0; i < 60; i++) place.turn();
    expect(place.sent.filter(({ kind }) => kind === "question")).toHaveLength(10 + 2);
  });

  it("turn to the next one where the first does not answer any more", () => {
    const place = new Place();
    place.join("b-1");
    const c = place.join("c-1", 30);
    const alive = ["a-gone", "b-1", "c-1"];
    for (let i = 0; i < 4; i++) place.turn(alive);
    expect(c.offset).toBeNull();
    place.turn(alive);
    expect(c.offset).toMatchObject({ reference: "b-1", offsetMs: 30 });
  });

  it("take nothing that they have not asked for, and send nothing to what is no worker's name", () => {
    const place = new Place();
    place.join("a-1");
    const b = place.join("b-1");
    const times = { heardAtMs: 1, answeredAtMs: 1 };
    b.hear(JSON.stringify({ kind: "answer", from: "a-1", id: "guessed", ...times }));
    b.hear(JSON.stringify({ kind: "question", from: "+/roster/#", id: "x", askedAtMs: 1 }));
    b.hear("{");
    expect(b.offset).toBeNull();
    expect(place.sent).toEqual([]);
  });
});
