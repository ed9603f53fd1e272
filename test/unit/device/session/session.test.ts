import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Inflight, Session } from "../../../../engine/src/device/session/session.ts";
import { NOBODY } from "../../../../engine/src/device/turns.ts";

function entry(messageId: number, kind: Inflight["kind"] = "publish"): Inflight {
  return {
    kind,
    messageId,
    sentAtMs: 0,
    timer: null,
    packet: null,
    released: false,
    sent: true,
    filters: null,
    tracked: false,
    segment: -1,
    isBacklog: false,
    waiter: NOBODY,
  };
}

describe("packet ids", () => {
  it("count from 1 to 65,535 and start again at 1", () => {
    const session = new Session();
    const ids = Array.from({ length: 65_536 }, () => session.allocateId());
    expect(ids[0]).toBe(1);
    expect(ids[65_534]).toBe(65_535);
    expect(ids[65_535]).toBe(1);
    expect(new Set(ids).size).toBe(65_535);
  });

  it("skip what is in use, and are null when all 65,535 are", () => {
    const session = new Session();
    for (let i = 0; i < 65_535; i++) session.add(entry(session.allocateId() as number));
    expect(session.allocateId()).toBeNull();
    session.take(4711);
    expect(session.allocateId()).toBe(4711);
  });

  it("are unique among those in flight and in range, whatever is taken and added", () => {
    const step = fc.oneof(
      { weight: 2, arbitrary: fc.constant("allocate" as const) },
      { weight: 1, arbitrary: fc.record({ takeAt: fc.nat(50) }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), fc.array(step, { maxLength: 60 }), (skip, steps) => {
        const session = new Session();
        for (let i = 0; i < skip; i++) session.allocateId();
        const used: number[] = [];
        for (const one of steps) {
          if (one === "allocate") {
            const id = session.allocateId() as number;
            expect(used).not.toContain(id);
            expect(id).toBeGreaterThanOrEqual(1);
            expect(id).toBeLessThanOrEqual(65_535);
            session.add(entry(id));
            used.push(id);
          } else if (used.length > 0) {
            const [id] = used.splice(one.takeAt % used.length, 1);
            expect(session.take(id as number)?.messageId).toBe(id);
          }
        }
        expect(session.inflight?.size ?? 0).toBe(used.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe("what is in flight", () => {
  it("is taken once", () => {
    const session = new Session();
    const only = entry(3);
    session.add(only);
    expect(session.take(3)).toBe(only);
    expect(session.take(3)).toBeNull();
    expect(session.inflight).toBeNull();
  });

  it("splits into what a kept session resumes and what ends with the connection", () => {
    const session = new Session();
    session.add(entry(1, "subscribe"));
    session.add(entry(2));
    session.add(entry(3, "unsubscribe"));
    expect(session.takeUnresumable().map(({ messageId }) => messageId)).toEqual([1, 3]);
    expect([...(session.inflight?.keys() ?? [])]).toEqual([2]);
  });

  it("is handed out by clear, which forgets everything else as well", () => {
    const session = new Session();
    session.add(entry(1));
    session.add(entry(2, "subscribe"));
    session.receive(9);
    session.addFilters(["a"]);
    expect(session.clear().map(({ messageId }) => messageId)).toEqual([1, 2]);
    expect(session.clear()).toEqual([]);
    expect([session.inflight, session.received, session.filters]).toEqual([null, null, null]);
  });
});

describe("QoS 2 messages received", () => {
  it("are new once until they are released", () => {
    const session = new Session();
    expect([session.receive(5), session.receive(5), session.receive(6)]).toEqual([true, false, true]);
    session.release(5);
    expect([session.receive(5), session.receive(6)]).toEqual([true, false]);
  });

  it("keep no collection when none is left", () => {
    const session = new Session();
    session.receive(5);
    session.release(5);
    expect(session.received).toBeNull();
  });
});

describe("filters", () => {
  it("are kept once each and in order", () => {
    const session = new Session();
    session.addFilters(["b", "a", "b"]);
    session.addFilters(["a", "c"]);
    expect(session.filters).toEqual(["b", "a", "c"]);
    session.removeFilters(["a", "never"]);
    expect(session.filters).toEqual(["b", "c"]);
    expect([session.hasFilter("b"), session.hasFilter("a")]).toEqual([true, false]);
  });
});
