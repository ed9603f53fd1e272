import type { Device } from "./device.ts";
import { EVENTS } from "./events.ts";
import type { PublishCall } from "./session/session.ts";
import { LOST, type Waiter } from "./turns.ts";

/** What a device publishes by itself, again and again: one per entry of a script's `telemetry`, shared by all devices of a cohort. */
export interface TelemetryPlan {
  everyMs: number;
  /** Each interval is longer or shorter by up to so much. */
  jitterMs: number;
  /** So many publications are kept while the device cannot send them, and until they are acknowledged; 0 where they are dropped. */
  queue: number;
  /** One publication, or the name of what is wrong with it. */
  publication(device: Device): PublishCall | string;
}

/** The draws of a device that these take are its own, but none of those that its back-off goes by: times stay what they are without telemetry. */
const FIRST_DRAW = 0x8000_0000;
const DRAWS_PER_ENTRY = 0x0100_0000;

/** Publications of one entry that wait for an acknowledgement, where nothing is queued. */
const MOST_UNACKNOWLEDGED = 100;

/**
 * Publications of one device in the background, from the first time that it is ready to its end. Each has a phase of its own,
 * uniform(0, every): a fleet that comes back together does not speak together. The firmware's loop goes on while the device is not
 * ready; what it would have said is dropped or queued, as the plan says. While the script has it disconnected the device says nothing.
 */
export class Telemetry {
  readonly #device: Device;
  readonly #plan: TelemetryPlan;
  readonly #firstDraw: number;
  #draws = 0;
  #dueMs: number;
  #timer: object | null = null;
  /** Oldest first: what waits to be sent, and what was sent and not acknowledged. */
  #outbox: Outgoing[] | null = null;

  /** @param place of the plan among the device's */
  constructor(device: Device, plan: TelemetryPlan, place: number) {
    this.#device = device;
    this.#plan = plan;
    this.#firstDraw = FIRST_DRAW + place * DRAWS_PER_ENTRY;
    this.#dueMs = device.env.port.now() + this.#random() * plan.everyMs;
    this.#arm();
  }

  #random(): number {
    return this.#device.env.port.random(this.#device.number, this.#firstDraw + this.#draws++);
  }

  #arm(): void {
    const { port } = this.#device.env;
    this.#timer = port.wakeIdle(Math.max(0, this.#dueMs - port.now()), onDue, this, undefined);
  }

  due(): void {
    const device = this.#device;
    const { everyMs, jitterMs } = this.#plan;
    // From when it was due, so that late timers do not stretch the interval; what a stopped process missed is not made up for.
    const nextMs = this.#dueMs + Math.max(1, everyMs + (2 * this.#random() - 1) * jitterMs);
    this.#dueMs = Math.max(nextMs, device.env.port.now());
    this.#arm();
    if (!device.wantsToBeOnline) return;
    const { turns } = device.env.port;
    turns.begin();
    try {
      this.#publish();
    } finally {
      turns.end();
    }
  }

  #publish(): void {
    const device = this.#device;
    const isReady = device.state === "ready";
    if (!isReady && this.#plan.queue === 0) {
      device.tell(EVENTS.telemetryDropped);
      return;
    }
    const call = this.#plan.publication(device);
    if (typeof call === "string") {
      device.tell(EVENTS.error, 0, 0, call);
      return;
    }
    if (!this.#makeRoom()) return;
    const outgoing = new Outgoing(this, call);
    this.#outbox ??= [];
    this.#outbox.push(outgoing);
    if (isReady) this.#send(outgoing);
  }

  /** What is kept is bounded: the oldest that was not sent makes way, or where all were, the new one. */
  #makeRoom(): boolean {
    const outbox = this.#outbox;
    if (outbox === null || outbox.length < (this.#plan.queue || MOST_UNACKNOWLEDGED)) return true;
    this.#device.tell(EVENTS.telemetryDropped);
    const oldest = outbox.findIndex(({ isSent }) => !isSent);
    if (oldest < 0) return false;
    outbox.splice(oldest, 1);
    return true;
  }

  #send(outgoing: Outgoing): void {
    outgoing.isSent = true;
    this.#device.exchange.publishNow(outgoing.call, outgoing);
  }

  /** Within a turn: the device is ready again, and sends what waits. */
  ready(): void {
    for (const outgoing of this.#outbox ?? []) if (!outgoing.isSent) this.#send(outgoing);
  }

  settled(outgoing: Outgoing, failure: string | null): void {
    if (failure === LOST && this.#plan.queue > 0) {
      outgoing.isSent = false;
      return;
    }
    if (failure !== null && failure !== LOST) this.#device.tell(EVENTS.error, 0, 0, failure);
    const outbox = this.#outbox as Outgoing[];
    if (outbox.length === 1) this.#outbox = null;
    else outbox.splice(outbox.indexOf(outgoing), 1);
  }

  /** The device is over. */
  end(): void {
    if (this.#timer !== null) this.#device.env.port.cancel(this.#timer);
    this.#timer = null;
  }
}

/** One publication until it is acknowledged. */
class Outgoing implements Waiter {
  readonly call: PublishCall;
  isSent = false;
  readonly #telemetry: Telemetry;

  constructor(telemetry: Telemetry, call: PublishCall) {
    this.#telemetry = telemetry;
    this.call = call;
  }

  settled(failure: string | null): void {
    this.#telemetry.settled(this, failure);
  }
}

function onDue(telemetry: Telemetry): void {
  telemetry.due();
}
