import type { RegionLoad } from "../contract.ts";

/** Seconds over which the mean is what a region sustains: its best second may have been a queue that filled. */
const SUSTAINED_S = 5;
/** Samples are about a second apart. */
const SUSTAINED_REACH_MS = (SUSTAINED_S + 0.5) * 1000;

/** What was counted for one region so far. */
interface Counts {
  accepted: number;
  answered: number;
  /** Devices that are out did these: attempts that were load, config requests. */
  stormConnects: number;
  stormRequests: number;
}

interface Sample {
  atMs: number;
  regions: readonly Counts[];
}

/** What is asked of the loads of regions. */
export type Loads = Pick<RegionLoads, "count" | "tick" | "sustained" | "since">;

/**
 * The load on each region, second by second. A region that survives has to bear what the others let go: whether it is
 * overloaded shows in its own counts, and not in those of all regions together.
 */
export class RegionLoads {
  readonly #names: readonly string[];
  readonly #counts: Counts[];
  /** The best means so far, per second. */
  readonly #best: { accepted: number; answered: number }[];
  /** These are of the whole window while a storm's is open, and else what the next mean is made of. */
  #samples: Sample[] = [];
  #isWindowOpen = false;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#counts = names.map(() => ({ accepted: 0, answered: 0, stormConnects: 0, stormRequests: 0 }));
    this.#best = names.map(() => ({ accepted: 0, answered: 0 }));
  }

  count(region: number, event: keyof Counts): void {
    (this.#counts[region] as Counts)[event]++;
  }

  /** Called about once a second. */
  tick(nowMs: number): void {
    const sample = { atMs: nowMs, regions: this.#counts.map((counts) => ({ ...counts })) };
    this.#samples.push(sample);
    const first = this.#samples.findLastIndex(({ atMs }) => atMs < nowMs - SUSTAINED_REACH_MS) + 1;
    const from = this.#samples[first] ?? sample;
    if (!this.#isWindowOpen) this.#samples.splice(0, first);
    const seconds = (nowMs - from.atMs) / 1000;
    if (seconds < SUSTAINED_S - 0.5) return;
    this.#best.forEach((best, region) => {
      const [now, then] = [sample.regions[region] as Counts, from.regions[region] as Counts];
      best.accepted = Math.max(best.accepted, (now.accepted - then.accepted) / seconds);
      best.answered = Math.max(best.answered, (now.answered - then.answered) / seconds);
    });
  }

  /** What each region is known to sustain by now: a storm's window opens. */
  sustained(): Pick<RegionLoad, "sustainedConnects" | "sustainedAnswers">[] {
    this.#isWindowOpen = true;
    return this.#best.map(({ accepted, answered }) => ({
      sustainedConnects: accepted,
      sustainedAnswers: answered,
    }));
  }

  /** The window is over. Adds what was offered since `fromMs` in it, per second, counted from the tick that was nearest. */
  since(
    fromMs: number,
    nowMs: number,
    sustained: readonly Pick<RegionLoad, "sustainedConnects" | "sustainedAnswers">[],
  ): Record<string, RegionLoad> {
    this.#isWindowOpen = false;
    const nearest = this.#samples.reduce<Sample | null>(
      (best, sample) =>
        best === null || Math.abs(sample.atMs - fromMs) < Math.abs(best.atMs - fromMs) ? sample : best,
      null,
    );
    const seconds = nearest === null ? 0 : (nowMs - nearest.atMs) / 1000;
    const perS = (now: number, then: number): number => (seconds > 0 ? (now - then) / seconds : 0);
    return Object.fromEntries(
      this.#names.map((name, region) => {
        const now = this.#counts[region] as Counts;
        const then = nearest?.regions[region] ?? now;
        const known = sustained[region] ?? { sustainedConnects: 0, sustainedAnswers: 0 };
        const offered = {
          offeredConnects: perS(now.stormConnects, then.stormConnects),
          offeredRequests: perS(now.stormRequests, then.stormRequests),
        };
        return [name, { ...known, ...offered }];
      }),
    );
  }
}
