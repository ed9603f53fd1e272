import { parseArgs } from "node:util";

/**
 * Whether Artillery's own `--quiet` was given, which it hands to no plugin. Then nothing is printed but what fails the run.
 *
 * @param argv the process's, with the paths of Node and of Artillery
 */
export function isQuiet(argv: readonly string[]): boolean {
  const { values } = parseArgs({
    args: argv.slice(2),
    // Those of Artillery that take no value may share a dash with it: -qk.
    options: {
      quiet: { type: "boolean", short: "q" },
      insecure: { type: "boolean", short: "k" },
    },
    strict: false,
    allowPositionals: true,
  });
  return values["quiet"] === true;
}
