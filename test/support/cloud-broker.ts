import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { Aedes } from "aedes";
import { matchesFilter } from "../../engine/src/device/topic.ts";

/**
 * A broker that answers configuration requests as one of the clouds does: to the asking device only, on the cloud's
 * topics, and only where that device has subscribed to them. Everything that the cloud would not take is a fault.
 */

export type CloudName = "aws" | "azure" | "thingsboard";

export interface CloudRequest {
  clientId: string;
  /** Its place among this device's requests, counted from 1. */
  nth: number;
}

export interface CloudReply {
  /** `reject` where the cloud has refusals: not ThingsBoard. */
  kind: "answer" | "reject" | "drop";
  delayMs?: number;
}

/** What the cloud wants of TLS. */
export interface CloudTls {
  /** PEM: the cloud's own certificate and key, and the authority of the devices'. */
  cert: string;
  key: string;
  ca: string;
  /** A device must show a certificate of that authority, whose common name is this; null where none is wanted. */
  deviceName: ((clientId: string) => string) | null;
  /** What the devices must offer as ALPN; null where that is all the same. */
  alpn: string | null;
}

interface Message {
  topic: string;
  payload: string;
}

/** An address would not be sent as SNI. */
export const CLOUD_HOST = "localhost";

interface Cloud {
  admits(clientId: string, username: string): boolean;
  /** Filters that a device may subscribe to. */
  filters(clientId: string): string[];
  /** Null for a topic that the cloud does not know, or a payload that it cannot read. */
  replies(clientId: string, request: Message): { answer: Message; refusal: Message | null } | null;
}

const CLOUDS: Record<CloudName, Cloud> = {
  // https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html
  aws: {
    admits: () => true,
    filters(clientId) {
      const shadow = `$aws/things/${clientId}/shadow`;
      return [`${shadow}/get/accepted`, `${shadow}/get/rejected`, `${shadow}/update/delta`];
    },
    replies(clientId, { topic, payload }) {
      const token = tokenOf(payload);
      if (topic !== `$aws/things/${clientId}/shadow/get` || token === null) return null;
      const shadow = { state: { desired: { reportInterval: 60 } }, version: 1, timestamp: 1795392000 };
      const error = { code: 429, message: "Too many requests", timestamp: 1795392000 };
      return {
        answer: { topic: `${topic}/accepted`, payload: JSON.stringify({ ...shadow, ...token }) },
        refusal: { topic: `${topic}/rejected`, payload: JSON.stringify({ ...error, ...token }) },
      };
    },
  },
  // https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub
  azure: {
    admits: (clientId, username) => {
      const [hub, device, version] = username.split("/");
      const hasVersion = /^\?api-version=\d{4}-\d\d-\d\d$/.test(version ?? "");
      return /^[\w-]+\.azure-devices\.net$/.test(hub ?? "") && device === clientId && hasVersion;
    },
    filters: () => ["$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/#"],
    replies(_clientId, { topic, payload }) {
      const rid = /^\$iothub\/twin\/GET\/\?\$rid=(\w+)$/.exec(topic)?.[1];
      if (rid === undefined || payload !== "") return null;
      return {
        answer: {
          topic: `$iothub/twin/res/200/?$rid=${rid}`,
          payload: '{"desired":{"reportInterval":60,"$version":1},"reported":{"$version":1}}',
        },
        refusal: { topic: `$iothub/twin/res/429/?$rid=${rid}`, payload: "" },
      };
    },
  },
  // https://thingsboard.io/docs/reference/mqtt-api/attributes/
  thingsboard: {
    // Tokens are the devices' names.
    admits: (clientId, username) => username === clientId,
    filters: () => ["v1/devices/me/attributes/response/+", "v1/devices/me/attributes"],
    replies(_clientId, { topic, payload }) {
      const id = /^v1\/devices\/me\/attributes\/request\/(\d+)$/.exec(topic)?.[1];
      const keys = keysOf(payload);
      if (id === undefined || keys === null) return null;
      const shared = Object.fromEntries(keys.map((key) => [key, `value of ${key}`]));
      return {
        answer: {
          topic: `v1/devices/me/attributes/response/${id}`,
          payload: JSON.stringify({ client: {}, shared }),
        },
        refusal: null,
      };
    },
  },
};

/**
 * What a request for a shadow holds: nothing, or the token that the reply carries back (64 bytes at most).
 * https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#client-token
 */
function tokenOf(payload: string): { clientToken?: string } | null {
  if (payload === "") return {};
  try {
    const { clientToken, ...rest } = JSON.parse(payload) as Record<string, unknown>;
    const isToken = typeof clientToken === "string" && Buffer.byteLength(clientToken) <= 64;
    return isToken && Object.keys(rest).length === 0 ? { clientToken } : null;
  } catch {
    return null;
  }
}

/** The shared keys of a request: c of `{"clientKeys":"a,b","sharedKeys":"c"}`. */
function keysOf(payload: string): string[] | null {
  try {
    const { clientKeys, sharedKeys } = JSON.parse(payload) as Record<string, unknown>;
    if (typeof clientKeys !== "string" || typeof sharedKeys !== "string") return null;
    return sharedKeys.split(",");
  } catch {
    return null;
  }
}

export class CloudBroker {
  /** How the next requests are answered. */
  reply: (request: CloudRequest) => CloudReply = () => ({ kind: "answer" });
  /** What the cloud would have refused or closed the connection for, in words. */
  readonly faults: string[] = [];
  /** Requests heard, by client id. */
  readonly requests = new Map<string, number>();
  /** What was sent, whether the device still heard it or not. */
  readonly sent = { answers: 0, rejections: 0 };
  accepted = 0;
  /** Connections with all that the cloud wants of TLS. */
  overTls = 0;
  readonly #cloud: Cloud;
  /** Null for plain TCP. */
  readonly #tls: CloudTls | null;
  readonly #subscriptions = new Map<string, Set<string>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #aedes: Aedes | null = null;
  #server: Server | null = null;

