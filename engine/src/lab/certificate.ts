import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/**
 * X.509 certificates for the lab and for tests: made when they are needed, so that no key is ever in the repository.
 * Node reads certificates but makes none; what is written here is the little DER that one takes. RFC 5280, X.690.
 */

export interface CertificateOptions {
  /** Common name of the subject. */
  name: string;
  /** Names and IPv4 addresses that it is valid for. */
  hosts?: readonly string[];
  /** May sign others. */
  authority?: boolean;
  /** Who signs it; itself unless given. */
  issuer?: Certificate;
  /** From a day ago (clocks differ) until then; 30 days from now unless given. */
  notAfter?: Date;
}

export interface Certificate {
  /** PEM. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
  name: string;
  privateKey: KeyObject;
}

const DAY_MS = 86_400_000;

// Object identifiers, already in DER.
const ECDSA_WITH_SHA256 = sequence(Buffer.from("06082a8648ce3d040302", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");
const BASIC_CONSTRAINTS = Buffer.from("0603551d13", "hex");
const SUBJECT_ALT_NAME = Buffer.from("0603551d11", "hex");

/** An ECDSA P-256 certificate and its key. */
export function createCertificate(options: CertificateOptions): Certificate {
  const { name, hosts = [], authority = false, issuer } = options;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const now = Date.now();
  const notAfter = options.notAfter ?? new Date(now + 30 * DAY_MS);
  const notBefore = new Date(Math.min(now, notAfter.getTime()) - DAY_MS);
  const extensions = [
    extension(
      BASIC_CONSTRAINTS,
      sequence(authority ? der(0x01, Buffer.from([0xff])) : Buffer.alloc(0)),
      true,
    ),
    ...(hosts.length === 0 ? [] : [extension(SUBJECT_ALT_NAME, sequence(...hosts.map(hostName)), false)]),
  ];
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    serialNumber(),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer?.name ?? name),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", content, issuer?.privateKey ?? privateKey);
  const cert = sequence(content, ECDSA_WITH_SHA256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    cert: pem(cert),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    name,
    privateKey,
  };
}

/** Tag, length, content. */
function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...parts: Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Positive and of constant length: the first byte is from 0x40 to 0x7f. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] as number) & 0x3f);
  return der(0x02, bytes);
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(name)))));
}

/** UTCTime, for years up to 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, "");
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function extension(identifier: Buffer, value: Buffer, critical: boolean): Buffer {
  const mark = critical ? der(0x01, Buffer.from([0xff])) : Buffer.alloc(0);
  return sequence(identifier, mark, der(0x04, value));
}

function hostName(host: string): Buffer {
  return isIPv4(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, Buffer.from(host));
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) as string[];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
