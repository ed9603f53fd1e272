import type { OpeningStep, TransportFailure } from "../../engine/src/transport/transport.ts";
import type { Chance } from "./chance.ts";
import { Violation } from "./violation.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { CALM_WEATHER, type Weather } from "./weather.ts";

/** The device's end of a connection. */
export interface Near<M> {
  onStep(next: OpeningStep, resumed: boolean): void;
  onOpen(resumed: boolean): void;
  hear(message: M): void;
  /** Hears something that the broker never said. `ids` are packet ids that the device used lately. */
  hearGarbled(ids: readonly number[]): void;
  onClosed(failure: TransportFailure | null): void;
}

/** The broker's end of it. */
export interface Far<M> {
  hear(message: M): void;
  gone(): void;
}

/** Who answers where a device knocks. */
export interface Answerer<M> {
  /** Null where it does not let the device in. */
  accept(path: Path<M>): Far<M> | null;
  /** What the device then hears. */
  readonly refusal: TransportFailure;
}

export interface PathWorld {
  readonly time: VirtualTime;
  readonly chance: Chance;
  weather: Weather;
}

const STALL_MS = 4000;

/**
 * One connection over a network that delays, cuts and garbles. What is sent one way arrives in order, as TCP has it; connections
 * know nothing of each other's order.
 */
export class Path<M> {
  readonly #world: PathWorld;
  readonly #near: Near<M>;
  #far: Far<M> | null = null;
  #isOpen = false;
  /** The device has ended it, or was told of its end. */
  isNearOver = false;
  isFarOver = false;
  /** Nothing passes any more, and nobody is told. */
  isSilent = false;
  /** What was on its way is lost. */
  #isUpCut = false;
  #isDownCut = false;
  #lastUpMs = 0;
  #lastDownMs = 0;
  /** The device heard what the broker did not say: from here on they may not agree. */
  isGarbled = false;
  /** The broker reads no more. */
  isClogged = false;
  readonly ids: number[] = [];

