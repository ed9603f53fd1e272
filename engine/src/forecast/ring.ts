/** A full ring, rolled out into one of twice as many places: what was at `head` is first. */
export function grownRing<T>(ring: readonly (T | null)[], head: number): (T | null)[] {
  return ring.slice(head).concat(ring.slice(0, head), new Array(ring.length).fill(null));
}
