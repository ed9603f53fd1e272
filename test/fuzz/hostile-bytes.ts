import mqttPacket, { type IConnackPacket, type Packet, type QoS, type UserProperties } from "mqtt-packet";
import type { RandomSource } from "../../engine/src/random.ts";

/** What a broker may send, good and bad. Everything is drawn from one seeded source. */
export class HostileBytes {
  readonly #random: RandomSource;
  readonly #version: 4 | 5;

  constructor(random: RandomSource, version: 4 | 5) {
    this.#random = random;
    this.#version = version;
  }

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor(this.#random() * below);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) bytes[i] = this.int(256);
    return bytes;
  }

  encode(packet: Packet): Buffer {
    return mqttPacket.generate(packet, { protocolVersion: this.#version });
  }

  /** One burst of hostility. `ids` are packet ids that the device may be waiting for. */
  burst(ids: readonly number[]): Buffer {
    switch (this.int(9)) {
      case 0:
        return this.bytes(1 + this.int(300));
      case 1:
        return Buffer.concat(Array.from({ length: 1 + this.int(6) }, () => this.encode(this.packet(ids))));
      case 2:
        return this.#mutated(this.encode(this.packet(ids)));
      case 3: {
        const whole = this.encode(this.packet(ids));
        return whole.subarray(0, 1 + this.int(whole.length));
      }
      case 4:
        // 268,435,455 bytes are announced: the most that four bytes can say.
        return Buffer.concat([
          Buffer.from([this.int(256), 0xff, 0xff, 0xff, 0x7f]),
          this.bytes(this.int(200)),
        ]);
      case 5:
        return Buffer.from([this.int(256), 0xff, 0xff, 0xff, 0xff, this.int(256)]);
      case 6:
        return this.#propertyBomb();
      case 7:
        return this.#wrongLength(ids);
      default:
        return this.#unusual(ids);
    }
  }

  /** A valid packet, of a kind and at a time of the fuzzer's choice. */
  packet(ids: readonly number[]): Packet {
    const messageId = ids.length > 0 && this.chance(0.6) ? this.pick(ids) : 1 + this.int(65_535);
    const reasonCode = this.chance(0.5) ? 0 : this.pick([0x10, 0x80, 0x83, 0x87, 0x91, 0x97]);
    switch (this.int(14)) {
      case 0:
        return this.#connack();
      case 1:
      case 2:
      case 3:
        return this.#publish();
      case 4:
        return { cmd: "puback", messageId, reasonCode };
      case 5:
        return { cmd: "pubrec", messageId, reasonCode };
      case 6:
        return { cmd: "pubrel", messageId, reasonCode: 0 };
      case 7:
        return { cmd: "pubcomp", messageId, reasonCode: 0 };
      case 8:
        return {
          cmd: "suback",
          messageId,
          granted: Array.from({ length: 1 + this.int(4) }, () => this.pick([0, 1, 2, 0x80, 0x87])),
        };
      case 9:
        return this.#version === 5
          ? { cmd: "unsuback", messageId, granted: [this.pick([0, 0x11, 0x80])] }
          : ({ cmd: "unsuback", messageId } as Packet);
      case 10:
        return { cmd: "pingresp" };
      case 11:
        return {
          cmd: "disconnect",
          reasonCode: this.pick([0, 0x81, 0x89, 0x8e, 0x97, 0x9c, 0x9d]),
          ...(this.#version === 5 && this.chance(0.3)
            ? { properties: { serverReference: this.#reference() } }
            : {}),
        };
      case 12:
        return { cmd: "pingreq" };
      default:
        return this.chance(0.5)
          ? { cmd: "subscribe", messageId, subscriptions: [{ topic: "#", qos: 0 }] }
          : {
              cmd: "connect",
              protocolId: "MQTT",
              protocolVersion: this.#version,
              clean: true,
              clientId: "x",
              keepalive: 1,
            };
    }
  }

  #connack(): Packet {
    const refused = this.chance(0.3);
    const reasonCode = refused ? this.pick([0x80, 0x87, 0x88, 0x89, 0x97, 0x9c, 0x9d, 0x9f]) : 0;
    const sessionPresent = !refused && this.chance(0.5);
    return {
      cmd: "connack",
      returnCode: refused ? 1 + this.int(5) : 0,
      reasonCode,
      sessionPresent,
      ...(this.#version === 5 && this.chance(0.7) ? { properties: this.limits() } : {}),
    };
  }

  /** What a server may say of itself, each or none. MQTT 5.0 section 3.2.2.3. */
  limits(): NonNullable<IConnackPacket["properties"]> {
    const some = <T>(value: T): T | undefined => (this.chance(0.3) ? value : undefined);
    const limits = {
      receiveMaximum: some(this.pick([1, 2, 65_535])),
      maximumQoS: some(this.int(2)),
      retainAvailable: some(this.chance(0.5)),
      maximumPacketSize: some(this.pick([1, 20, 60, 1000, 268_435_455])),
      assignedClientIdentifier: some(this.pick(["assigned", "", "x".repeat(300), "\u{1f4a5}"])),
      topicAliasMaximum: some(this.int(65_536)),
      wildcardSubscriptionAvailable: some(this.chance(0.5)),
      sharedSubscriptionAvailable: some(this.chance(0.5)),
      serverKeepAlive: some(this.pick([0, 1, 30, 65_535])),
      sessionExpiryInterval: some(this.pick([0, 1, 0xff_ff_ff_ff])),
      serverReference: some(this.#reference()),
    };
    return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  }

  #reference(): string {
    return this.pick([
      "",
      "b",
      "b:1",
      "[::1]:1883",
      "b:99999",
      "b c:1,d",
      "mqtt://b",
      "\u{1f4a5}",
      "x".repeat(500),
    ]);
  }

  #publish(): Packet {
    const qos = this.int(3) as QoS;
    const topicAlias = this.#version === 5 && this.chance(0.3) ? this.pick([1, 2, 3, 4, 65_535]) : undefined;
    return {
      cmd: "publish",
      topic:
        topicAlias !== undefined && this.chance(0.5)
          ? ""
          : this.pick(["answers/a", "answers/b", "a", "a/b/c", "$SYS/x", "\u{1f4a5}"]),
      payload: this.bytes(this.int(this.chance(0.1) ? 4000 : 60)),
      qos,
      dup: qos > 0 && this.chance(0.2),
      retain: this.chance(0.2),
      ...(qos > 0 ? { messageId: 1 + this.int(this.chance(0.5) ? 4 : 65_535) } : {}),
      ...(this.#version === 5
        ? {
            properties: {
              ...(topicAlias === undefined ? {} : { topicAlias }),
              ...(this.chance(0.3) ? { correlationData: Buffer.from(String(this.int(20))) } : {}),
            },
          }
        : {}),
    };
  }

  #mutated(bytes: Buffer): Buffer {
    let mutated = Buffer.from(bytes);
    for (let i = 1 + this.int(4); i > 0; i--) {
      const at = this.int(mutated.length);
      switch (this.int(3)) {
        case 0:
          mutated[at] = this.int(256);
          break;
        case 1:
          mutated = Buffer.concat([mutated.subarray(0, at), this.bytes(1), mutated.subarray(at)]);
          break;
        default:
          if (mutated.length > 1)
            mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + 1)]);
      }
    }
    return mutated;
  }

  /** A body of one packet under the header of another, or a length that is not the body's. */
  #wrongLength(ids: readonly number[]): Buffer {
    const bytes = Buffer.from(this.encode(this.packet(ids)));
    if (this.chance(0.5)) bytes[0] = this.int(256);
    else if (bytes.length > 1) bytes[1] = this.int(128);
    return bytes;
  }

  /** MQTT 5.0 section 2.2.2: many properties, or a length of properties that is not there. */
  #propertyBomb(): Buffer {
    if (this.#version === 4 || this.chance(0.4)) {
      const body = Buffer.concat([
        Buffer.from([0, 1, 0x61]),
        Buffer.from(this.pick([[0xff, 0xff, 0xff, 0x7f], [0x7f], [0xff, 0xff, 0xff, 0xff, 0x01], [0x80]])),
        this.bytes(this.int(40)),
      ]);
      return Buffer.concat([Buffer.from([0x30, body.length]), body]);
    }
    const userProperties: UserProperties = {};
    for (let i = this.int(300); i > 0; i--)
      userProperties[`k${i}`] = this.pick(["", "v", "vvvvvvvvvvvvvvvv"]);
    if (this.chance(0.5)) {
      return this.encode({
        cmd: "publish",
        topic: "a",
        payload: "",
        qos: 0,
        dup: false,
        retain: false,
        properties: { userProperties },
      });
    }
    return this.encode({
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: false,
      properties: { userProperties },
    });
  }

  /** What an encoder refuses to make: packet id 0, QoS 3, an empty topic, bodies that end early. */
  #unusual(ids: readonly number[]): Buffer {
    const id = ids.length > 0 ? this.pick(ids) : 1;
    return Buffer.from(
      this.pick([
        [0x32, 5, 0, 1, 0x61, 0, 0],
        [0x34, 5, 0, 1, 0x61, 0, 0],
        [0x34, 6, 0, 1, 0x61, 0, 0, 0],
        [0x36, 5, 0, 1, 0x61, 0, 1],
        [0x30, 2, 0, 0],
        [0x30, 3, 0, 0, 0],
        [0x30, 0],
        [0x20, 0],
        [0x20, 1, 0],
        [0x20, 2, 1, 0],
        [0x20, 2, 0xff, 0xff],
        [0x20, 3, 0, 0, 0],
        [0x40, 0],
        [0x40, 2, 0, 0],
        [0x40, 2, id >> 8, id & 0xff],
        [0x50, 2, 0, 0],
        [0x50, 1, 0],
        [0x62, 2, 0, 0],
        [0x62, 0],
        [0x60, 2, 0, 1],
        [0x70, 2, 0, 0],
        [0x90, 2, id >> 8, id & 0xff],
        [0x90, 3, id >> 8, id & 0xff, 0xff],
        [0x90, 4, id >> 8, id & 0xff, 0, 0xff],
        [0xb0, 2, 0, 0],
        [0xb0, 0],
        [0xd0, 1, 0],
        [0xe0, 0],
        [0xe0, 1, 0xff],
        [0xf0, 0],
        [0xf0, 2, 0, 0],
        [0x00, 0],
      ]),
    );
  }
}