  constructor(world: PathWorld, near: Near<M>) {
    this.#world = world;
    this.#near = near;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  // ---- opening ----------------------------------------------------------------------------------------------------

  dial(answerer: Answerer<M>, steps: readonly OpeningStep[]): void {
    const { chance, weather } = this.#world;
    if (chance.is(weather.swallows)) return;
    if (chance.is(weather.refuses)) this.#down(() => this.closed("tcp_refused"));
    else if (chance.is(weather.breaks))
      this.#down(() => this.closed(chance.pick(["tcp_reset", "tcp_unreachable", "tls"] as const)));
    else this.#climb(answerer, steps);
  }

  #climb(answerer: Answerer<M>, [step, ...others]: readonly OpeningStep[]): void {
    this.#down(() => {
      if (this.isNearOver) return;
      if (step !== undefined) {
        this.#near.onStep(step, false);
        if (!this.isNearOver) this.#climb(answerer, others);
        return;
      }
      this.#far = answerer.accept(this);
      if (this.#far === null) {
        this.closed(answerer.refusal);
        return;
      }
      this.#isOpen = true;
      this.#near.onOpen(this.#world.chance.is(0.5));
    });
  }

  // ---- the device's end -------------------------------------------------------------------------------------------

  sendUp(message: M): void {
    if (this.isNearOver) throw new Violation("a packet was sent over a connection that has ended");
    if (!this.#isOpen) throw new Violation("a packet was sent before the connection was open");
    const { chance, weather } = this.#world;
    if (chance.is(weather.clogs)) this.isClogged = true;
    if (this.isFarOver && weather === CALM_WEATHER) this.#answerWithReset();
    this.#up(() => this.#far?.hear(message));
    this.#mayCut();
  }

  /** The network is whole again, and the peer knows nothing of this connection. */
  #answerWithReset(): void {
    this.isSilent = false;
    this.#cutDown("tcp_reset");
  }

  endNear(how: "close" | "reset"): void {
    if (this.isNearOver) throw new Violation(`${how} of a connection that has ended`);
    this.isNearOver = true;
    // RST makes the peer forget what it has not read.
    if (how === "reset" && this.#world.chance.is(0.5)) this.#cutUp();
    else this.#up(() => this.#farGone());
  }

  /** The device is told of the end. */
  closed(failure: TransportFailure | null): void {
    if (this.isNearOver) return;
    this.isNearOver = true;
    this.#near.onClosed(failure);
  }

  // ---- the broker's end -------------------------------------------------------------------------------------------

  sendDown(message: M): void {
    if (this.isFarOver) return;
    this.#down(() => {
      if (this.isNearOver) return;
      const { chance, weather } = this.#world;
      if (!chance.is(weather.garbles)) {
        this.#near.hear(message);
        return;
      }
      this.isGarbled = true;
      this.#near.hearGarbled(this.ids);
    });
    this.#mayCut();
  }

  endFar(how: "close" | "reset"): void {
    if (this.isFarOver) return;
    this.isFarOver = true;
    if (how === "reset" && this.#world.chance.is(0.5)) this.#cutDown("tcp_reset");
    else this.#down(() => this.closed(how === "close" ? null : "tcp_reset"));
  }

  // ---- the network ------------------------------------------------------------------------------------------------

  /** Both ends hear of it, each in its own time. */
  cut(): void {
    this.#cutUp();
    this.#cutDown("tcp_reset");
  }

  /** Neither end hears of it. */
  silence(): void {
    this.isSilent = true;
  }

  /** The broker finds out that nobody is there. */
  lapse(): void {
    this.#farGone();
  }

  #mayCut(): void {
    const { chance, weather } = this.#world;
    if (!chance.is(weather.cuts)) return;
    switch (chance.int(3)) {
      case 0:
        this.endFar("close");
        this.#far?.gone();
        return;
      case 1:
        this.cut();
        return;
      default:
        this.silence();
    }
  }

  #cutUp(): void {
    this.#isUpCut = true;
    const { time, chance } = this.#world;
    time.later(chance.between(1, 100), () => this.#farGone());
  }

  #cutDown(failure: TransportFailure): void {
    this.#isDownCut = true;
    const { time, chance } = this.#world;
    time.later(chance.between(1, 100), () => {
      if (!this.isSilent) this.closed(failure);
    });
  }

  #farGone(): void {
    if (this.isFarOver) return;
    this.isFarOver = true;
    this.#far?.gone();
  }

  #up(arrive: () => void): void {
    this.#lastUpMs = this.#arrival(this.#lastUpMs);
    this.#world.time.at(this.#lastUpMs, onUp, this, arrive);
  }

  arriveUp(arrive: () => void): void {
    if (!this.#isUpCut && !this.isSilent && !this.isFarOver && !this.isClogged) arrive();
  }

  #down(arrive: () => void): void {
    this.#lastDownMs = this.#arrival(this.#lastDownMs);
    this.#world.time.at(this.#lastDownMs, onDown, this, arrive);
  }

  arriveDown(arrive: () => void): void {
    if (!this.#isDownCut && !this.isSilent) arrive();
  }

  #arrival(lastMs: number): number {
    const { time, chance, weather } = this.#world;
    const [least, most] = weather.delayMs;
    const stallMs = chance.is(weather.stalls) ? chance.between(0, STALL_MS) : 0;
    return Math.max(lastMs, time.now() + chance.between(least, most) + stallMs);
  }
}

/** What can be seen of a connection from outside, whatever it carries. */
export type AnyPath = Pick<
  Path<never>,
  "isNearOver" | "isFarOver" | "isOpen" | "isSilent" | "isGarbled" | "isClogged" | "cut" | "lapse" | "closed"
>;

function onUp<M>(path: Path<M>, arrive: () => void): void {
  path.arriveUp(arrive);
}

function onDown<M>(path: Path<M>, arrive: () => void): void {
  path.arriveDown(arrive);
}
