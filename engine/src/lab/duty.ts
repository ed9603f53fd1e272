import { createHash, randomUUID } from "node:crypto";
import type { IClientOptions, IPublishPacket, MqttClient } from "mqtt";

/** How long whoever is on duty has to say so. */
const PATIENCE_MS = 500;
/** The question who is on duty; names are longer. */
const QUESTION = "?";

/** Where config services that answer the same requests at one broker find each other. A filter is no topic name, so its hash. */
export function dutyTopic(requestTopic: string): string {
  const hash = createHash("sha256").update(requestTopic).digest("hex").slice(0, 16);
  return `artillery-engine-mqtt/config-service/${hash}`;
}

/**
 * Of several config services at one broker, one is on duty: two would answer every request twice. The one on duty keeps a
 * retained message, which the broker clears, as its will, when it is gone; then another takes over. All hear the messages of a
 * topic in the same order, so whoever published last is on duty. Where the broker does not let them have such a topic, each is.
 */
export class Duty {
  readonly #topic: string;
  readonly #name = randomUUID();
  /** Who is on duty as far as is known; null for nobody. */
  #onDuty: string | null = null;
  #isDenied = false;
  #heard: () => void = () => {};

  constructor(requestTopic: string) {
    this.#topic = dutyTopic(requestTopic);
  }

  get will(): NonNullable<IClientOptions["will"]> {
    return { topic: this.#topic, payload: Buffer.alloc(0), qos: 1, retain: true };
  }

  get isMine(): boolean {
    return this.#isDenied || this.#onDuty === this.#name;
  }

  /** For every connection. Resolves when it is known who is on duty; one who was, stays so unless another says otherwise. */
  async join(client: MqttClient): Promise<void> {
    try {
      await client.subscribeAsync(this.#topic, { qos: 1 });
      if (!this.isMine) {
        const word = this.#nextWord();
        await client.publishAsync(this.#topic, QUESTION, { qos: 1 });
        if (await word) return;
      }
      const echo = this.#nextWord();
      await this.#apply(client);
      await echo;
    } catch {
      this.#isDenied = true;
    }
  }

  /** True where the message was about duty. */
  hear(client: MqttClient, { topic, payload, retain }: IPublishPacket): boolean {
    if (topic !== this.#topic) return false;
    const word = payload.toString().slice(0, 64);
    if (word === QUESTION) {
      if (this.isMine) this.#apply(client).catch(() => {});
    } else if (word === "") {
      this.#onDuty = null;
      this.#apply(client).catch(() => {});
    } else if (!retain) {
      // What is retained may have been left behind by one who is gone.
      this.#onDuty = word;
      this.#heard();
    }
    return true;
  }

  async #apply(client: MqttClient): Promise<void> {
    await client.publishAsync(this.#topic, this.#name, { qos: 1, retain: true });
  }

  /** False where nobody says anything. */
  #nextWord(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS, false);
      this.#heard = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
