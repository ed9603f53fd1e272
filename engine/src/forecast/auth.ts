import type { IConnectPacket } from "mqtt-packet";
import type { AuthOptions } from "../lab/lab.ts";
import { queueOptions } from "../lab/service-queue.ts";
import type { Network } from "./network.ts";
import type { BrokerLink } from "./peers.ts";
import { ServedQueue } from "./served-queue.ts";

/** A broker that has asked whether a client may connect. */
export interface AuthAsker {
  allow(link: BrokerLink, packet: IConnectPacket): void;
  refuse(link: BrokerLink): void;
}

/** Who waits for an answer: a broker with a CONNECT, or a script's `beforeConnect`. */
type Request =
  | { kind: "connect"; broker: AuthAsker; link: BrokerLink; packet: IConnectPacket }
  | { kind: "call"; done: (error?: Error) => void };

/** The back end that a broker asks for every CONNECT, with a bounded capacity: the lab's own queue. It is as near to the broker as devices are. */
export class AuthBackEnd {
  readonly #latencyMs: number;
  readonly #network: Network;
  readonly #queue: ServedQueue<Request>;

  constructor(options: AuthOptions, network: Network) {
    this.#latencyMs = options.latencyMs;
    this.#network = network;
    this.#queue = new ServedQueue(queueOptions(options), network, (request) => this.#served(request));
  }

  ask(request: Request): void {
    this.#network.up(heard, this, request);
  }

  hear(request: Request): void {
    if (!this.#queue.offer(request)) this.#network.up(refused, request, undefined);
  }

  #served(request: Request): void {
    if (this.#latencyMs === 0) this.answer(request);
    else this.#network.clock.wakeIdle(this.#latencyMs, onLate, this, request);
  }

  answer(request: Request): void {
    this.#network.up(allowed, request, undefined);
  }
}

function heard(auth: AuthBackEnd, request: Request): void {
  auth.hear(request);
}

function onLate(auth: AuthBackEnd, request: Request): void {
  auth.answer(request);
}

function allowed(request: Request): void {
  if (request.kind === "call") request.done();
  else request.broker.allow(request.link, request.packet);
}

function refused(request: Request): void {
  if (request.kind === "call") request.done(new Error("the auth service is full"));
  else request.broker.refuse(request.link);
}
