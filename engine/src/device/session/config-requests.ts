import type { IPublishPacket } from "mqtt-packet";
import type { Device } from "../device.ts";
import { EVENTS } from "../events.ts";
import { LOST, type Waiter } from "../turns.ts";
import type { Exchange } from "./exchange.ts";
import { publish } from "./publications.ts";
import { type RequestCall, type RequestOutcome, Requests } from "./requests.ts";
import type { PublishCall } from "./session.ts";
import { subscribe } from "./subscriptions.ts";

/** Requests for configuration over MQTT, and what is heard of them. */

/** Subscribes to the response topics where needed, asks, and settles the call exactly once. */
export function request(exchange: Exchange, call: RequestCall): void {
  const pending = new ConfigRequest(exchange, call);
  const { session } = exchange;
  const missing =
    session.filters === null ? call.listen : call.listen.filter((filter) => !session.hasFilter(filter));
  if (missing.length === 0) pending.send();
  else subscribe(exchange, missing, call.qos, exchange.device.state === "bootstrapping", pending);
}

/** One request: waits for its subscription, then for its answer; at last it tells whoever asked. */
export class ConfigRequest implements Waiter {
  readonly call: RequestCall;
  /** NaN until it was sent: a double from the start. */
  sentAtMs = Number.NaN;
  readonly #exchange: Exchange;
  #timer: object | null = null;
  #outcome: RequestOutcome | null = null;
  #answer: string | null = null;

  constructor(exchange: Exchange, call: RequestCall) {
    this.#exchange = exchange;
    this.call = call;
  }

  /** Told once of the subscription, where there was one, and once of the end. */
  settled(failure: string | null): void {
    if (this.#outcome !== null) {
      this.call.asker.answered(this.#outcome, this.#answer);
      return;
    }
    const { turns } = this.#exchange.device.env.port;
    turns.begin();
    try {
      if (failure === null) this.send();
      else this.end(failure === LOST ? "lost" : "rejected", null);
    } finally {
      turns.end();
    }
  }

  send(): void {
    const exchange = this.#exchange;
    const { call } = this;
    const { device } = exchange;
    const { port } = device.env;
    if (!device.isOnline) {
      this.end("lost", null);
      return;
    }
    this.sentAtMs = port.now();
    this.#timer = port.wake(call.timeoutMs, onTimeout, this, undefined);
    exchange.requests ??= new Requests();
    exchange.requests.add(this);
    tellRequest(device);
    const publication: PublishCall = {
      topic: call.topic,
      payload: call.payload,
      qos: call.qos,
      retain: false,
    };
    if (call.correlation === "properties") {
      publication.properties = {
        responseTopic: call.responseTopic,
        correlationData: Buffer.from(call.requestId),
      };
    }
    publish(exchange, publication, exchange);
  }

  timedOut(): void {
    const { device, requests } = this.#exchange;
    const { turns } = device.env.port;
    this.#timer = null;
    turns.begin();
    try {
      requests?.abandon(this);
      device.tell(EVENTS.configTimeout, device.part.storm);
      this.end("timeout", null);
    } finally {
      turns.end();
    }
  }

  end(outcome: RequestOutcome, answer: string | null): void {
    const { port } = this.#exchange.device.env;
    if (this.#timer !== null) port.cancel(this.#timer);
    this.#timer = null;
    this.#outcome = outcome;
    this.#answer = answer;
    port.turns.settle(this, null);
  }
}

function onTimeout(request: ConfigRequest): void {
  request.timedOut();
}

/** A message has come: it may be the answer to a request. True where a request takes it, so that it is nobody else's. */
export function onAnswer({ device, requests }: Exchange, topic: string, packet: IPublishPacket): boolean {
  device.tell(EVENTS.publishReceived);
  if (requests === null) return false;
  const nowMs = device.env.port.now();
  const answer = requests.receive(
    { topic, correlationData: packet.properties?.correlationData, payload: packet.payload },
    nowMs,
  );
  switch (answer.kind) {
    case "message":
      return false;
    case "late":
      device.tell(EVENTS.lateResponse, device.part.storm);
      // On a topic that answers come on, something else may come too.
      return false;
    case "earlier":
      device.tell(EVENTS.lateResponse, device.part.storm);
      answer.request.end("answer", packet.payload.toString());
      return true;
    case "rejected":
      device.tell(EVENTS.configRejected);
      answer.request.end("rejected", null);
      return true;
    case "answer":
      device.tell(EVENTS.configResponse, device.part.storm, nowMs - answer.request.sentAtMs);
      answer.request.end("answer", packet.payload.toString());
      return true;
  }
}

/** A device asks for its configuration, whomever. */
export function tellRequest(device: Device): void {
  const { state } = device;
  const { storm, standing } = device.part;
  device.tell(EVENTS.configRequest, storm);
  // What a device asks that does not know that its connection is gone goes nowhere.
  if (state === "ready" || standing.storm === 0) return;
  device.tell(EVENTS.stormRequest, standing.storm);
}
