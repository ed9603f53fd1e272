/** What a guide prints beside a command is what the command prints: figures and sentences are read out of the guide. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { REFUSAL_NAMES } from "../../../engine/src/transport/reason-codes.ts";
import { VERDICT_ABSENCES } from "../../../results/src/judge/verdict.ts";
import { errorWords } from "../../../results/src/report/words.ts";
import { forecastCommand } from "../../support/forecast-command.ts";
import { temporaryDirectory } from "../../support/run-files.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** A forecast of a script, or of what `sed` makes of one. */
const COMMAND = /^(?:(?<sed>sed '[^']+' \S+) > (?<made>\S+) && )?npx mqtt-results forecast (?<words>.*)$/;

/** The command of a guide that has these words, and what stands below it as its output, up to the next command. */
function shownFor(guide: string, words: string): { args: string[]; output: string[] } {
  const blocks = [...guide.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text = ""]) => {
    return { isCommand: language === "sh", isOutput: language === "", text };
  });
  const at = blocks.findIndex(({ isCommand, text }) => isCommand && text.includes(words));
  const command = blocks[at]?.text.trim() ?? "";
  const parts = COMMAND.exec(command)?.groups ?? expect.fail(`no forecast: ${command}`);
  const next = blocks.findIndex(({ isCommand }, i) => i > at && isCommand);
  const [path = "", ...args] = (parts["words"] ?? "").split(" ");
  const below = blocks.slice(at + 1, next === -1 ? undefined : next);
  const output = below.filter(({ isOutput }) => isOutput).map(({ text }) => text);
  const { sed, made } = parts;
  if (sed === undefined) return { args: [join(ROOT, path), ...args], output };
  expect(path).toBe(made);
  const changed = join(temporaryDirectory(), "changed.yml");
  writeFileSync(changed, execFileSync("sh", ["-c", sed], { cwd: ROOT }));
  return { args: [changed, ...args], output };
}

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** Rows of a table each by itself, for a guide leaves some out; sentences as a whole. */
function claimsOf(block: string): string[] {
  const lines = block.split("\n").filter((line) => line.trim() !== "");
  const isTable = lines.some((line) => /\S {2,}\S/.test(line));
  return isTable ? lines.map(inOneLine) : block.split(/\n\s*\n/).map(inOneLine);
}

it.each([
  ["how-large-a-loss.md", "--of broker"],
  ["which-back-off-to-ship.md", "scenarios/spiral.yml --find policy"],
  ["it-spirals.md", "scenarios/spiral.yml"],
  ["it-spirals.md", "scenarios/cached-config.yml"],
  ["it-spirals.md", "scenarios/spiral.yml --find capacity"],
  ["how-to-cache-configuration.md", "scenarios/cached-config.yml"],
  ["how-to-cache-configuration.md", "forecast /tmp/asks.yml"],
  ["how-to-cache-configuration.md", "asks.yml --devices 2k"],
  ["how-to-cache-configuration.md", "cached-config.yml --devices 2k"],
])(
  "%s: %s",
  async (name, words) => {
    const guide = readFileSync(join(ROOT, "results/docs", name), "utf8");
    const { args, output } = shownFor(guide, words);
    const { out } = await forecastCommand(args);
    const claims = output.flatMap(claimsOf);
    expect(claims.length).toBeGreaterThan(0);
    for (const claim of claims) expect(inOneLine(out)).toContain(claim);
  },
  120_000,
);

it("troubleshooting.md: what it says to look for is what a run says", () => {
  const page = readFileSync(join(ROOT, "results/docs/troubleshooting.md"), "utf8");
  const firstCells = [...page.matchAll(/^\| (.*?) \| /gm)].map(([, cell = ""]) => cell);
  const names = firstCells.flatMap((cell) =>
    [...cell.matchAll(/`([a-z0-9_.-]+)`/g)].map(([, name = ""]) => name),
  );
  expect(names.length).toBeGreaterThan(15);
  const known = (name: string): boolean =>
    (VERDICT_ABSENCES as readonly string[]).includes(name) ||
    REFUSAL_NAMES.includes(name.replace("connack.", "")) ||
    errorWords(name) !== "";
  expect(names.filter((name) => !known(name))).toEqual([]);
});
