import { maskUrl } from "../secrets/secret-text.ts";
import type { MqttTlsOptions } from "../transport/mqtt-tls-options.ts";
import { type LabChild, type OnEnded, startChild } from "./child.ts";

export interface ConfigServiceOptions {
  /** Topic filter of requests. */
  requestTopic: string;
  /** Answers go here unless a request carries MQTT 5's response topic; `$1` is the first wildcard's text. */
  responseTopic: string;
  payload: string;
  /** Answers per second. */
  capacity: number;
  /** Requests waiting at most; one that comes beyond is dropped. */
  queueLimit: number;
  scaleUp?: { afterMs: number; to: number };
}

/** The back end that the embedded broker asks for every CONNECT before its CONNACK. */
export interface AuthOptions {
  /** Answers per second. */
  capacity: number;
  /** Requests waiting at most; one that comes beyond is refused. */
  queueLimit: number;
  /** What it adds to every answer, however idle it is. */
  latencyMs: number;
  scaleUp?: { afterMs: number; to: number };
}

/** What the config service's process hears. */
export interface ConfigServiceSettings extends ConfigServiceOptions {
  /** The URL has no user name and password: it is named in messages. */
  target: string;
  protocolVersion: 4 | 5;
  username?: string;
  password?: string;
  tls?: MqttTlsOptions;
  /** Nobody else answers requests at this broker. */
  isAlone: boolean;
}

export interface LabOptions {
  /** Start the embedded broker; otherwise `target` names the broker. */
  broker: boolean;
  /** The embedded broker speaks TLS. */
  brokerTls?: boolean;
  /** Only for the embedded broker: who may connect is asked of a back end. */
  auth?: AuthOptions;
  /** The config service reaches `target` by this. */
  tls?: MqttTlsOptions;
  target?: string;
  /** 4 unless given; the embedded broker speaks nothing else. */
  protocolVersion?: 4 | 5;
  username?: string;
  password?: string;
  configService: ConfigServiceOptions | null;
}

export interface Lab {
  /** `mqtt://host:port` that devices connect to. */
  target: string;
  /** `http://host:port` of the config service; null where it is not started. */
  http: string | null;
  /** `http://host:port` of the auth service; null where it is not started. */
  auth: string | null;
  /** Certificate of the embedded broker, PEM; null where it speaks no TLS or is not there. */
  certificate: string | null;
  /** One line: what was started. */
  description: string;
  stop(): Promise<void>;
}

/**
 * The embedded broker and the config service, each a child process of this one. They end with it whatever happens.
 * Rejects with what could not be started and why; nothing is then left running.
 *
 * @param onEnded called for one that ends by itself while the run goes on
 */
export async function startLab(options: LabOptions, onEnded: OnEnded = () => {}): Promise<Lab> {
  const children: LabChild[] = [];
  const started: string[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
  };
  try {
    let target = options.target ?? "";
    let http: string | null = null;
    let certificate: string | null = null;
    let auth: string | null = null;
    if (options.broker && options.auth !== undefined) {
      const service = await startChild("auth-service", options.auth, onEnded);
      children.push(service);
      auth = `http://127.0.0.1:${service.port}`;
      const { latencyMs } = options.auth;
      const slow = latencyMs === 0 ? "" : `, ${latencyMs} ms each`;
      started.push(`auth service at ${auth}, ${powerOf(options.auth)}${slow} (pid ${service.pid})`);
    }
    if (options.broker) {
      const broker = await startChild("broker", { tls: options.brokerTls ?? false, auth }, onEnded);
      children.push(broker);
      certificate = broker.certificate ?? null;
      target = `${certificate === null ? "mqtt" : "mqtts"}://127.0.0.1:${broker.port}`;
      started.push(`Aedes broker at ${target} (pid ${broker.pid})`);
    }
    if (options.configService !== null) {
      const { configService } = options;
      const access = accessTo(
        target,
        certificate === null ? options : { ...options, tls: { rejectUnauthorized: true, ca: [certificate] } },
      );
      const settings: ConfigServiceSettings = { ...configService, ...access, isAlone: options.broker };
      const service = await startChild("config-service", settings, onEnded);
      children.push(service);
      http = `http://127.0.0.1:${service.port}`;
      const power = powerOf(configService);
      const standsBy = service.standsBy
        ? "; it stands by: another config service answers these requests at this broker"
        : "";
      started.push(
        `config service of ${maskUrl(access.target)} and at ${http}, ${power} (pid ${service.pid})${standsBy}`,
      );
    }
    return {
      target: maskUrl(target),
      http,
      auth,
      certificate,
      description: `mqtt lab: ${started.join("; ") || "nothing to start"}`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function powerOf({
  capacity,
  queueLimit,
  scaleUp,
}: Pick<AuthOptions, "capacity" | "queueLimit" | "scaleUp">): string {
  const scaling = scaleUp === undefined ? "" : `, ${scaleUp.to}/s after ${scaleUp.afterMs / 1000} s of load`;
  return `${capacity} answers/s${scaling}, ${queueLimit} waiting at most`;
}

type Access = Pick<ConfigServiceSettings, "target" | "protocolVersion" | "username" | "password" | "tls">;

/** User name and password apart from the URL, which descriptions and errors name. */
function accessTo(target: string, options: LabOptions): Access {
  const url = new URL(target);
  const username = options.username ?? decodeURIComponent(url.username);
  const password = options.password ?? decodeURIComponent(url.password);
  url.username = "";
  url.password = "";
  return {
    target: url.href,
    protocolVersion: options.broker ? 4 : (options.protocolVersion ?? 4),
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  };
}