  private constructor(cloud: Cloud, tls: CloudTls | null) {
    this.#cloud = cloud;
    this.#tls = tls;
  }

  static async start(name: CloudName, tls: CloudTls | null = null): Promise<CloudBroker> {
    const broker = new CloudBroker(CLOUDS[name], tls);
    await broker.#listen();
    return broker;
  }

  async #listen(): Promise<void> {
    const cloud = this.#cloud;
    const aedes = await Aedes.createBroker({
      concurrency: 1000,
      authenticate: (client, username, _password, done) => {
        const fault = this.#tlsFault(client.id, client.conn);
        if (fault !== null) this.faults.push(fault);
        const admitted = fault === null && cloud.admits(client.id, username ?? "");
        if (!admitted) this.faults.push(`CONNECT of ${client.id} as ${username}`);
        done(null, admitted);
      },
      authorizeSubscribe: (client, subscription, done) => {
        const known = cloud.filters(client.id).includes(subscription.topic);
        if (!known) this.faults.push(`SUBSCRIBE of ${client.id} to ${subscription.topic}`);
        done(null, known ? subscription : null);
      },
      authorizePublish: (client, packet, done) => {
        // A broker publishes too: its own heartbeat.
        const replies =
          client === null
            ? null
            : cloud.replies(client.id, { topic: packet.topic, payload: packet.payload.toString() });
        if (client !== null && (replies === null || packet.retain)) {
          this.faults.push(`PUBLISH of ${client.id} to ${packet.topic}`);
          done(new Error("not authorized"));
          return;
        }
        done(null);
      },
    });
    aedes.on("clientReady", (client) => {
      this.accepted++;
      if (client.clean) this.#subscriptions.delete(client.id);
    });
    aedes.on("subscribe", (subscriptions, client) => {
      const filters = this.#subscriptions.get(client.id) ?? new Set();
      for (const { topic } of subscriptions) filters.add(topic);
      this.#subscriptions.set(client.id, filters);
    });
    aedes.on("publish", (packet, client) => {
      if (client === null) return;
      const { id: clientId } = client;
      const replies = this.#cloud.replies(clientId, {
        topic: packet.topic,
        payload: packet.payload.toString(),
      });
      if (replies === null) return;
      const nth = (this.requests.get(clientId) ?? 0) + 1;
      this.requests.set(clientId, nth);
      const { kind, delayMs = 0 } = this.reply({ clientId, nth });
      if (kind === "drop") return;
      const message = kind === "answer" ? replies.answer : replies.refusal;
      if (message === null) throw new Error("this cloud has no refusals");
      this.#after(delayMs, () => {
        const filters = [...(this.#subscriptions.get(clientId) ?? [])];
        if (!filters.some((filter) => matchesFilter(filter, message.topic))) {
          this.faults.push(`${clientId} has not subscribed to ${message.topic}`);
          return;
        }
        if (client.closed) return;
        this.sent[kind === "answer" ? "answers" : "rejections"]++;
        // The callback is optional in Aedes's types only.
        client.publish({ cmd: "publish", ...message, qos: 0, dup: false, retain: false }, () => {});
      });
    });
    this.#aedes = aedes;
    const server = this.#createServer((socket) => {
      aedes.handle(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, resolve);
    });
    this.#server = server;
  }

  #createServer(accept: (socket: Socket) => void): Server {
    if (this.#tls === null) return createServer({ noDelay: true }, accept);
    const { cert, key, ca, deviceName, alpn } = this.#tls;
    const wantsCertificate = deviceName !== null;
    const server = createTlsServer(
      {
        noDelay: true,
        cert,
        key,
        ca,
        requestCert: wantsCertificate,
        rejectUnauthorized: wantsCertificate,
        ...(alpn === null ? {} : { ALPNProtocols: [alpn] }),
      },
      accept,
    );
    // A device that was refused says so itself.
    let hasLeft = false;
    server.on("tlsClientError", (error) => {
      // The probe of a fleet whose devices have certificates of their own leaves once, after TCP.
      if (error.message === "socket hang up" && !hasLeft) hasLeft = true;
      else this.faults.push(`TLS: ${error.message}`);
    });
    return server;
  }

  /** What a cloud that asks for TLS would have refused of this connection. */
  #tlsFault(clientId: string, connection: unknown): string | null {
    if (this.#tls === null) return null;
    if (!(connection instanceof TLSSocket)) return `${clientId} came without TLS`;
    const { deviceName, alpn } = this.#tls;
    const { servername } = connection as { servername?: unknown };
    if (servername !== CLOUD_HOST) return `${clientId} asked for ${String(servername)} (SNI)`;
    if (alpn !== null && connection.alpnProtocol !== alpn)
      return `${clientId} spoke ${String(connection.alpnProtocol)} (ALPN)`;
    const name = String(connection.getPeerCertificate().subject?.CN);
    if (deviceName !== null && name !== deviceName(clientId))
      return `${clientId} has the certificate of ${name}`;
    this.overTls++;
    return null;
  }

  #after(delayMs: number, callback: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
  }

  get url(): string {
    const [scheme, host] = this.#tls === null ? ["mqtt", "127.0.0.1"] : ["mqtts", CLOUD_HOST];
    return `${scheme}://${host}:${(this.#server?.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await new Promise<void>((resolve) => this.#aedes?.close(resolve));
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}
