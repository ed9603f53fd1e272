import type { IPublishPacket } from "mqtt-packet";

/** A message that a device has received, as steps of a script see it. What it is read as is worked out when somebody asks. */
export class Message {
  readonly topic: string;
  readonly bytes: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** MQTT 5 section 3.3.2.3; empty without. */
  readonly properties: NonNullable<IPublishPacket["properties"]>;

  /** Copies what the packet points to: that is valid only while it is read. */
  constructor(topic: string, { payload, qos, retain, properties }: IPublishPacket) {
    this.topic = topic;
    this.bytes = Buffer.from(payload as Buffer);
    this.qos = qos;
    this.retain = retain;
    this.properties = properties === undefined ? {} : copyOf(properties);
  }

  /** As text. */
  get payload(): string {
    return this.bytes.toString();
  }

  /** Its JSON; undefined for what is none. */
  get json(): unknown {
    try {
      return JSON.parse(this.payload) as unknown;
    } catch {
      return undefined;
    }
  }

  /** The levels of its topic. */
  get levels(): string[] {
    return this.topic.split("/");
  }
}

function copyOf(properties: NonNullable<IPublishPacket["properties"]>): Message["properties"] {
  const { correlationData } = properties;
  return correlationData === undefined
    ? properties
    : { ...properties, correlationData: Buffer.from(correlationData) };
}
