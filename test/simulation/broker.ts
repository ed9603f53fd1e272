import mqttPacket, {
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type Packet,
} from "mqtt-packet";
import { matchesFilter } from "../../engine/src/device/topic.ts";
import type { Chance } from "./chance.ts";
import type { AnyPath, Far } from "./path.ts";
import { Violation } from "./violation.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { CALM_CONDUCT, type Conduct } from "./weather.ts";

/** A connection as its broker has it. */
export interface BrokerLine {
  readonly path: AnyPath;
  send(packet: Packet): void;
  end(how: "close" | "reset"): void;
}

type ServerProperties = NonNullable<IConnackPacket["properties"]>;

/** What brokers of a case share. */
export interface BrokerWorld {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly version: 4 | 5;
  conduct: Conduct;
  /** What they can do at all: on every connection the same, for what was published over one is repeated over another. */
  readonly ability: ServerProperties;
  /** Servers that exist, for references to one of them. */
  readonly hosts: readonly string[];
  /** They are one cluster: a client has one session and one connection, wherever it comes in. */
  readonly sessions: Map<string, Session>;
  readonly visits: Map<string, Visit>;
}

/** What a broker keeps of a client beyond its connection. */
export class Session {
  readonly filters = new Set<string>();
  /** Publications of the device that are not acknowledged, by packet id. */
  readonly inflight = new Set<number>();
  /** What was said over a connection is not what was heard: packet ids mean nothing any more. */
  isDoubtful = false;
  /** The client has not shown that it knows of it: its CONNACK may be lost, and with it that an older session is gone. */
  isUnknown = true;
}

const REFUSALS_4 = [1, 2, 3, 3, 4, 5];
const REFUSALS_5 = [0x80, 0x87, 0x88, 0x89, 0x97, 0x9f];
const GOODBYES_5 = [0x00, 0x81, 0x89, 0x8b, 0x8e, 0x97, 0x98, 0x9c, 0x9d];
const LATE_MS: readonly [number, number] = [500, 8000];

/** A broker that obeys its conduct and knows what it did. */
export class Broker {
  readonly world: BrokerWorld;
  /** It accepts nobody. */
  isDown = false;

  constructor(world: BrokerWorld) {
    this.world = world;
    this.#speak();
  }

  /** Null where it refuses. */
  accept(line: BrokerLine): Visit | null {
    return this.isDown ? null : new Visit(this, line);
  }

  get #visits(): Visit[] {
    return [...this.world.visits.values()].filter(({ broker }) => broker === this);
  }

  /** A client comes in. An older connection of its own makes way; [MQTT-3.1.4-3]. */
  enter(
    visit: Visit,
    { clientId, clean, properties }: IConnectPacket,
  ): { session: Session; isKept: boolean } {
    const { chance, conduct, version, sessions, visits } = this.world;
    visits.get(clientId)?.takenOver();
    visits.set(clientId, visit);
    const known = sessions.get(clientId);
    // In calm weather no session goes on that its two sides may not agree on.
    const isWrong = (known?.isDoubtful || known?.isUnknown) && conduct === CALM_CONDUCT;
    const isKept = known !== undefined && !clean && !isWrong && !chance.is(conduct.forgets);
    const session = isKept ? known : new Session();
    const expiryS = version === 5 ? (properties?.sessionExpiryInterval ?? 0) : clean ? 0 : 1;
    if (expiryS > 0) sessions.set(clientId, session);
    else sessions.delete(clientId);
    return { session, isKept };
  }

  leave(visit: Visit): void {
    const { visits } = this.world;
    if (visits.get(visit.clientId) === visit) visits.delete(visit.clientId);
  }

  /** Its process is killed, and does not come back at once. */
  crash(downMs: number): void {
    const { time, chance, sessions } = this.world;
    this.isDown = true;
    time.later(downMs, () => {
      this.isDown = false;
    });
    if (chance.is(0.5)) sessions.clear();
    // It dies thread by thread.
    const spreadMs = chance.pick([0, 900]);
    for (const visit of this.#visits) {
      const how = chance.is(0.5) ? "close" : "reset";
      time.later(chance.between(0, spreadMs), () => visit.end(how));
    }
  }

  /** Troubles are over. */
  calm(): void {
    this.isDown = false;
    for (const visit of this.#visits) if (visit.isHopeless) visit.end("close");
  }

  /** Says something to somebody, again and again. */
  #speak(): void {
    const { time, chance, conduct } = this.world;
    if (conduct.speaksEveryMs === 0) return;
    time.later(chance.between(0, 2 * conduct.speaksEveryMs), () => {
      const visits = this.#visits;
      if (visits.length > 0) chance.pick(visits).speak();
      this.#speak();
    });
  }
}

