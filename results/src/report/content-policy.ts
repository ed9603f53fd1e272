import { createHash } from "node:crypto";

/**
 * Nothing may be loaded from anywhere, and only these texts are style and script, whatever else got into the page. `script` is null
 * for a page that runs none. https://www.w3.org/TR/CSP3/
 */
export function contentPolicy(style: string, script: string | null): string {
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const scripts = script === null ? "" : `script-src ${hash(script)}; `;
  return `default-src 'none'; style-src ${hash(style)}; ${scripts}base-uri 'none'; form-action 'none'`;
}
