/** The pages of the repository for users, and what stands in their fenced blocks. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

const ofFolder = (folder: string): string[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);

/** From the repository's root. */
export const USER_PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "engine/README.md",
  ...ofFolder("engine/docs"),
  "results/README.md",
  ...ofFolder("results/docs"),
  "scenarios/README.md",
  "scenarios/kubernetes/README.md",
  "benchmarks/README.md",
  "benchmarks/brokers/README.md",
  "benchmarks/peers/README.md",
  "SECURITY.md",
];

export interface Block {
  page: string;
  /** Of its fence, counted from 1. */
  line: number;
  /** Empty where the fence names none. */
  language: string;
  text: string;
}

export function blocksOf(page: string): Block[] {
  const whole = readFileSync(join(ROOT, page), "utf8");
  return [...whole.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = "", language = "", text = ""] = match;
    const line = whole.slice(0, match.index).split("\n").length;
    return { page, line, language, text: text.replaceAll(new RegExp(`^${indent}`, "gm"), "") };
  });
}

export const USER_BLOCKS: readonly Block[] = USER_PAGES.flatMap(blocksOf);

/** Code within a sentence, with its line. */
export function inlineCodeOf(page: string): { page: string; line: number; text: string }[] {
  let isInBlock = false;
  return readFileSync(join(ROOT, page), "utf8")
    .split("\n")
    .flatMap((whole, i) => {
      if (/^\s*```/.test(whole)) isInBlock = !isInBlock;
      if (isInBlock) return [];
      return [...whole.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => ({ page, line: i + 1, text }));
    });
}
