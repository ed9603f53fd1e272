/** Every command of the pages for users exists, with options that it has; what costs little is run, what is not is named with its reason. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { programOf } from "../../../results/src/commands/program.ts";
import { command, forecastCommand, scriptOf } from "../../support/forecast-command.ts";
import { inlineCodeOf, ROOT, USER_BLOCKS, USER_PAGES } from "../../support/pages.ts";
import { commandsOf } from "../../support/shell-words.ts";

interface PageCommand {
  page: string;
  line: number;
  text: string;
  words: string[];
}

const commands: PageCommand[] = USER_BLOCKS.flatMap(({ page, line, language, text }) => {
  const shells = language === "sh" ? [text] : language === "yaml" ? runsOfWorkflow(text) : [];
  return shells.flatMap((shell) => commandsOf(shell).map((one) => ({ page, line, ...one })));
});

/** What the steps of a workflow run. */
function runsOfWorkflow(yaml: string): string[] {
  if (!/^jobs:/m.test(yaml)) return [];
  const jobs: Record<string, { steps: { run?: string }[] }> = parse(yaml).jobs;
  return Object.values(jobs).flatMap(({ steps }) =>
    steps.flatMap(({ run }) => (run === undefined ? [] : [run])),
  );
}

const { scripts: SCRIPTS }: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(join(ROOT, "package.json"), "utf8"),
);

/** Artillery exports none of its own command line. */
const RUN_OF_ARTILLERY = pathToFileURL(join(ROOT, "node_modules/artillery/dist/lib/cmds/run.js")).href;

/** A shell's own words, and tools of others: that they are spelled right is not ours to know. */
const OTHERS = [
  "aws",
  "cd",
  "cp",
  "do",
  "docker",
  "echo",
  "export",
  "for",
  "kubectl",
  "mkdir",
  "sed",
  "wait",
];

/** What the pages call a script of the reader's own. */
const READERS_SCRIPTS = [
  "fleet.yml",
  "forecast.yml",
  "mass-reconnect.yml",
  "my-fleet.yml",
  "script.yml",
  "storm.yml",
];

/** The command behind `npx`, `pnpm exec` and `yarn run`; that of others as it is. */
function programOfWords([first = "", second = "", ...rest]: readonly string[]): [string, string[]] {
  if (first === "npx") return [second, rest];
  const isRunner = (first === "pnpm" && second === "exec") || (first === "yarn" && second === "run");
  if (isRunner) return [rest[0] ?? "", rest.slice(1)];
  return [first, [second, ...rest].filter((word) => word !== "")];
}

const placed = commands.map((one) => [`${one.page}:${one.line} ${one.text}`, one] as const);

it("are many", () => {
  expect(commands.length).toBeGreaterThan(60);
  const first = [...new Set(commands.map(({ words }) => programOfWords(words)[0]))];
  expect(first).toEqual(expect.arrayContaining(["artillery", "mqtt-results", "npm"]));
});

