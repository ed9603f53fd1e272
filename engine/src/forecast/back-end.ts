import type { IPublishPacket } from "mqtt-packet";
import type { ConfigServiceOptions } from "../lab/lab.ts";
import { queueOptions } from "../lab/service-queue.ts";
import { captureTopic, compilePattern } from "../lab/topic-pattern.ts";
import type { HttpOutcome } from "../transport/http-client.ts";
import type { Network } from "./network.ts";
import type { BrokerEnd, Client, ServiceAnswer } from "./peers.ts";
import { ServedQueue } from "./served-queue.ts";

/** A request over MQTT, on its way. */
interface Passed {
  broker: BrokerEnd;
  client: Client;
  packet: IPublishPacket;
}

/** Who waits for an HTTP answer. */
export interface HttpCaller {
  answered(outcome: HttpOutcome): void;
}

/** A request over MQTT. Its answer is made when it is its turn: most requests before a queue that is full never come to it. */
interface MqttRequest extends Passed {
  kind: "mqtt";
}

type Request = MqttRequest | { kind: "http"; caller: HttpCaller; body: string };

/** The back end that answers config requests, over MQTT and HTTP, with one bounded capacity: the lab's own queue. */
export class BackEnd {
  readonly #options: ConfigServiceOptions;
  readonly #network: Network;
  readonly #queue: ServedQueue<Request>;
  readonly #topicOf: (captures: readonly string[]) => string;
  readonly #payloadOf: (captures: readonly string[]) => string;

  constructor(options: ConfigServiceOptions, network: Network) {
    this.#options = options;
    this.#network = network;
    this.#topicOf = compilePattern(options.responseTopic);
    this.#payloadOf = compilePattern(options.payload);
    this.#queue = new ServedQueue(queueOptions(options), network, (request) => this.#served(request));
  }

  /** A broker passes on what was published. */
  pass(broker: BrokerEnd, client: Client, packet: IPublishPacket): void {
    this.#network.up(heard, this, { broker, client, packet });
  }

  hear({ broker, client, packet }: Passed): void {
    const captures = captureTopic(this.#options.requestTopic, packet.topic);
    if (captures !== null) this.#queue.offer({ kind: "mqtt", broker, client, packet });
  }

  #answerTo({ client, packet }: MqttRequest): ServiceAnswer {
    const captures = captureTopic(this.#options.requestTopic, packet.topic) ?? [];
    const { responseTopic, correlationData } = packet.properties ?? {};
    const answer: IPublishPacket = {
      cmd: "publish",
      topic: responseTopic ?? this.#topicOf(captures),
      payload: this.#payloadOf(captures),
      qos: 0,
      dup: false,
      retain: false,
    };
    if (correlationData !== undefined) answer.properties = { correlationData };
    return { client, packet: answer };
  }

  /** An HTTP request has arrived; `path` has no leading slash. */
  ask(path: string, caller: HttpCaller): void {
    const captures = captureTopic(this.#options.requestTopic, path);
    if (captures === null) this.#reply(caller, { status: 404, body: "" });
    else if (!this.#queue.offer({ kind: "http", caller, body: this.#payloadOf(captures) })) {
      this.#reply(caller, { status: 503, body: "" });
    }
  }

  #served(request: Request): void {
    if (request.kind === "http") this.#reply(request.caller, { status: 200, body: request.body });
    else this.#network.up(hearAnswer, request.broker, this.#answerTo(request));
  }

  #reply(caller: HttpCaller, outcome: HttpOutcome): void {
    this.#network.up(answerCaller, caller, outcome);
  }
}

function heard(backEnd: BackEnd, passed: Passed): void {
  backEnd.hear(passed);
}

function hearAnswer(broker: BrokerEnd, answer: ServiceAnswer): void {
  broker.hear(null, answer);
}

function answerCaller(caller: HttpCaller, outcome: HttpOutcome): void {
  caller.answered(outcome);
}
