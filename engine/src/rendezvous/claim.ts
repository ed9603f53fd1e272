import { type ClaimEntry, readClaimEntry } from "./entry.ts";
import { ordinalOf } from "./ordinals.ts";
import { MOST_MEMBERS, type OpenPlace, type Place } from "./place.ts";

export interface ClaimOptions {
  open: OpenPlace;
  testRunId: string;
  /** This container's, unlike any other's; it keeps its ordinal by it when it comes back. */
  name: string;
  containers: number;
  timeoutMs: number;
  say(line: string): void;
}

/** How long what is heard must stay the same: a place may tell of containers one by one, and of one too many last. */
const SETTLE_MS = 1000;
/** One too many may be left of a run that is over: a bucket's entry is nobody's after 30 s. */
const STALE_MS = 35_000;

/**
 * Which of the containers this one is, where nobody has said so: all come to the place, and are counted in the order of their
 * names. The entry stays there for as long as `place` does.
 *
 * @throws an Error where they do not all come in time, or too many do
 */
export async function claimOrdinal(options: ClaimOptions): Promise<{ ordinal: number; place: Place }> {
  const { open, testRunId, name, containers: of, timeoutMs, say } = options;
  const claims = new Map<string, ClaimEntry>([[name, { ordinal: null, of }]]);
  let changed = (): void => {};
  const place = open(
    { testRunId, room: "containers", name },
    {
      heard: (sighting) => {
        if (sighting.testRunId !== testRunId || sighting.name === name) return;
        const claim = readClaimEntry(sighting.entry);
        if (sighting.entry === null) claims.delete(sighting.name);
        else if (claim !== null && claims.size < MOST_MEMBERS) claims.set(sighting.name, claim);
        changed();
      },
      told: () => {},
      failed: (problem) => say(`mqtt: WARNING: ${problem}`),
    },
  );
  place.put({ ordinal: null, of } satisfies ClaimEntry);
  try {
    const ordinal = await new Promise<number>((resolve, reject) => {
      const timeout = setTimeout(() => {
        const names = [...claims.keys()].sort().slice(0, MOST_NAMED).join(", ");
        const problem = `of ${of} containers ${claims.size} came within ${timeoutMs / 1000} s: ${names}`;
        settle(() => reject(new Error(problem)));
      }, timeoutMs);
      let settling: NodeJS.Timeout | undefined;
      const settle = (act: () => void): void => {
        clearTimeout(timeout);
        clearTimeout(settling);
        changed = () => {};
        act();
      };
      changed = () => {
        clearTimeout(settling);
        const claimed = ordinalOf(name, of, claims);
        if ("waitsFor" in claimed) return;
        settling = setTimeout(
          () => {
            if ("problem" in claimed) settle(() => reject(new Error(claimed.problem)));
            else settle(() => resolve(claimed.ordinal));
          },
          "problem" in claimed ? STALE_MS : SETTLE_MS,
        );
      };
      changed();
    });
    place.put({ ordinal, of } satisfies ClaimEntry);
    return { ordinal, place };
  } catch (error) {
    await place.end();
    throw error;
  }
}

const MOST_NAMED = 20;
