import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isMarkable,
  MARK_KEY,
  type Mark,
  markPayload,
  markTextOf,
  readMark,
  stormOf,
  writeMark,
} from "../../../../engine/src/device/messages/mark.ts";

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const marks: fc.Arbitrary<Mark> = fc.record({
  publisher: word,
  sequence: fc.integer({ min: 1, max: 0xffff_ffff }),
  first: word,
  segment: word,
  sentAtMs: fc.oneof(
    fc.integer({ min: 0, max: 4e15 }).map((us) => us / 1000),
    fc.constant(Number.NaN),
  ),
});

function blank(): Mark {
  return { publisher: 0, sequence: 0, first: 0, segment: 0, sentAtMs: 0 };
}

describe("a mark", () => {
  it("is read as it was written, to the microsecond", () => {
    fc.assert(
      fc.property(marks, (mark) => {
        const read = blank();
        expect(readMark("5eed0001", writeMark("5eed0001", mark), read)).toBe(true);
        expect({ ...read, sentAtMs: 0 }).toEqual({ ...mark, sentAtMs: 0 });
        expect(Math.round(read.sentAtMs * 1000)).toBe(Math.round(mark.sentAtMs * 1000));
      }),
    );
  });

  it("of another run, or anything else, is none", () => {
    const read = blank();
    expect(readMark("5eed0001", "5eed0002,1,1,1,0,5", read)).toBe(false);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const isOne = /^5eed0001,\d{1,10},\d{1,10},\d{1,10},\d{1,10},\d{0,17}$/.test(text);
        if (!isOne) expect(readMark("5eed0001", text, read)).toBe(false);
      }),
    );
    for (const text of [
      "5eed0001",
      "5eed0001,",
      "5eed0001,1,0,1,0,5",
      "5eed0001,1,2,3,4",
      "5eed0001,1,2,3,4,5,6",
    ])
      expect(readMark("5eed0001", text, read), text).toBe(false);
  });

  it("stands in a payload beside all that was in it, and is found there", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom(undefined, 2),
        (object, indent) => {
          fc.pre(!(MARK_KEY in object) && !("__proto__" in object));
          const payload = JSON.stringify(object, null, indent);
          expect(isMarkable(payload)).toBe(true);
          const marked = markPayload(payload, "5eed0001,1,2,3,0,4");
          expect(JSON.parse(marked)).toEqual({
            ...(JSON.parse(payload) as object),
            [MARK_KEY]: "5eed0001,1,2,3,0,4",
          });
          const packet = { cmd: "publish", topic: "t", qos: 0, dup: false, retain: false } as const;
          expect(markTextOf({ ...packet, payload: Buffer.from(marked) }, "payload")).toBe(
            "5eed0001,1,2,3,0,4",
          );
          expect(markTextOf({ ...packet, payload: Buffer.from(payload) }, "payload")).toBeNull();
        },
      ),
    );
  });

  it("cannot stand in what is no JSON object", () => {
    for (const payload of ["", "21.5", "[1]", '"text"', Buffer.from("{}")])
      expect(isMarkable(payload)).toBe(false);
  });

  it("says by its segment in which storm's window it was sent", () => {
    expect([0, 1, 2, 3, 4].map(stormOf)).toEqual([0, 1, 0, 2, 0]);
  });
});
