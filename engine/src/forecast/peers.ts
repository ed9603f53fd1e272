import type { IPublishPacket, Packet } from "mqtt-packet";
import type { Network } from "./network.ts";
import type { Owed } from "./owed.ts";

/** What the two ends of a connection, and a back end, know of each other. */

/** A ClientHello that begins a full handshake, and one that resumes a session: neither is a packet of MQTT. */
export const HELLO_FULL = Object.freeze({ hello: "full" });
export const HELLO_RESUMED = Object.freeze({ hello: "resumed" });
/** The request that upgrades to WebSocket. */
export const UPGRADE = Object.freeze({ hello: "upgrade" });
export type Hello = typeof HELLO_FULL | typeof HELLO_RESUMED | typeof UPGRADE;

/** What the kernel tells a broker. */
export interface Notice {
  readonly notice: "listener" | "gone";
}
/** The device's end of a connection is closed. */
export const GONE: Notice = Object.freeze({ notice: "gone" });

/** What a broker knows of one client id. MQTT 3.1.1 and 5.0, section 4.1. */
export interface Client {
  /** The connection that has it; it may be over without the broker having been told. */
  link: BrokerLink | null;
  /** Null for none; one of them by itself, for most clients have no more. */
  filters: string | readonly string[] | null;
  /** How long its session is kept after the connection, milliseconds; Infinity for ever. */
  expiryMs: number;
  /** When its last connection ended, as far as is known; Infinity while it has one. */
  goneAtMs: number;
  /** Messages of QoS 1 and 2 that the client may still have to have at once, of its last CONNECT; undefined for as many as there are. */
  receiveMaximum: number | undefined;
  /** Null where nothing is. */
  owed: Owed | null;
  /** What is published when its connection ends without DISCONNECT; null for nothing. */
  will: Will | null;
}

export interface Will {
  packet: IPublishPacket;
  /** Not before that, unless the session ends: MQTT 5.0 section 3.1.3.2.2. Milliseconds. */
  delayMs: number;
}

/** A message of another device, or what follows on it, on its way to a subscriber. */
export interface Delivery {
  passedOn: Packet;
}

/** All that may wait for a broker's turn. */
export type Work = Packet | Hello | ServiceAnswer | Delivery | Notice;

/** An answer of the back end, on its way to the client who asked. */
export interface ServiceAnswer {
  client: Client;
  packet: IPublishPacket;
}

/** A connection as its broker has it. */
export interface BrokerLink {
  readonly broker: BrokerEnd;
  readonly deviceNumber: number;
  /** Of MQTT, as its device speaks it. */
  readonly protocolVersion: 4 | 5;
  /** The device hears nothing any more: it left, or its broker closed. */
  readonly isOver: boolean;
  /** It ended with RST: what it sent and nobody has read is gone. */
  readonly isReset: boolean;
  /** The device would hear what is said now. */
  readonly isHeard: boolean;
  /** Its path is gone, and the broker was told of nothing. */
  readonly isHalfOpen: boolean;
  /** SYNs that were sent. */
  syns: number;
  /** The broker has taken it out of the accept queue. */
  isAccepted: boolean;
  /** What has come before; null for nothing. */
  unread: Work[] | null;
  /** Given once its CONNECT was accepted. */
  client: Client | null;
  /** TCP stands. */
  opened(): void;
  /** The server has answered a step of opening. */
  greeted(hello: Hello): void;
  deliver(packet: Packet): void;
  /** The broker has closed it. */
  closed(): void;
}

/** A broker as devices and back ends have it. */
export interface BrokerEnd {
  readonly network: Network;
  dial(link: BrokerLink): void;
  /** A SYN has arrived. */
  syn(link: BrokerLink): void;
  /** Null for an answer of the back end. */
  hear(link: BrokerLink | null, work: Work): void;
  /** The device's end is closed. */
  left(link: BrokerLink): void;
}
