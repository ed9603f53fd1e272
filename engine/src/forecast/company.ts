import type { Device } from "../device/device.ts";
import type { Port, Time } from "../device/port.ts";
import { Fleet } from "../fleet/fleet.ts";
import type { Company } from "../fleet/fleet-run.ts";
import type { Host } from "../fleet/host.ts";
import type { Loads } from "../region/load.ts";
import type { Walk } from "../storm/cut-storms.ts";

/**
 * Workers of one virtual clock. Each has its own devices, storms and record; what all devices do at one instant they do in the order
 * of their arrival, whichever worker has them, so that the sum of all records is that of a single worker.
 *
 * @param workers how many there are
 */
export function companyOf(workers: number, time: Time, hasPlanEnd: boolean): Company {
  const fleet = new Fleet({ hasPlanEnd, time });
  const walks = new JointWalk(workers, fleet);
  return {
    fleet,
    stormTime: new JointTime(workers, time),
    walk: (host, visit, over) => walks.join(host, visit, over),
  };
}

/** Timers of which each worker sets one, all of them at one instant: they are one timer, set when the last has asked for it. */
class JointTime implements Time {
  readonly #workers: number;
  readonly #time: Time;
  #group: Group | null = null;

  constructor(workers: number, time: Time) {
    this.#workers = workers;
    this.#time = time;
  }

  now(): number {
    return this.#time.now();
  }

  wake<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): Group {
    this.#group ??= { calls: [], timer: null };
    const group = this.#group;
    group.calls.push(() => callback(target, argument));
    if (group.calls.length === this.#workers) {
      this.#group = null;
      group.timer = this.#time.wake(delayMs, callAll, group, undefined);
    }
    return group;
  }

  wakeIdle<T, A>(delayMs: number, callback: (target: T, argument: A) => void, target: T, argument: A): Group {
    return this.wake(delayMs, callback, target, argument);
  }

  /** For all of them: storms are stopped in every worker, or in none. */
  cancel(group: object): void {
    const { timer } = group as Group;
    if (timer !== null) this.#time.cancel(timer);
    if (group === this.#group) this.#group = null;
  }
}

interface Group {
  calls: (() => void)[];
  timer: object | null;
}

function callAll({ calls }: Group): void {
  for (const call of calls) call();
}

/** Passes that workers begin at one instant are one pass over all devices: it begins when the last of them has come. */
class JointWalk {
  readonly #workers: number;
  readonly #fleet: Fleet;
  #passes = new Map<Port, Parameters<Walk>>();

  constructor(workers: number, fleet: Fleet) {
    this.#workers = workers;
    this.#fleet = fleet;
  }

  join(host: Host, ...pass: Parameters<Walk>): void {
    this.#passes.set(host, pass);
    if (this.#passes.size < this.#workers) return;
    const passes = this.#passes;
    this.#passes = new Map();
    const visits = new Map([...passes].map(([port, [visit]]) => [port, visit]));
    for (const device of this.#fleet.members) visitOf(visits, device)(device);
    for (const [, over] of passes.values()) over();
  }
}

function visitOf(visits: ReadonlyMap<Port, Parameters<Walk>[0]>, device: Device): Parameters<Walk>[0] {
  return visits.get(device.env.port) as Parameters<Walk>[0];
}

/**
 * The loads of regions are means over seconds, and the best of them: those of parts of the fleet do not add up to those of the whole.
 * One worker has them for all; each other one has these, which go there and are nothing of its own.
 */
export function loadsElsewhere(names: readonly string[], whole: Loads): Loads {
  const none = { sustainedConnects: 0, sustainedAnswers: 0, offeredConnects: 0, offeredRequests: 0 };
  return {
    count: (region, event) => whole.count(region, event),
    tick: () => {},
    sustained: () => names.map(() => none),
    since: () => Object.fromEntries(names.map((name) => [name, none])),
  };
}
