import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
} from "node:tls";
import type { PemReader } from "./pem.ts";
import type { ClientCertificate } from "./transport.ts";

/** What TLS connections need, read and checked. Holds secrets: never printed, never written. */
export interface TlsMaterial {
  /** PEM; null for the authorities that Node knows. */
  ca: string[] | null;
  /** All devices that have none of their own use it. */
  certificate: ClientCertificate | null;
  /** It opens every key that is encrypted. */
  passphrase: string | null;
  /** Asked for (SNI) and verified; null for the target's host. */
  serverName: string | null;
  minVersion: SecureVersion | null;
  alpn: readonly string[];
  /** Nothing is verified. */
  insecure: boolean;
}

export const NO_TLS_SETTINGS: TlsMaterial = {
  ca: null,
  certificate: null,
  passphrase: null,
  serverName: null,
  minVersion: null,
  alpn: [],
  insecure: false,
};

/** A context takes tens of kilobytes: one for all devices, or one for each that was used last. */
const MOST_CONTEXTS = 1024;

/** Secure contexts by client certificate; the least recently used ones are made again when they are needed. */
export class SecureContexts {
  readonly #material: TlsMaterial;
  readonly #pem: PemReader;
  readonly #contexts = new Map<string, SecureContext>();
  #shared: SecureContext | null = null;

  constructor(material: TlsMaterial, pem: PemReader) {
    this.#material = material;
    this.#pem = pem;
  }

  /** Throws where the certificate or key cannot be read or used. */
  of(certificate: ClientCertificate | null): SecureContext {
    if (certificate === null) {
      this.#shared ??= this.#create(this.#material.certificate);
      return this.#shared;
    }
    const name = `${certificate.cert}\u0000${certificate.key}`;
    let context = this.#contexts.get(name);
    if (context === undefined) {
      context = this.#create(certificate);
      const [oldest] = this.#contexts.keys();
      if (oldest !== undefined && this.#contexts.size >= MOST_CONTEXTS) this.#contexts.delete(oldest);
    } else {
      this.#contexts.delete(name);
    }
    this.#contexts.set(name, context);
    return context;
  }

  #create(certificate: ClientCertificate | null): SecureContext {
    const { ca, passphrase, minVersion } = this.#material;
    const options: SecureContextOptions = {};
    if (ca !== null) options.ca = ca;
    if (minVersion !== null) options.minVersion = minVersion;
    if (certificate !== null) {
      options.cert = this.#pem(certificate.cert);
      options.key = this.#pem(certificate.key);
      if (passphrase !== null) options.passphrase = passphrase;
    }
    return createSecureContext(options);
  }
}
