import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import type { VuContext } from "../artillery.ts";
import { compileTemplate, compileTextTemplate, type TextTemplate } from "./template.ts";

/** What is published: text, JSON, or bytes, which a script writes as base64, as hex digits or as a file. */

const BYTES_KEYS = ["base64", "hex", "file"] as const;
type BytesKey = (typeof BYTES_KEYS)[number];

const PAYLOAD_ALLOWED =
  "text, an object or list that is sent as JSON, or bytes: { base64: TEXT }, { hex: DIGITS } or { file: PATH }";

const ALLOWED: Record<BytesKey, string> = {
  base64: "base64 (RFC 4648, section 4)",
  hex: "hex digits, two for each byte",
  file: "the path of a file that can be read, from the working directory",
};

/** An object with one of these keys and no other is bytes. */
function bytesOf(value: unknown): { key: BytesKey; text: string } | null {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  const [key, text] = entries[0] ?? [];
  const known = BYTES_KEYS.find((name) => name === key);
  return entries.length === 1 && known !== undefined && typeof text === "string"
    ? { key: known, text }
    : null;
}

/** Whether a script writes it as bytes, which stay bytes even where they are those of a text. */
export function isWrittenAsBytes(payload: unknown): boolean {
  return bytesOf(payload) !== null;
}

export const messagePayload: z.ZodType<unknown> = z
  .union([z.string(), z.number(), z.boolean(), z.record(z.string(), z.unknown()), z.array(z.unknown())], {
    error: PAYLOAD_ALLOWED,
  })
  .superRefine(refuseBadBytes);

/** What can be known of bytes before variables have values. */
export function refuseBadBytes(value: unknown, context: z.RefinementCtx): void {
  const bytes = bytesOf(value);
  if (bytes === null || bytes.text.includes("{{")) return;
  if (bytes.key === "file" ? !isFile(bytes.text) : READERS[bytes.key](bytes.text) === null)
    context.addIssue({ code: "custom", path: [bytes.key], message: ALLOWED[bytes.key] });
}

/** Renders a payload for one device; null where its variables make no bytes of it. */
export type PayloadTemplate = (context: VuContext) => string | Buffer | null;

export function compilePayload(spec: unknown): PayloadTemplate {
  const bytes = bytesOf(spec);
  if (bytes === null) {
    const body = compileTemplate(spec);
    return (context) => asPayload(body(context));
  }
  const read = READERS[bytes.key];
  if (bytes.text.includes("{{")) {
    const text: TextTemplate = compileTextTemplate(bytes.text);
    return (context) => read(text(context));
  }
  // Once for all devices.
  const constant = read(bytes.text);
  return () => constant;
}

/** Gives text and bytes as they are, anything else as JSON. */
export function asPayload(value: unknown): string | Buffer {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return asBuffer(value);
  // JSON has nothing for a function, or for what its own toJSON makes nothing of.
  return JSON.stringify(value) ?? "";
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const READERS: Record<BytesKey, (text: string) => Buffer | null> = {
  base64: readBase64,
  hex: readHex,
  file: readWhole,
};

/** Node's own decoder takes whatever it is given. */
function readBase64(text: string): Buffer | null {
  const digits = text.trim();
  return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(digits)
    ? Buffer.from(digits, "base64")
    : null;
}

function readHex(text: string): Buffer | null {
  const digits = text.replace(/\s/g, "");
  return digits.length % 2 === 0 && /^[0-9a-f]*$/i.test(digits) ? Buffer.from(digits, "hex") : null;
}

/** Files that were read, each once: a fleet publishes the same few. */
const FILES = new Map<string, Buffer>();
const MOST_FILES = 1000;

function readWhole(path: string): Buffer | null {
  const known = FILES.get(path);
  if (known !== undefined) return known;
  try {
    const bytes = readFileSync(path);
    if (FILES.size < MOST_FILES) FILES.set(path, bytes);
    return bytes;
  } catch {
    return null;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
