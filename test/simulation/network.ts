import mqttPacket, { type Packet } from "mqtt-packet";
import type { Device } from "../../engine/src/device/device.ts";
import type { Link } from "../../engine/src/device/port.ts";
import type {
  OpeningStep,
  Transport,
  TransportFailure,
  TransportListener,
} from "../../engine/src/transport/transport.ts";
import { HostileBytes } from "../fuzz/hostile-bytes.ts";
import type { Broker, BrokerLine, Visit } from "./broker.ts";
import { ByteTransport } from "./byte-transport.ts";
import type { Chance } from "./chance.ts";
import { PacketLink } from "./packet-link.ts";
import { type Answerer, type AnyPath, type Far, Path, type PathWorld } from "./path.ts";
import { Violation } from "./violation.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { CALM_WEATHER, type Weather } from "./weather.ts";

/** Where a device goes: a broker, or none, and what the device hears where it is not let in. */
export interface Destination {
  readonly broker: Broker | null;
  readonly refusal: TransportFailure;
}

/** Steps of opening before the last one. */
const STEPS: readonly (readonly OpeningStep[])[] = [[], ["tls"], ["tls", "websocket"], ["websocket"]];

/** All connections of a case. */
export class Network implements PathWorld {
  readonly time: VirtualTime;
  readonly chance: Chance;
  weather: Weather;
  readonly #hostile: HostileBytes;
  readonly #version: 4 | 5;
  readonly #steps: readonly OpeningStep[];
  #paths: AnyPath[] = [];
  readonly #transports: ByteTransport[] = [];
  opened = 0;

  constructor(time: VirtualTime, chance: Chance, weather: Weather, version: 4 | 5) {
    this.time = time;
    this.chance = chance;
    this.weather = weather;
    this.#version = version;
    this.#hostile = new HostileBytes(chance.random, version);
    this.#steps = chance.pick(STEPS);
  }

  // ---- what devices see -------------------------------------------------------------------------------------------

  /** A connection as packets. */
  link(device: Device, { broker, refusal }: Destination): { link: Link; path: AnyPath } {
    const link = new PacketLink(device, this.#hostile, this.#version);
    const path = this.#add(new Path<Packet>(this, link));
    link.over(path);
    path.dial({ accept: (known) => broker?.accept(packetLine(known)) ?? null, refusal }, this.#steps);
    return { link, path };
  }

  /** A connection as bytes. */
  transport(listener: TransportListener, destination: Destination): { transport: Transport; path: AnyPath } {
    const transport = new ByteTransport(listener, this.#hostile);
    const path = this.#add(new Path<Buffer>(this, transport));
    transport.over(path);
    this.#transports.push(transport);
    path.dial(this.#byteAnswerer(destination), this.#steps);
    return { transport, path };
  }

  #add<M>(path: Path<M>): Path<M> {
    this.opened++;
    this.#paths.push(path);
    return path;
  }

  /** Bytes that devices wrote, and that they heard. */
  get bytes(): { sent: number; heard: number } {
    let sent = 0;
    let heard = 0;
    for (const { sentBytes, heardBytes } of this.#transports) {
      sent += sentBytes;
      heard += heardBytes;
    }
    return { sent, heard };
  }

  // ---- between bytes and a broker's packets -----------------------------------------------------------------------

  #byteAnswerer({ broker, refusal }: Destination): Answerer<Buffer> {
    return {
      refusal,
      accept: (path) => {
        const visit = broker?.accept({
          path,
          send: (packet) => this.#sendBytes(path, packet),
          end: (how) => path.endFar(how),
        });
        return visit === undefined || visit === null ? null : this.#reader(path, visit);
      },
    };
  }

  /** In parts, as a network may. */
  #sendBytes(path: Path<Buffer>, packet: Packet): void {
    const bytes = mqttPacket.generate(packet, { protocolVersion: this.#version });
    const most = this.chance.pick([1 + this.chance.int(8), bytes.length, bytes.length]);
    for (let from = 0; from < bytes.length; from += most) path.sendDown(bytes.subarray(from, from + most));
  }

  #reader(path: Path<Buffer>, visit: Visit): Far<Buffer> {
    const parser = mqttPacket.parser({ protocolVersion: this.#version });
    parser.on("packet", (packet) => {
      if (packet.messageId !== undefined && path.ids.length < 20) path.ids.push(packet.messageId);
      visit.hear(packet);
    });
    parser.on("error", (error: Error) => {
      throw new Violation(`a device wrote what is no packet: ${error.message}`);
    });
    return {
      hear: (bytes) => {
        if (parser.parse(bytes) !== 0) throw new Violation("a device wrote part of a packet");
      },
      gone: () => visit.gone(),
    };
  }

  // ---- what happens to all of it ----------------------------------------------------------------------------------

  /** Some connections are cut, or lie silent from now on. */
  harm(): void {
    for (const path of this.#living()) {
      if (!this.chance.is(0.3)) continue;
      if (this.chance.is(0.5)) path.cut();
      else path.isSilent = true;
    }
  }

  /**
   * Troubles are over: what was lost stays lost, and whoever still waits for it finds out. A device that has a keepalive may find
   * out by itself.
   */
  calm(hasKeepalive: boolean): void {
    this.weather = CALM_WEATHER;
    for (const path of this.#living()) {
      if (path.isGarbled || path.isSilent || path.isClogged) path.lapse();
      const isHopeless = path.isGarbled || (path.isSilent && !hasKeepalive);
      if (!isHopeless && !(path.isSilent && this.chance.is(0.5))) continue;
      path.isSilent = false;
      path.cut();
    }
  }

  #living(): AnyPath[] {
    this.#paths = this.#paths.filter(({ isNearOver, isFarOver }) => !isNearOver || !isFarOver);
    return [...this.#paths];
  }
}

function packetLine(path: Path<Packet>): BrokerLine {
  return { path, send: (packet) => path.sendDown(packet), end: (how) => path.endFar(how) };
}
