import type { IConnackPacket, IDisconnectPacket, Packet } from "mqtt-packet";
import { connackReason, reasonName } from "../transport/reason-codes.ts";

/** What a server says of the connection itself: CONNACK and DISCONNECT. MQTT 3.1.1 and 5.0, sections 3.2 and 3.14. */

/** The server says no, or goodbye. */
export interface Refusal {
  /** The name of a failed attempt that ended so. */
  reason: string;
  code: number;
  /** Another server that it names; MQTT 5. */
  reference: string | undefined;
}

/** Whether the server accepts, and how it refuses where it does not. */
export function readConnack(packet: IConnackPacket): Refusal | "accepted" | "malformed" {
  const code = packet.reasonCode ?? packet.returnCode;
  if (code === 0) return "accepted";
  // mqtt-packet passes a CONNACK that ends before its return code.
  if (code === undefined) return "malformed";
  return refusal(`connack.${connackReason(code)}`, code, packet.properties?.serverReference);
}

export function readDisconnect({ reasonCode: code = 0, properties }: IDisconnectPacket): Refusal {
  return refusal(`disconnect.${reasonName(code)}`, code, properties?.serverReference);
}

function refusal(reason: string, code: number, reference: string | undefined): Refusal {
  return { reason, code, reference };
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
