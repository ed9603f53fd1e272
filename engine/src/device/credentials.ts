import type { ClientCertificate } from "../transport/transport.ts";
import { credentialsProblem } from "./connect-packet.ts";

export interface DeviceCredentials {
  clientId: string;
  username: string | null;
  password: string | null;
  will?: Will;
  /** MQTT 5 user properties of CONNECT. */
  userProperties?: Record<string, string>;
}

/** What the server publishes for a device that did not take leave. MQTT 3.1.1 and 5.0, section 3.1.2.5. */
export interface Will {
  topic: string;
  payload: string | Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  /** This and what follows is for MQTT 5 alone; section 3.1.3.2. Seconds. */
  delayS?: number;
  messageExpiryS?: number;
  contentType?: string;
  responseTopic?: string;
  correlationData?: Buffer;
  payloadFormat?: "bytes" | "text";
  userProperties?: Record<string, string>;
}

/** Makes a device's credentials before an attempt: calls back once, with null where it could not. */
export type CredentialSource = (done: (credentials: DeviceCredentials | null) => void) => void;

/** Who a device says that it is. */
export class Identity {
  /** Used for the next CONNECT. */
  credentials: DeviceCredentials;
  /** Asked for the credentials before every attempt; null where they stay as they are. */
  source: CredentialSource | null = null;
  /** Used for mutual TLS; null for that of the settings. */
  certificate: ClientCertificate | null = null;
  /** The id that the server gave to a device without one: its own from then on. MQTT 5.0 section 3.2.2.3.7. */
  #assignedId: string | null = null;
  readonly #clean: boolean;

  /** @param clean whether the device begins every session anew */
  constructor(credentials: DeviceCredentials, clean: boolean) {
    this.credentials = credentials;
    this.#clean = clean;
  }

  /** Takes them for the next CONNECT and all that follow; false where no CONNECT can be made of them. */
  identify(credentials: DeviceCredentials): boolean {
    if (credentialsProblem(this.#clean, credentials) !== null) return false;
    this.credentials = credentials;
    return true;
  }

  /** The device's own, or the one that it was given by the server; empty before that. */
  get clientId(): string {
    const { clientId } = this.credentials;
    return clientId === "" ? (this.#assignedId ?? "") : clientId;
  }

  /** The id that it was given is not known any more. */
  forget(): void {
    this.#assignedId = null;
  }

  assign(clientId: string | undefined): void {
    this.#assignedId = clientId ?? this.#assignedId;
  }
}
