import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** PEM text is taken as it is; anything else is a path. RFC 7468. */
export function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

export type PemReader = (textOrPath: string) => string;

/** Reads PEM files, each once: a fleet of devices with certificates of their own reads each pair once. */
export function createPemReader(directory: string): PemReader {
  const files = new Map<string, string>();
  return (textOrPath) => {
    if (isPem(textOrPath)) return textOrPath;
    const path = resolve(directory, textOrPath);
    const known = files.get(path);
    if (known !== undefined) return known;
    const text = readFileSync(path, "utf8");
    files.set(path, text);
    return text;
  };
}