it("stand in blocks that say so", () => {
  const silent = USER_BLOCKS.filter(
    ({ language, text }) => language === "" && /^(\$ )?(npx|npm|yarn|pnpm|kubectl|docker) /m.test(text),
  );
  expect(silent.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});

describe("exist, with their options", () => {
  it.each(placed)("%s", async (_where, { words }) => {
    const [program, args] = programOfWords(words);
    if (program === "mqtt-results") expectCommandOfResults(args);
    else if (program === "artillery") await expectRunOfArtillery(args);
    else if (program === "npm" && args[0] === "run") expect(Object.keys(SCRIPTS)).toContain(args[1]);
    else if (program === "npm") expect(["ci", "init", "install", "pack", "test"]).toContain(args[0]);
    else if (program === "pnpm" || program === "yarn") expect(args[0]).toBe("add");
    else expect(OTHERS).toContain(program);
  });

  it("options that are not there are found", async () => {
    expect(() => expectCommandOfResults(["forecast", "a.yml", "--device", "5"])).toThrow();
    expect(() => expectCommandOfResults(["forecast", "a.yml", "--scale", "all"])).toThrow();
    expect(() => expectCommandOfResults(["diff", "one"])).toThrow();
    expect(() => expectCommandOfResults(["shows", "one"])).toThrow();
    await expect(expectRunOfArtillery(["run", "--quite", "storm.yml"])).rejects.toThrow();
    await expect(expectRunOfArtillery(["run", "scenarios/nowhere.yml"])).rejects.toThrow();
  });

  function expectCommandOfResults([name = "", ...args]: readonly string[]): void {
    const one = commandOfResults(name);
    const { operands, unknown } = one.parseOptions([...args]);
    expect(unknown).toEqual([]);
    const { registeredArguments } = one;
    expect(operands.length).toBeGreaterThanOrEqual(
      registeredArguments.filter(({ required }) => required).length,
    );
    if (!registeredArguments.some(({ variadic }) => variadic)) {
      expect(operands.length).toBeLessThanOrEqual(registeredArguments.length);
    }
    for (const operand of operands) expectScript(operand);
  }

  async function expectRunOfArtillery([name, ...args]: readonly string[]): Promise<void> {
    expect(name).toBe("run");
    const { default: run } = (await import(RUN_OF_ARTILLERY)) as unknown as {
      default: { flags: Record<string, { char?: string; type: string }> };
    };
    const flags = Object.entries(run.flags).flatMap(([long, { char, type }]) => {
      const names = char === undefined ? [`--${long}`] : [`--${long}`, `-${char}`];
      return names.map((flag) => [flag, type === "option"] as const);
    });
    const takesValue = new Map(flags);
    const operands: string[] = [];
    for (let i = 0; i < args.length; i++) {
      const word = args[i] ?? "";
      if (!word.startsWith("-")) operands.push(word);
      else expect([...takesValue.keys()]).toContain(word);
      if (takesValue.get(word)) i++;
    }
    expect(operands).toHaveLength(1);
    expectScript(operands[0] ?? "");
  }

  /** A script of the repository is there; a reader's own has one of a few names. */
  function expectScript(path: string): void {
    if (!path.endsWith(".yml")) return;
    if (path.startsWith("/tmp/")) return;
    if (!READERS_SCRIPTS.includes(path)) expect(existsSync(join(ROOT, path)), path).toBe(true);
  }
});

function commandOfResults(name: string): ReturnType<typeof programOf> {
  const program = programOf({ out: () => {}, err: () => {}, colour: false }, () => {});
  const one = program.commands.find((known) => known.name() === name);
  if (one === undefined) throw new Error(`mqtt-results has no ${name}`);
  return one;
}

describe("that stand in sentences have the options that they name", () => {
  const inSentences = USER_PAGES.flatMap(inlineCodeOf)
    .filter(({ text }) => /^(npx |npm run |mqtt-results |artillery run )/.test(text))
    .flatMap(({ page, line, text }) =>
      commandsOf(text).map(({ words }) => [`${page}:${line} ${text}`, words] as const),
    );

  it("are many", () => expect(inSentences.length).toBeGreaterThan(50));

  /** Sentences leave out what an option is given, and what a command is for. */
  function expectOptionsOfResults([name = "", ...args]: readonly string[]): void {
    if (["", "COMMAND", "…"].includes(name) || name.startsWith("-")) return;
    const known = [...commandOfResults(name).options.map(({ long }) => long), "--help"];
    expect(known).toEqual(expect.arrayContaining(args.filter((word) => word.startsWith("--"))));
  }

  it.each(inSentences)("%s", async (_where, words) => {
    const [program, args] = programOfWords(words);
    if (program === "mqtt-results") expectOptionsOfResults(args);
    else if (program === "npm" && args[0] === "run") expect(Object.keys(SCRIPTS)).toContain(args[1]);
    else if (program === "vitest") expect(existsSync(join(ROOT, args.at(-1) ?? "")), args.at(-1)).toBe(true);
    else expect([...OTHERS, "artillery", "head", "node", "npm"]).toContain(program);
  });
});

/** What is run elsewhere, or not at all, and why. */
const NOT_HERE: readonly { why: string; is: (one: PageCommand) => boolean }[] = [
  {
    why: "run by test/unit/results/guides.test.ts, or by nobody for it takes a minute: forecasts by the dozen",
    is: ({ text }) => text.includes("mqtt-results forecast") && text.includes("--find"),
  },
  {
    why: "a forecast of a million devices takes minutes",
    is: ({ text }) =>
      text.includes("mqtt-results forecast") && /--devices \d+M|--fraction 0\.25,0\.5,1|--policy/.test(text),
  },
  {
    why: "rests on a run of calibrate.yml, or on a measured one: test/unit/results/commands, test/unit/forecast/calibration.test.ts",
    is: ({ text }) => /mqtt-results forecast .*--(calibrate|against)/.test(text),
  },
  {
    why: "the guide's own project: run by test/install/rehearse-your-own-fleet.test.ts",
    is: ({ page }) => page === "results/docs/rehearse-your-own-fleet.md",
  },
  {
    why: "run, and held against what stands below it, by test/unit/results/guides.test.ts",
    is: ({ page, text }) =>
      /(it-spirals|how-to-cache-configuration)\.md$/.test(page) && text.includes("mqtt-results forecast"),
  },
  {
    why: "makes a script of another: run with what follows it by test/unit/results/guides.test.ts",
    is: ({ words }) => words[0] === "sed",
  },
  {
    why: "the files of several machines: test/e2e/several-machines.test.ts",
    is: ({ words }) => words.includes("merged"),
  },
  {
    why: "goes on until Ctrl-C: test/unit/results/commands/watch.test.ts, test/e2e/live-browser.test.ts",
    is: ({ text }) => /mqtt-results watch/.test(text),
  },
  {
    why: "AWS: test/fargate, with an emulation",
    is: ({ text, words }) => /mqtt-results (fargate|fetch|report s3)/.test(text) || words[0] === "aws",
  },
  {
    why: "a run of a minute: test/e2e and test/truth have these scenarios, test/install the README's own script",
    is: ({ words }) => programOfWords(words)[0] === "artillery",
  },
  {
    why: "packs and installs: test/install",
    is: ({ words }) => ["npm", "pnpm", "yarn"].includes(words[0] ?? "") && words[1] !== "run",
  },
  {
    why: "minutes, brokers or other machines: scripts of package.json",
    is: ({ words }) => words[0] === "npm" && words[1] === "run",
  },
  {
    why: "a shell's own, or a tool of others",
    is: ({ words }) => OTHERS.includes(words[0] ?? "") && !["sed", "aws"].includes(words[0] ?? ""),
  },
];

const isRunHere = (one: PageCommand): boolean => !NOT_HERE.some(({ is }) => is(one));

describe("that cost little are run", () => {
  let directory: string;
  beforeAll(async () => {
    const made = await forecastCommand([scriptOf()]);
    directory = made.directory;
  });

  it("and no reason against it is out of date", () => {
    expect(NOT_HERE.filter(({ is }) => !commands.some(is)).map(({ why }) => why)).toEqual([]);
  });

  it.each(placed.filter(([, one]) => isRunHere(one)))(
    "%s",
    async (_where, { words }) => {
      const [program, args] = programOfWords(words);
      expect(program).toBe("mqtt-results");
      const aRun = /^mqtt-results\/\S+$/;
      const here = args.map((word) =>
        aRun.test(word) ? directory : word.startsWith("scenarios/") ? join(ROOT, word) : word,
      );
      const output = mkdtempSync(join(tmpdir(), "page-command-"));
      const { code, out, err } = await command(args[0] === "forecast" ? [...here, "--output", output] : here);
      expect(err).not.toMatch(/error:/);
      // 4 and 5 are answers.
      expect([0, 4, 5], out + err).toContain(code);
      expect(out).toMatch(/mass reconnect|Mass reconnect/);
    },
    60_000,
  );
});

describe("JavaScript of the pages", () => {
  const scripts = USER_BLOCKS.filter(({ language }) => ["js", "ts"].includes(language));
  const folder = mkdtempSync(join(ROOT, "node_modules", ".page-snippets-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("passes the type checker", () => {
    expect(scripts.length).toBeGreaterThan(1);
    const files = scripts.map(({ language, text }, i) => {
      const path = join(folder, `${i}.m${language}`);
      writeFileSync(path, text);
      return path;
    });
    const options = [
      "--ignoreConfig",
      "--noEmit",
      "--allowJs",
      "--checkJs",
      "--strict",
      "--noImplicitAny",
      "false",
    ];
    const target = ["--module", "nodenext", "--target", "es2023", "--types", "node"];
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const { stdout } = spawnSync(tsc, [...options, ...target, ...files], { encoding: "utf8", cwd: ROOT });
    expect(stdout).toBe("");
  });
});
