import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/**
 * X.509 certificates for the lab, for tests and for brokers that are compared: made when they are needed, so that no key is
 * ever in the repository. RFC 5280.
 */

export interface CertificateOptions {
  /** Common name of the subject. */
  name: string;
  /** Names and addresses that it is valid for. */
  hosts?: readonly string[];
  /** May sign others. */
  authority?: boolean;
  /** Who signs it; itself unless given. */
  issuer?: Certificate;
  /** The certificate is valid from a day ago (clocks differ) until then; 30 days from now unless given. */
  notAfter?: Date;
}

export interface Certificate {
  /** PEM. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
  /** Distinguished name of the subject. */
  subject: string;
  privateKey: webcrypto.CryptoKey;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** An ECDSA P-256 certificate and its key. */
export async function createCertificate(options: CertificateOptions): Promise<Certificate> {
  const { name, hosts = [], authority = false, issuer } = options;
  x509.cryptoProvider.set(webcrypto);
  const { publicKey, privateKey } = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const now = Date.now();
  const notAfter = options.notAfter ?? new Date(now + 30 * DAY_MS);
  const subject = new x509.Name([{ CN: [name] }]).toString();
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: new Date(Math.min(now, notAfter.getTime()) - DAY_MS),
    notAfter,
    publicKey,
    signingKey: issuer?.privateKey ?? privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(authority, undefined, true),
      ...(authority
        ? [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)]
        : []),
      ...(hosts.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(hosts.map(alternativeName))]),
    ],
  });
  return {
    cert: `${certificate.toString("pem")}\n`,
    key: `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY")}\n`,
    subject,
    privateKey,
  };
}

function alternativeName(host: string): { type: "ip" | "dns"; value: string } {
  return { type: isIP(host) === 0 ? "dns" : "ip", value: host };
}
