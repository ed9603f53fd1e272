import type { IConnackPacket, IDisconnectPacket, Packet } from "mqtt-packet";
import { connackReason, reasonName } from "../transport/reason-codes.ts";
import { areLimitsValid, type ServerLimits, serverLimits } from "./session/server-limits.ts";

/** What a server says of the connection itself: CONNACK and DISCONNECT. MQTT 3.1.1 and 5.0, sections 3.2 and 3.14. */

/** The server says no, or goodbye. */
export interface Refusal {
  kind: "refused";
  /** The name of a failed attempt that ended so. */
  reason: string;
  code: number;
  /** Another server that it names; MQTT 5. */
  reference: string | undefined;
}

export type Connack = { kind: "accepted"; limits: ServerLimits } | Refusal | { kind: "malformed" };

const MALFORMED: Connack = { kind: "malformed" };

export function readConnack(packet: IConnackPacket): Connack {
  const code = packet.reasonCode ?? packet.returnCode;
  // mqtt-packet passes a CONNACK that ends before its return code.
  if (code === undefined) return MALFORMED;
  if (code !== 0) {
    const reference = packet.properties?.serverReference;
    return { kind: "refused", reason: `connack.${connackReason(code)}`, code, reference };
  }
  const limits = serverLimits(packet.properties);
  return areLimitsValid(limits) ? { kind: "accepted", limits } : MALFORMED;
}

export function readDisconnect({ reasonCode: code = 0, properties }: IDisconnectPacket): Refusal {
  const reference = properties?.serverReference;
  return { kind: "refused", reason: `disconnect.${reasonName(code)}`, code, reference };
}

/** Packets that only a client sends. */
export function isClientPacket({ cmd }: Packet): boolean {
  switch (cmd) {
    case "auth":
    case "connect":
    case "subscribe":
    case "unsubscribe":
    case "pingreq":
      return true;
    default:
      return false;
  }
}
