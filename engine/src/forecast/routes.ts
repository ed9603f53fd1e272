import { Qlobber } from "qlobber";

/** Those who have subscribed to one filter, in the order in which they came. */
export interface Audience<Subscriber, Subscription> {
  /** What topics are held against: without `$share/NAME/`. */
  readonly filter: string;
  /** Each message is for one of them: MQTT 5.0 section 4.8.2. */
  readonly isShared: boolean;
  readonly members: Map<Subscriber, Subscription>;
}

/** `$share/NAME/FILTER` */
const SHARED = /^\$share\/[^/]+\/(.+)$/s;

/** No topic name has more levels: it has no more bytes. */
const MOST_LEVELS = 65_536;

/** Who hears of a topic. A filter is looked for once, however many have subscribed to it. */
export class Routes<Subscriber, Subscription> {
  /** Audiences of filters that match one topic alone, which is most of a fleet's. */
  readonly #exact = new Map<string, Audience<Subscriber, Subscription>>();
  /** All others, by what was subscribed to. */
  readonly #others = new Map<string, Audience<Subscriber, Subscription>>();
  readonly #matcher = new Qlobber<Audience<Subscriber, Subscription>>({
    separator: "/",
    wildcard_one: "+",
    wildcard_some: "#",
    match_empty_levels: true,
    max_words: MOST_LEVELS,
  });

  /** In place of an earlier subscription to the same filter: [MQTT-3.8.4-3]. */
  add(subscribed: string, subscriber: Subscriber, subscription: Subscription): void {
    this.#audienceOf(subscribed).members.set(subscriber, subscription);
  }

  #audienceOf(subscribed: string): Audience<Subscriber, Subscription> {
    const known = this.#exact.get(subscribed) ?? this.#others.get(subscribed);
    if (known !== undefined) return known;
    const filter = filterOf(subscribed);
    const isShared = filter !== subscribed;
    const audience = { filter, isShared, members: new Map<Subscriber, Subscription>() };
    if (isShared || /[+#]/.test(filter)) {
      this.#others.set(subscribed, audience);
      this.#matcher.add(filter, audience);
    } else {
      this.#exact.set(subscribed, audience);
    }
    return audience;
  }

  remove(subscribed: string, subscriber: Subscriber): void {
    const exact = this.#exact.get(subscribed);
    const audience = exact ?? this.#others.get(subscribed);
    if (!audience?.members.delete(subscriber) || audience.members.size > 0) return;
    if (audience === exact) {
      this.#exact.delete(subscribed);
    } else {
      this.#others.delete(subscribed);
      this.#matcher.remove(audience.filter, audience);
    }
  }

  /** All audiences of a topic; one subscriber may be in several. */
  of(topic: string): Audience<Subscriber, Subscription>[] {
    const found = this.#others.size === 0 ? [] : this.#matcher.match(topic);
    // [MQTT-4.7.2-1]
    const others = topic.startsWith("$") ? found.filter(({ filter }) => !/^[+#]/.test(filter)) : found;
    const exact = this.#exact.get(topic);
    return exact === undefined ? others : [exact, ...others];
  }
}

/** The topic filter of what is subscribed to. */
export function filterOf(subscribed: string): string {
  return SHARED.exec(subscribed)?.[1] ?? subscribed;
}
