import type { VirtualClock } from "./clock.ts";
import type { Lane } from "./lane.ts";

/** A SYN is sent again after 1 s, and then after twice as long each time. https://docs.kernel.org/networking/ip-sysctl.html (tcp_syn_retries) */
const FIRST_RETRY_MS = 1000;

/** Everything that goes over one latency: one lane each way, for what is sent later never arrives earlier. */
export class Network {
  readonly clock: VirtualClock;
  readonly latencyMs: number;
  readonly #lane: Lane;
  readonly #slowLane: Lane;
  readonly #slowMs: number;
  /** Lanes of what comes after a second, two, four …: all of one wait go by in order. */
  readonly #retries: Lane[] = [];

  /** @param brokerLatencyMs what every broker adds to its answers */
  constructor(clock: VirtualClock, latencyMs: number, brokerLatencyMs: number) {
    this.clock = clock;
    this.latencyMs = latencyMs;
    this.#lane = clock.lane();
    this.#slowMs = latencyMs + brokerLatencyMs;
    this.#slowLane = brokerLatencyMs === 0 ? this.#lane : clock.lane();
  }

  /** One way, with nobody's doing beside it: to a broker or a back end, and what the kernel of one answers by itself. */
  up<T, A>(happen: (target: T, argument: A) => void, target: T, argument: A): void {
    this.clock.push(this.#lane, this.latencyMs, happen, target, argument);
  }

  /** Again, after 2 ** `doublings` seconds. */
  retry<T, A>(doublings: number, happen: (target: T, argument: A) => void, target: T, argument: A): void {
    let lane = this.#retries[doublings];
    if (lane === undefined) {
      lane = this.clock.lane();
      this.#retries[doublings] = lane;
    }
    this.clock.push(lane, FIRST_RETRY_MS * 2 ** doublings, happen, target, argument);
  }

  /** What a broker says. */
  down<T, A>(happen: (target: T, argument: A) => void, target: T, argument: A): void {
    this.clock.push(this.#slowLane, this.#slowMs, happen, target, argument);
  }
}
