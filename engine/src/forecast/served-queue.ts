import { ServiceQueue, type ServiceQueueOptions } from "../lab/service-queue.ts";
import type { Network } from "./network.ts";

/** The lab's services send what they have finished so often while requests wait: lab/config-service.ts, lab/auth-service.ts. */
const TICK_MS = 10;

/** The lab's own queue, looked at as its services look at it, on the clock of a forecast. */
export class ServedQueue<Request> {
  readonly #queue: ServiceQueue<Request>;
  readonly #network: Network;
  readonly #done: (request: Request) => void;
  #isTicking = false;

  /** @param done is told of each request when it is served */
  constructor(options: ServiceQueueOptions, network: Network, done: (request: Request) => void) {
    this.#queue = new ServiceQueue(options);
    this.#network = network;
    this.#done = done;
  }

  /** False where the queue is full and the request is dropped. */
  offer(request: Request): boolean {
    if (!this.#queue.offer(request, this.#network.clock.now())) return false;
    if (!this.#isTicking) this.#wait();
    return true;
  }

  #wait(): void {
    this.#isTicking = true;
    this.#network.clock.wakeIdle(TICK_MS, onTick, this, undefined);
  }

  tick(): void {
    for (const request of this.#queue.take(this.#network.clock.now())) this.#done(request);
    this.#isTicking = false;
    if (this.#queue.length > 0) this.#wait();
  }
}

function onTick(queue: { tick(): void }): void {
  queue.tick();
}
