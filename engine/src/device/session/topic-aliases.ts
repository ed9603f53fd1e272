/** Topic aliases that the server set on one connection. MQTT 5.0 section 3.3.2.3.4. */
export class TopicAliases {
  readonly #maximum: number;
  readonly #topics: Map<number, string> = new Map();

  /** @param maximum what CONNECT allowed; the server may use aliases from 1 to this */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The topic that a PUBLISH with this alias is meant for, or null where the server breaks the rules. */
  resolve(topic: string, alias: number): string | null {
    // [MQTT-3.3.2-8], [MQTT-3.3.2-10]
    if (alias < 1 || alias > this.#maximum) return null;
    if (topic === "") return this.#topics.get(alias) ?? null;
    this.#topics.set(alias, topic);
    return topic;
  }
}