/** One connection, as its broker has it. */
export class Visit implements Far<Packet> {
  clientId = "";
  readonly broker: Broker;
  readonly #line: BrokerLine;
  #session: Session | null = null;
  /** CONNACK said that there was no session before. */
  #beganSession = false;
  #limits: ServerProperties = {};
  #isOver = false;
  #keepaliveMs = 0;
  #lastHeardMs = 0;
  /** Publications of the device over this connection that await their acknowledgement. */
  readonly #owed = new Set<number>();
  /** Packet ids of SUBSCRIBE and UNSUBSCRIBE that await theirs. */
  readonly #asked = new Set<number>();
  /** Ids of this side's own publications that the device has not acknowledged. */
  readonly #said = new Map<number, 1 | 2>();
  #lastSaidId = 0;

  constructor(broker: Broker, line: BrokerLine) {
    this.broker = broker;
    this.#line = line;
  }

  /** It cannot go on in calm weather: the device has limits that it cannot work with, or takes the session for another one. */
  get isHopeless(): boolean {
    return this.#limits.maximumPacketSize !== undefined || this.#session?.isUnknown === true;
  }

  // ---- what it hears ----------------------------------------------------------------------------------------------

  hear(packet: Packet): void {
    if (this.#isOver) return;
    this.#lastHeardMs = this.broker.world.time.now();
    if (packet.cmd === "connect") {
      this.#onConnect(packet);
      return;
    }
    if (this.#session === null) {
      // The device may have taken a garbled CONNACK for one.
      if (this.#line.path.isGarbled) return;
      throw new Violation(`${packet.cmd} came before CONNACK was sent`);
    }
    if (this.#beganSession) this.#session.isUnknown = false;
    if (!this.#isDoubtful(this.#session)) this.#checkLength(packet);
    this.#onPacket(packet, this.#session);
  }

  #onConnect(packet: IConnectPacket): void {
    const { chance, conduct, version, time } = this.broker.world;
    if (packet.protocolVersion !== version) throw new Violation("CONNECT of another version");
    this.clientId = packet.clientId;
    this.#keepaliveMs = (packet.keepalive ?? 0) * 1000;
    if (chance.is(conduct.ignores)) return;
    if (chance.is(conduct.closes)) this.end(chance.is(0.5) ? "close" : "reset");
    else if (chance.is(conduct.dawdles)) time.later(chance.between(...LATE_MS), () => this.#decide(packet));
    else this.#decide(packet);
  }

  #decide(packet: IConnectPacket): void {
    if (this.#isOver) return;
    const { chance, conduct, version } = this.broker.world;
    if (version === 5 && chance.is(conduct.redirects))
      this.#refuse(chance.pick([0x9c, 0x9d]), this.#reference());
    else if (chance.is(conduct.refuses)) this.#refuse(chance.pick(version === 4 ? REFUSALS_4 : REFUSALS_5));
    else this.#accept(packet);
  }

  #refuse(code: number, reference?: string): void {
    this.#line.send({
      cmd: "connack",
      returnCode: code,
      reasonCode: code,
      sessionPresent: false,
      ...(reference === undefined ? {} : { properties: { serverReference: reference } }),
    });
    this.end("close");
  }

  #reference(): string {
    const { chance, hosts } = this.broker.world;
    return chance.pick([...hosts, ...hosts, `${chance.pick(hosts)}:1884`, "nowhere", "", "mqtt://x"]);
  }

  #accept(packet: IConnectPacket): void {
    const { chance, conduct, version, time, ability } = this.broker.world;
    const { session, isKept } = this.broker.enter(this, packet);
    this.#session = session;
    this.#beganSession = !isKept;
    if (version === 5) this.#limits = chance.is(conduct.limits) ? this.#drawLimits() : ability;
    const { serverKeepAlive } = this.#limits;
    if (serverKeepAlive !== undefined) this.#keepaliveMs = serverKeepAlive * 1000;
    this.#line.send({
      cmd: "connack",
      returnCode: 0,
      reasonCode: 0,
      sessionPresent: isKept,
      ...(version === 5 ? { properties: this.#limits } : {}),
    });
    this.#lastHeardMs = time.now();
    this.#watchKeepalive();
    if (conduct.throwsOutWithinMs > 0)
      time.later(chance.between(0, conduct.throwsOutWithinMs), () => this.#throwOut());
  }

