import type { Chance } from "./chance.ts";

/** What the network does, as chances. */
export interface Weather {
  /** The delay of a packet, from and to. */
  readonly delayMs: readonly [number, number];
  /** A packet takes seconds longer, and what follows it on its connection waits behind it. */
  readonly stalls: number;
  /** Of an opening: nobody listens, nobody answers, it breaks. */
  readonly refuses: number;
  readonly swallows: number;
  readonly breaks: number;
  /** Of every packet: its connection is cut. */
  readonly cuts: number;
  /** Of every packet to a device: something else is heard. */
  readonly garbles: number;
  /** Of every packet from a device: the broker stops to read. */
  readonly clogs: number;
}

export const CALM_WEATHER: Weather = {
  delayMs: [1, 20],
  stalls: 0,
  refuses: 0,
  swallows: 0,
  breaks: 0,
  cuts: 0,
  garbles: 0,
  clogs: 0,
};

export function drawWeather(chance: Chance): Weather {
  const least = chance.pick([0.1, 1, 20]);
  return {
    delayMs: [least, least + chance.pick([0, 5, 100, 800])],
    stalls: chance.trouble(0.3, 0.002, 0.05),
    refuses: chance.trouble(0.4, 0.02, 0.4),
    swallows: chance.trouble(0.4, 0.02, 0.3),
    breaks: chance.trouble(0.3, 0.02, 0.3),
    cuts: chance.trouble(0.5, 0.001, 0.03),
    garbles: chance.trouble(0.2, 0.001, 0.03),
    clogs: chance.trouble(0.1, 0.001, 0.01),
  };
}

/** What brokers do, as chances. */
export interface Conduct {
  /** Of a CONNECT. */
  readonly refuses: number;
  readonly redirects: number;
  readonly ignores: number;
  readonly closes: number;
  /** Its CONNACK comes seconds late. */
  readonly dawdles: number;
  /** Of a session that could be kept: it is gone. */
  readonly forgets: number;
  /** Of a connection: how long it lasts at most, in milliseconds; 0 for no limit. */
  readonly throwsOutWithinMs: number;
  /** Of a request of any kind: it is not answered, is refused, is answered seconds late. */
  readonly withholds: number;
  readonly fails: number;
  readonly delays: number;
  /** Of a request for configuration: its answer comes twice. */
  readonly repeats: number;
  /** Of a connection: it has limits of MQTT 5. */
  readonly limits: number;
  /** Messages to devices that nobody asked for: the mean pause between two, per broker; 0 for none. */
  readonly speaksEveryMs: number;
}

export const CALM_CONDUCT: Conduct = {
  refuses: 0,
  redirects: 0,
  ignores: 0,
  closes: 0,
  dawdles: 0,
  forgets: 0,
  throwsOutWithinMs: 0,
  withholds: 0,
  fails: 0,
  delays: 0,
  repeats: 0,
  limits: 0,
  speaksEveryMs: 0,
};

export function drawConduct(chance: Chance): Conduct {
  return {
    refuses: chance.trouble(0.4, 0.05, 0.7),
    redirects: chance.trouble(0.3, 0.05, 0.4),
    ignores: chance.trouble(0.3, 0.02, 0.2),
    closes: chance.trouble(0.3, 0.02, 0.3),
    dawdles: chance.trouble(0.3, 0.02, 0.2),
    forgets: chance.trouble(0.5, 0.1, 1),
    throwsOutWithinMs: chance.is(0.4) ? chance.between(100, 30_000) : 0,
    withholds: chance.trouble(0.4, 0.01, 0.2),
    fails: chance.trouble(0.3, 0.01, 0.2),
    delays: chance.trouble(0.4, 0.02, 0.4),
    repeats: chance.trouble(0.4, 0.05, 0.4),
    limits: chance.trouble(0.5, 0.2, 1),
    speaksEveryMs: chance.is(0.5) ? chance.between(50, 2000) : 0,
  };
}
