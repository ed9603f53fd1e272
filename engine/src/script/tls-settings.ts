import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import { isPem, type PemReader } from "../transport/pem.ts";
import { NO_TLS_SETTINGS, type TlsMaterial } from "../transport/tls-material.ts";
import type { Problem } from "./problem.ts";
import { boolean } from "./scalars.ts";
import { text } from "./steps/step.ts";
import { describeKeys } from "./written-as.ts";

/** `config.engines.mqtt.tls`. */

/** RFC 7301 section 3.1: one byte of length. */
const protocolName = text.refine((name) => Buffer.byteLength(name) <= 255, {
  error: "a protocol name of at most 255 bytes",
});

const pem = z.string({ error: "PEM text, or the path of a PEM file" }).min(1, {
  error: "PEM text, or the path of a PEM file",
});
const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

export const tlsSettings = z
  .strictObject({
    /** Authorities that the broker's certificate may be of, instead of those that Node knows. */
    ca: z
      .union([pem, z.array(pem).min(1, { error: "a list of at least one" })], {
        error: "PEM text or the path of a PEM file, or a list of them",
      })
      .optional(),
    /** All devices have it; that of one device belongs into its `connect` step. */
    cert: pem.optional(),
    key: pem.optional(),
    passphrase: text.optional(),
    serverName: text
      .refine((name) => isIP(name) === 0, { error: "a name, not an address: RFC 6066 section 3" })
      .optional(),
    minVersion: z.enum(VERSIONS, { error: VERSIONS.join(", ") }).optional(),
    alpn: z
      .union([protocolName, z.array(protocolName).min(1, { error: "a list of at least one" })], {
        error: "a protocol name such as mqtt, or a list of them",
      })
      .optional(),
    insecure: boolean.default(false),
    resume: boolean.default(false),
  })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string): void => {
      context.addIssue({ code: "custom", path: [key], message });
    };
    if (value.cert !== undefined && value.key === undefined) refuse("key", "the key of tls.cert");
    if (value.key !== undefined && value.cert === undefined) refuse("cert", "the certificate of tls.key");
    if (value.insecure && value.ca !== undefined) {
      refuse("insecure", "false beside ca: a broker that is not verified needs no authority");
    }
  });

describeKeys(tlsSettings, {
  ca: "Authorities that the broker's certificate may be of: PEM text or paths of PEM files.",
  cert: "The certificate that all devices present: PEM text or the path of a PEM file.",
  key: "Its private key: PEM text or the path of a PEM file.",
  passphrase: "The passphrase of that key.",
  serverName: "The name that SNI carries and the certificate must have; the host of the target unless given.",
  minVersion: "The oldest version of TLS that devices speak.",
  alpn: "ALPN protocol names, one or a list of them.",
  insecure: "Certificates of the broker are not verified; false unless given.",
  resume: "Devices resume TLS sessions; false unless given.",
});

export type TlsSettings = z.output<typeof tlsSettings>;

/** What a scenario may set for its own devices. */
export const scenarioTlsSettings = describeKeys(z.strictObject({ resume: boolean.optional() }), {
  resume: "Whether devices of this scenario resume TLS sessions.",
});

const PATH = "config.engines.mqtt.tls";

/**
 * Reads and checks what the settings name. Everything that is wrong with it is found; no value of a key is ever in a
 * problem.
 */
export function loadTls(
  settings: TlsSettings | undefined,
  read: PemReader,
): { material: TlsMaterial; problems: Problem[] } {
  const problems: Problem[] = [];
  if (settings === undefined) return { material: NO_TLS_SETTINGS, problems };

  /** Null where it cannot be read or `check` throws. */
  const load = (key: string, value: string, allowed: string, check: (pem: string) => void): string | null => {
    try {
      const found = read(value);
      check(found);
      return found;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const reason = code === undefined ? {} : { hint: code };
      const shown = isPem(value) ? "PEM text" : value;
      problems.push({ path: `${PATH}.${key}`, value: shown, allowed, ...reason });
      return null;
    }
  };
  const certificate = (pem: string): void => {
    new X509Certificate(pem);
  };
  const authorities = settings.ca === undefined ? null : [settings.ca].flat();
  const ca = authorities?.map((value, i) =>
    load(
      Array.isArray(settings.ca) ? `ca[${i}]` : "ca",
      value,
      "a certificate in PEM, or the path of one",
      certificate,
    ),
  );
  const { passphrase = null } = settings;
  let pair: TlsMaterial["certificate"] = null;
  if (settings.cert !== undefined && settings.key !== undefined) {
    const cert = load("cert", settings.cert, "a certificate in PEM, or the path of one", certificate);
    const key = load("key", settings.key, KEY_ALLOWED, (pem) => {
      const privateKey = createPrivateKey(passphrase === null ? pem : { key: pem, passphrase });
      if (cert !== null && !new X509Certificate(cert).checkPrivateKey(privateKey)) throw new NotItsKey();
    });
    if (cert !== null && key !== null) pair = { cert, key };
  }
  const material: TlsMaterial = {
    ca: ca?.filter((pem) => pem !== null) ?? null,
    certificate: pair,
    passphrase,
    serverName: settings.serverName ?? null,
    minVersion: settings.minVersion ?? null,
    alpn: settings.alpn === undefined ? [] : [settings.alpn].flat(),
    insecure: settings.insecure,
  };
  return { material, problems };
}

const KEY_ALLOWED = "the private key of tls.cert in PEM, or the path of one, readable with tls.passphrase";

class NotItsKey extends Error {
  readonly code = "it is not the key of tls.cert";
}