  #drawLimits(): ServerProperties {
    const { chance, ability } = this.broker.world;
    const limits: ServerProperties = { ...ability };
    if (chance.is(0.5)) limits.receiveMaximum = chance.pick([1, 2, 3, 10]);
    if (chance.is(0.3)) limits.maximumPacketSize = chance.pick([30, 40, 60, 1000]);
    if (chance.is(0.2)) limits.serverKeepAlive = chance.pick([1, 5, 20]);
    return limits;
  }

  #onPacket(packet: Packet, session: Session): void {
    const { chance, conduct } = this.broker.world;
    const failure = chance.is(conduct.fails) ? 0x80 : 0;
    switch (packet.cmd) {
      case "subscribe": {
        const messageId = this.#ask(packet.messageId, session);
        const granted = packet.subscriptions.map(({ qos }) => (failure > 0 ? failure : qos));
        this.#reply(() => {
          if (failure === 0) for (const { topic } of packet.subscriptions) session.filters.add(topic);
          this.#asked.delete(messageId);
          this.#line.send({ cmd: "suback", messageId, granted });
        });
        return;
      }
      case "unsubscribe": {
        const messageId = this.#ask(packet.messageId, session);
        this.#reply(() => {
          for (const topic of packet.unsubscriptions) session.filters.delete(topic);
          this.#asked.delete(messageId);
          const granted = packet.unsubscriptions.map(() => failure);
          this.#line.send({ cmd: "unsuback", messageId, granted });
          // One that failed is still there: so the device has it.
          if (failure > 0 && this.broker.world.version === 5)
            for (const topic of packet.unsubscriptions) session.filters.add(topic);
        });
        return;
      }
      case "publish":
        this.#onPublish(packet, session, failure);
        return;
      case "pubrel": {
        const messageId = packet.messageId ?? 0;
        this.#reply(() => {
          this.#acknowledged(messageId, session);
          this.#line.send({ cmd: "pubcomp", messageId, reasonCode: 0 });
        });
        return;
      }
      case "puback":
      case "pubrec":
      case "pubcomp":
        this.#onAcknowledged(packet.cmd, packet.messageId ?? 0, session);
        return;
      case "pingreq":
        this.#reply(() => this.#line.send({ cmd: "pingresp" }));
        return;
      case "disconnect":
        // [MQTT-3.14.4-1]: the device closes the connection after it.
        this.end("close");
        return;
      default:
        throw new Violation(`a device sent ${packet.cmd}`);
    }
  }

  /** A packet id may only be used again once its last use was answered. [MQTT-2.2.1-3] */
  #ask(messageId: number | undefined, session: Session): number {
    const id = messageId ?? 0;
    this.#checkFree(id, session);
    this.#asked.add(id);
    return id;
  }

  #checkFree(id: number, session: Session): void {
    if (id === 0) throw new Violation("a packet id of 0");
    if (this.#isDoubtful(session)) return;
    if (this.#asked.has(id) || this.#owed.has(id) || session.inflight.has(id))
      throw new Violation(`packet id ${id} is used twice by ${this.clientId}`);
  }

  #isDoubtful(session: Session): boolean {
    session.isDoubtful ||= this.#line.path.isGarbled;
    return session.isDoubtful;
  }

  #onPublish(packet: IPublishPacket, session: Session, failure: number): void {
    const { qos, messageId = 0 } = packet;
    this.#answer(packet, session);
    if (qos === 0) return;
    if (!packet.dup) this.#checkFree(messageId, session);
    this.#owed.add(messageId);
    session.inflight.add(messageId);
    const { receiveMaximum, maximumQoS } = this.#limits;
    if (this.#owed.size > (receiveMaximum ?? 65_535) && !this.#isDoubtful(session))
      throw new Violation(`${this.#owed.size} publications are not acknowledged, ${receiveMaximum} may be`);
    if (qos > (maximumQoS ?? 2) && !this.#isDoubtful(session))
      throw new Violation(`a publication of QoS ${qos}`);
    // A version of 3.1.1 has no word for a failure.
    const reasonCode = this.broker.world.version === 5 ? failure : 0;
    this.#reply(() => {
      if (qos === 1 || reasonCode > 0) this.#acknowledged(messageId, session);
      this.#line.send({ cmd: qos === 1 ? "puback" : "pubrec", messageId, reasonCode });
    });
  }

  #acknowledged(messageId: number, session: Session): void {
    this.#owed.delete(messageId);
    session.inflight.delete(messageId);
  }

  #onAcknowledged(cmd: "puback" | "pubrec" | "pubcomp", messageId: number, session: Session): void {
    if (this.#isDoubtful(session)) return;
    const qos = this.#said.get(messageId);
    if (qos !== (cmd === "puback" ? 1 : 2)) throw new Violation(`${cmd} of ${messageId}, which was not sent`);
    if (cmd === "pubrec") this.#line.send({ cmd: "pubrel", messageId, reasonCode: 0 });
    else this.#said.delete(messageId);
  }

  /** Answers a request for configuration: on `answers/…` or `rejected/…` what was asked on `ask/…`. */
  #answer({ topic, payload, properties }: IPublishPacket, session: Session): void {
    if (!topic.startsWith("ask/")) return;
    const { chance, conduct } = this.broker.world;
    const where = chance.is(conduct.fails) ? "rejected/" : "answers/";
    const answer: IPublishPacket = {
      cmd: "publish",
      topic: where + topic.slice("ask/".length),
      payload,
      qos: 0,
      dup: false,
      retain: false,
    };
    if (properties?.correlationData !== undefined)
      answer.properties = { correlationData: properties.correlationData };
    for (let times = chance.is(conduct.repeats) ? 2 : 1; times > 0; times--) {
      this.#reply(() => {
        if (this.#isSubscribed(answer.topic, session)) this.#line.send(answer);
      });
    }
  }

  #isSubscribed(topic: string, { filters }: Session): boolean {
    for (const filter of filters) if (matchesFilter(filter, topic)) return true;
    return false;
  }

  #checkLength(packet: Packet): void {
    const { maximumPacketSize } = this.#limits;
    if (maximumPacketSize === undefined) return;
    const { length } = mqttPacket.generate(packet, { protocolVersion: 5 });
    if (length > maximumPacketSize)
      throw new Violation(`${packet.cmd} of ${length} bytes, ${maximumPacketSize} may be`);
  }

  // ---- what it does -----------------------------------------------------------------------------------------------

  /** In its own time, or never. */
  #reply(act: () => void): void {
    const { time, chance, conduct } = this.broker.world;
    if (chance.is(conduct.withholds)) return;
    const delayMs = chance.is(conduct.delays) ? chance.between(...LATE_MS) : chance.between(0, 5);
    time.later(delayMs, () => {
      if (!this.#isOver) act();
    });
  }

  /** A message that nobody asked for. */
  speak(): void {
    const filters = [...(this.#session?.filters ?? [])].filter((filter) => !/[+#]/.test(filter));
    const { chance } = this.broker.world;
    if (filters.length === 0) return;
    const qos = chance.pick([0, 1, 2] as const);
    const message: IPublishPacket = {
      cmd: "publish",
      topic: chance.pick(filters),
      payload: Buffer.from("news"),
      qos,
      dup: false,
      retain: false,
    };
    if (qos > 0) {
      this.#lastSaidId++;
      message.messageId = this.#lastSaidId;
      this.#said.set(this.#lastSaidId, qos as 1 | 2);
    }
    this.#line.send(message);
  }

  /** The client came again. */
  takenOver(): void {
    if (this.broker.world.version === 5) this.#line.send({ cmd: "disconnect", reasonCode: 0x8e });
    this.end("close");
  }

  #throwOut(): void {
    if (this.#isOver) return;
    const { chance, conduct, version } = this.broker.world;
    // Troubles may be over by now.
    if (conduct.throwsOutWithinMs === 0) return;
    if (version === 5 && chance.is(0.5)) {
      const reasonCode = chance.pick(GOODBYES_5);
      const hasReference = reasonCode >= 0x9c;
      this.#line.send({
        cmd: "disconnect",
        reasonCode,
        ...(hasReference ? { properties: { serverReference: this.#reference() } } : {}),
      });
    }
    this.end(chance.is(0.5) ? "close" : "reset");
  }

  /** One and a half times the keepalive without a packet: [MQTT-3.1.2-24]. */
  #watchKeepalive(): void {
    if (this.#keepaliveMs === 0) return;
    const { time } = this.broker.world;
    const dueMs = this.#lastHeardMs + 1.5 * this.#keepaliveMs;
    time.at(dueMs, onKeepalive, this, undefined);
  }

  keepaliveDue(): void {
    if (this.#isOver) return;
    const { time } = this.broker.world;
    if (time.now() >= this.#lastHeardMs + 1.5 * this.#keepaliveMs) this.end("close");
    else this.#watchKeepalive();
  }

  end(how: "close" | "reset"): void {
    if (this.#isOver) return;
    this.gone();
    this.#line.end(how);
  }

  gone(): void {
    this.#isOver = true;
    if (this.#session !== null) this.#isDoubtful(this.#session);
    this.broker.leave(this);
  }
}

function onKeepalive(visit: Visit): void {
  visit.keepaliveDue();
}
