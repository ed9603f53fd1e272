/**
 * Which broker runs when: every broker once in every round, each round beginning with another one. What changes slowly
 * (a warm cache, another process on the machine) then meets all of them alike.
 */
export function interleave<Contestant>(
  contestants: readonly Contestant[],
  rounds: number,
): { round: number; contestant: Contestant }[] {
  return Array.from({ length: rounds }, (_, round) =>
    contestants.map((_, i) => ({
      round: round + 1,
      contestant: contestants[(i + round) % contestants.length] as Contestant,
    })),
  ).flat();
}
