import mqttPacket from "mqtt-packet";
import { type MarkPlace, markPayload, writeMark } from "../../engine/src/device/messages/mark.ts";
import { Messages } from "../../engine/src/device/messages/messages.ts";
import type { Waiter } from "../../engine/src/device/turns.ts";
import { readyDevices, STORM } from "./bench-devices.ts";
import { type Case, each, type Scale, type Table } from "./suite.ts";

const RUN = "5eed0001";
const TOPIC = "plant/line-1/temperature";
const PAYLOAD = '{"temperature":21.5,"humidity":40,"at":"2026-11-28T06:00:00Z"}';
const { timeOrigin } = performance;
const nowMs = (): number => timeOrigin + performance.now();
const nobody: Waiter = { settled: () => {} };

type Tracking = MarkPlace | "off";

/** One device that is ready. User properties are MQTT 5's, so that both versions have a row of their own that is off. */
function readyDevice(protocolVersion: 4 | 5, place: Tracking) {
  const time = { now: () => performance.now(), wake: () => ({}), wakeIdle: () => ({}), cancel: () => {} };
  const messages =
    place === "off"
      ? null
      : new Messages({ run: RUN, place, time, commonClock: nowMs, segment: () => 2 * STORM - 1 });
  return readyDevices(1, { protocolVersion, messages });
}

const named = (protocolVersion: 4 | 5, place: Tracking): string =>
  `MQTT ${protocolVersion === 4 ? "3.1.1" : "5"}, track: ${place}`;

function publishes(protocolVersion: 4 | 5, place: Tracking, batch: number): Case {
  const { devices, recorder } = readyDevice(protocolVersion, place);
  const [{ exchange }] = devices as [(typeof devices)[0]];
  const tracked = place === "off" ? {} : { tracked: true };
  return {
    ...each(named(protocolVersion, place), batch, (i) => {
      exchange.publish({ topic: TOPIC, payload: PAYLOAD, qos: 0, retain: false, ...tracked }, nobody);
      return i;
    }),
    prepare: () => void recorder.timeline.take(),
  };
}

/** What is heard off is what is heard on: marked by others, for the row is what reading costs. */
function hears(protocolVersion: 4 | 5, place: Tracking, batch: number, marked: MarkPlace): Case {
  const { connections, recorder } = readyDevice(protocolVersion, place);
  const [connection] = connections as [(typeof connections)[0]];
  let sequence = 0;
  let packets: Buffer[] = [];
  return {
    ...each(named(protocolVersion, place), batch, (i) => {
      connection.onBytes(packets[i] as Buffer);
      return i;
    }),
    prepare: () => {
      recorder.timeline.take();
      packets = Array.from({ length: batch }, () => {
        sequence++;
        const mark = writeMark(RUN, {
          publisher: 9,
          sequence,
          first: 1,
          segment: 2 * STORM - 1,
          sentAtMs: nowMs(),
        });
        const payload = marked === "payload" ? markPayload(PAYLOAD, mark) : PAYLOAD;
        const properties = marked === "payload" ? {} : { properties: { userProperties: { _sent: mark } } };
        return mqttPacket.generate(
          { cmd: "publish", topic: TOPIC, payload, qos: 0, dup: false, retain: false, ...properties },
          { protocolVersion },
        );
      });
    },
  };
}

export function tables(scale: Scale): Table[] {
  // A sample is shorter than a scheduler's slice.
  const batch = Math.min(scale.batch, 200);
  return [
    {
      title: "publish QoS 0, from the device to its socket",
      operation: "message",
      cases: [
        publishes(4, "off", batch),
        publishes(4, "payload", batch),
        publishes(5, "off", batch),
        publishes(5, "userProperties", batch),
      ],
    },
    {
      title: "hear QoS 0, from the socket to the device",
      operation: "message",
      cases: [
        hears(4, "off", batch, "payload"),
        hears(4, "payload", batch, "payload"),
        hears(5, "off", batch, "userProperties"),
        hears(5, "userProperties", batch, "userProperties"),
      ],
    },
  ];
}
