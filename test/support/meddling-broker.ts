import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import mqttPacket, { type IPublishPacket, type Packet } from "mqtt-packet";
import { matchesFilter } from "../../engine/src/device/topic.ts";

/** What is done to one message of a publisher, on its way to each subscriber. */
export type Meddling = "pass" | "drop" | "repeat" | "swap";

export type Receptions = Record<Meddling | "delivered", number>;

interface Client {
  socket: Socket;
  id: string;
  filters: string[];
}

/**
 * An MQTT 3.1.1 broker that loses, repeats and swaps what it is told to, and counts each reception that it gave or withheld: the
 * truth that a test holds a receiver's counts against. It keeps nothing for those who are away, and delivers with QoS 0.
 */
export class MeddlingBroker {
  readonly #server: Server;
  readonly #clients = new Set<Client>();
  readonly #sockets = new Set<Socket>();
  readonly #numbers = new Map<string, number>();
  /** Held back until the publisher's next one has gone, by publisher. */
  readonly #held = new Map<string, { packet: IPublishPacket; to: Client[] }>();
  readonly #meddle: (number: number) => Meddling;
  /** By the half of the run that the message was in: see `half`. */
  readonly receptions: [Receptions, Receptions] = [none(), none()];
  /** Publications of each half, whoever heard them. */
  readonly published: [number, number] = [0, 0];
  readonly #perHalf: number;

  /** @param perHalf so many publications of each publisher are of the first half, the others of the second */
  private constructor(server: Server, meddle: (number: number) => Meddling, perHalf: number) {
    this.#server = server;
    this.#meddle = meddle;
    this.#perHalf = perHalf;
    server.on("connection", (socket) => this.#accept(socket));
  }

  static async start(meddle: (number: number) => Meddling, perHalf: number): Promise<MeddlingBroker> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new MeddlingBroker(server, meddle, perHalf);
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #accept(socket: Socket): void {
    const client: Client = { socket, id: "", filters: [] };
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    this.#sockets.add(socket);
    parser.on("packet", (packet) => this.#read(client, packet));
    socket.on("data", (bytes) => parser.parse(bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#clients.delete(client);
      this.#sockets.delete(socket);
    });
  }

  #read(client: Client, packet: Packet): void {
    const say = (answer: Packet): void => void client.socket.write(mqttPacket.generate(answer));
    switch (packet.cmd) {
      case "connect":
        client.id = packet.clientId;
        this.#clients.add(client);
        say({ cmd: "connack", returnCode: 0, sessionPresent: false });
        return;
      case "subscribe":
        client.filters.push(...packet.subscriptions.map(({ topic }) => topic));
        say({
          cmd: "suback",
          messageId: packet.messageId as number,
          granted: packet.subscriptions.map(() => 0),
        });
        return;
      case "publish":
        if (packet.qos === 1) say({ cmd: "puback", messageId: packet.messageId as number });
        this.#pass(client.id, packet);
        return;
      case "pingreq":
        say({ cmd: "pingresp" });
        return;
      default:
        return;
    }
  }

  #pass(publisher: string, packet: IPublishPacket): void {
    const number = (this.#numbers.get(publisher) ?? 0) + 1;
    this.#numbers.set(publisher, number);
    const half = number <= this.#perHalf ? 0 : 1;
    this.published[half]++;
    const to = [...this.#clients].filter(({ filters }) =>
      filters.some((filter) => matchesFilter(filter, packet.topic)),
    );
    const what = this.#meddle(number);
    this.receptions[half][what] += to.length;
    const held = this.#held.get(publisher);
    if (what === "swap") this.#held.set(publisher, { packet, to });
    else if (what !== "drop") {
      this.#give(packet, to, half);
      if (what === "repeat") this.#give(packet, to, half);
    }
    if (held === undefined) return;
    this.#held.delete(publisher);
    this.#give(held.packet, held.to, half);
  }

  #give({ topic, payload }: IPublishPacket, to: readonly Client[], half: 0 | 1): void {
    const bytes = mqttPacket.generate({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false });
    for (const { socket } of to) socket.write(bytes);
    this.receptions[half].delivered += to.length;
  }
}

function none(): Receptions {
  return { pass: 0, drop: 0, repeat: 0, swap: 0, delivered: 0 };
}
