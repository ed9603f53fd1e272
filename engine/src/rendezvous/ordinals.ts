import type { ClaimEntry } from "./entry.ts";

/**
 * Which ordinal a container has that was given none. All containers see the same names once all have come, and count them in the
 * order of their names; whoever has an ordinal keeps it, so that one who comes back finds his own free.
 */

export type Claimed = { ordinal: number } | { waitsFor: number } | { problem: string };

/** @param claims of all containers that are known, by name, this one's among them */
export function ordinalOf(name: string, of: number, claims: ReadonlyMap<string, ClaimEntry>): Claimed {
  const other = [...claims].find(([, claim]) => claim.of !== of);
  if (other !== undefined)
    return { problem: `container ${other[0]} says that there are ${other[1].of} containers, this one ${of}` };
  if (claims.size < of) return { waitsFor: of - claims.size };
  if (claims.size > of)
    return {
      problem: `${claims.size} containers have come, and there are to be ${of} (MQTT_FLEET_CONTAINERS)`,
    };
  const names = [...claims.keys()].sort();
  const taken = new Map<number, string>();
  for (const one of names) {
    const ordinal = claims.get(one)?.ordinal ?? null;
    if (ordinal !== null && ordinal < of && !taken.has(ordinal)) taken.set(ordinal, one);
  }
  const held = [...taken].find(([, holder]) => holder === name);
  if (held !== undefined) return { ordinal: held[0] };
  const holders = new Set(taken.values());
  const free = Array.from({ length: of }, (_, ordinal) => ordinal).filter((one) => !taken.has(one));
  const place = names.filter((one) => !holders.has(one)).indexOf(name);
  const ordinal = free[place];
  return ordinal === undefined
    ? { problem: `container ${name} is not among those that have come` }
    : { ordinal };
}
