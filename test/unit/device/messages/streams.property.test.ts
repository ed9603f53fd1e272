import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeardStreams, REMEMBERED } from "../../../../engine/src/device/messages/heard-streams.ts";
import { SentStreams } from "../../../../engine/src/device/messages/sent-streams.ts";
import { StreamIndex } from "../../../../engine/src/device/messages/stream-index.ts";

const key = fc.tuple(fc.nat(40), fc.nat(40), fc.nat(2));

describe("the index of streams", () => {
  it("gives each stream a place of its own, in the order in which they come", () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 6000 }), (keys) => {
        const index = new StreamIndex();
        const places = new Map<string, number>();
        for (const one of keys) {
          const name = one.join();
          if (!places.has(name)) places.set(name, places.size);
          expect(index.placeOf(...one)).toBe(places.get(name));
        }
        expect(index.size).toBe(places.size);
      }),
      { numRuns: 30 },
    );
  });

  it("has room for no more than it was given, and knows those that it has", () => {
    const index = new StreamIndex(2000);
    for (let i = 0; i < 2000; i++) expect(index.placeOf(i, 0, 0xffff_ffff)).toBe(i);
    expect(index.placeOf(2000, 0, 0)).toBe(-1);
    expect(index.placeOf(1999, 0, 0xffff_ffff)).toBe(1999);
  });
});

/** What a subscriber that remembers every number it heard would say. */
class Oracle {
  readonly #heard = new Map<string, Set<number>>();
  missed = 0;
  filled = 0;
  duplicates = 0;
  late = 0;
  #missing = new Map<string, Set<number>>();

  hear(stream: string, sequence: number): void {
    const heard = this.#heard.get(stream);
    if (heard === undefined) {
      this.#heard.set(stream, new Set([sequence]));
      this.#missing.set(stream, new Set());
      return;
    }
    const missing = this.#missing.get(stream) as Set<number>;
    const [lowest, highest] = [Math.min(...heard), Math.max(...heard)];
    if (heard.has(sequence)) {
      this.duplicates++;
      return;
    }
    if (sequence < highest) this.late++;
    if (missing.delete(sequence)) this.filled++;
    const between =
      sequence > highest ? [highest, sequence] : sequence < lowest ? [sequence, lowest] : [0, 0];
    for (let n = (between[0] as number) + 1; n < (between[1] as number); n++) {
      missing.add(n);
      this.missed++;
    }
    heard.add(sequence);
  }
}

describe("what was heard of streams", () => {
  it("is what a subscriber would say that remembers every number, while what is late is not too late", () => {
    // Numbers stay within what is remembered; several streams are heard in any order, with gaps, repetitions and swaps.
    const heard = fc.tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: REMEMBERED }));
    fc.assert(
      fc.property(fc.array(heard, { maxLength: 300 }), (messages) => {
        const streams = new HeardStreams();
        const oracle = new Oracle();
        const counts = { missed: 0, filled: 0, duplicates: 0, late: 0 };
        for (const [receiver, publisher, sequence] of messages) {
          const hearing = streams.hear(receiver, publisher, 7, 0, sequence, 0);
          oracle.hear(`${receiver} ${publisher}`, sequence);
          counts.missed += streams.missed;
          if (hearing === "filled") counts.filled++;
          if (hearing === "duplicate") counts.duplicates++;
          if (hearing === "filled" || hearing === "earlier") counts.late++;
        }
        const { missed, filled, duplicates, late } = oracle;
        expect(counts).toEqual({ missed, filled, duplicates, late });
      }),
    );
  });

  it("does not guess about what is older than it remembers", () => {
    const streams = new HeardStreams();
    streams.hear(1, 2, 3, 0, 1, 0);
    streams.hear(1, 2, 3, 0, REMEMBERED + 10, 0);
    expect(streams.missed).toBe(REMEMBERED + 8);
    expect(streams.hear(1, 2, 3, 0, 5, 0)).toBe("undecided");
    expect(streams.hear(1, 2, 3, 0, 11, 0)).toBe("filled");
    expect(streams.hear(1, 2, 3, 0, 11, 0)).toBe("duplicate");
  });

  it("begins anew where the receiver chose not to hear", () => {
    const streams = new HeardStreams();
    streams.hear(1, 2, 3, 0, 1, 0);
    expect(streams.hear(1, 2, 3, 1, 9, 0)).toBe("first");
    expect(streams.hear(1, 2, 3, 1, 10, 0)).toBe("next");
    expect(streams.missed).toBe(0);
  });

  it("follows no more streams than it has room for", () => {
    const streams = new HeardStreams(1);
    expect(streams.hear(1, 2, 3, 0, 1, 0)).toBe("first");
    expect(streams.hear(1, 9, 3, 0, 1, 0)).toBe("unfollowed");
    expect(streams.hear(1, 2, 3, 0, 2, 0)).toBe("next");
  });
});

describe("numbers of what is sent", () => {
  it("count by device and topic, and know the first of each segment", () => {
    const sent = new SentStreams();
    const into = { sequence: 0, first: 0 };
    const take = (publisher: number, topic: number, segment: number): [number, number] => {
      expect(sent.take(publisher, topic, segment, into)).toBe(true);
      return [into.sequence, into.first];
    };
    expect([
      take(1, 5, 0),
      take(1, 5, 0),
      take(1, 5, 1),
      take(1, 6, 1),
      take(1, 5, 1),
      take(1, 5, 2),
    ]).toEqual([
      [1, 1],
      [2, 1],
      [3, 3],
      [1, 1],
      [4, 3],
      [5, 5],
    ]);
    sent.giveBack(1, 5);
    expect(take(1, 5, 2)).toEqual([5, 5]);
  });
});
