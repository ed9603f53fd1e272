import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ordinalOf } from "../../../engine/src/rendezvous/ordinals.ts";

const claims = (entries: Record<string, number | null>, of = 3) =>
  new Map(Object.entries(entries).map(([name, ordinal]) => [name, { ordinal, of }]));

describe("the ordinals of containers that were given none", () => {
  it("are those of their names, whatever the order in which they are heard", () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(names, (all) => {
        const heard = new Map(all.map((name) => [name, { ordinal: null, of: all.length }]));
        const ordinals = [...all].sort().map((name) => ordinalOf(name, all.length, heard));
        expect(ordinals).toEqual(all.map((_, ordinal) => ({ ordinal })));
      }),
    );
  });

  it("are waited for until all have come", () => {
    expect(ordinalOf("a", 3, claims({ a: null }))).toEqual({ waitsFor: 2 });
    expect(ordinalOf("a", 3, claims({ a: null, c: null }))).toEqual({ waitsFor: 1 });
  });

  it("stay: who comes back, or in the place of one that is gone, gets the one that is free", () => {
    expect(ordinalOf("b", 3, claims({ a: 0, b: null, c: 2 }))).toEqual({ ordinal: 1 });
    expect(ordinalOf("0", 3, claims({ a: 0, b: 1, "0": null }))).toEqual({ ordinal: 2 });
    expect(ordinalOf("z", 3, claims({ a: null, b: 1, z: null }))).toEqual({ ordinal: 2 });
    expect(ordinalOf("b", 3, claims({ a: null, b: 1, z: null }))).toEqual({ ordinal: 1 });
  });

  it("are none where too many have come, or they do not agree how many there are", () => {
    expect(ordinalOf("a", 2, claims({ a: null, b: null, c: null }, 2))).toEqual({
      problem: "3 containers have come, and there are to be 2 (MQTT_FLEET_CONTAINERS)",
    });
    expect(ordinalOf("a", 2, claims({ a: null, b: null }, 3))).toEqual({
      problem: "container a says that there are 3 containers, this one 2",
    });
  });

  it("of others that cannot be are not believed", () => {
    expect(ordinalOf("b", 2, claims({ a: 7, b: null }, 2))).toEqual({ ordinal: 1 });
    // Two that say the same: the first of their names keeps it.
    expect(ordinalOf("b", 2, claims({ a: 1, b: 1 }, 2))).toEqual({ ordinal: 0 });
  });
});
