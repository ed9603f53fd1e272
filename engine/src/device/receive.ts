import type { IConnackPacket, IDisconnectPacket, Packet } from "mqtt-packet";
import { reasonName, SESSION_TAKEN_OVER } from "../transport/reason-codes.ts";
import type { Device } from "./device.ts";
import { EVENTS } from "./events.ts";
import { isClientPacket, readConnack, readDisconnect } from "./server-packets.ts";
import { areLimitsValid, serverLimits } from "./session/server-limits.ts";

/** What the server sends, within the device's turn. */
export function receive(device: Device, packet: Packet): void {
  if (packet.cmd === "connack") onConnack(device, packet);
  else if (packet.cmd === "disconnect") onDisconnect(device, packet);
  // [MQTT-3.2.0-1]: CONNACK comes first.
  else if (!device.isOnline || isClientPacket(packet)) device.giveUp("malformed_packet");
  else if (packet.cmd === "pingresp") device.line.pinged();
  else device.exchange.receive(packet);
}

function onConnack(device: Device, packet: IConnackPacket): void {
  const connack = device.state === "awaiting-connack" ? readConnack(packet) : "malformed";
  const limits = serverLimits(packet.properties);
  if (connack === "malformed") device.giveUp("malformed_packet");
  else if (connack !== "accepted") device.attempt.refused(connack);
  else if (!areLimitsValid(limits)) device.giveUp("malformed_packet");
  else device.attempt.accepted(packet, limits);
}

/** MQTT 5.0 section 3.14: the server says why before it closes. In 3.1.1 only a client sends it. */
function onDisconnect(device: Device, packet: IDisconnectPacket): void {
  if (device.env.plan.protocolVersion !== 5) {
    device.giveUp("malformed_packet");
    return;
  }
  const refusal = readDisconnect(packet);
  if (!device.isOnline) {
    // This is against [MQTT-3.14.0-1], which has CONNACK come first. ActiveMQ Artemis does so; what it says is worth knowing.
    device.attempt.refused(refusal);
    return;
  }
  device.tell(EVENTS.serverDisconnected, 0, 0, reasonName(refusal.code));
  // Whether by a device of this fleet or by somebody else.
  if (refusal.code === SESSION_TAKEN_OVER) device.attempt.wasTakenOver();
  device.line.close("close");
  const follows = device.attempt.follow(refusal);
  device.lose(refusal.code === SESSION_TAKEN_OVER ? "session_taken_over" : "closed", follows, refusal);
}
