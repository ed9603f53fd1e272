import pc from "picocolors";
import { runCommand } from "./commands/program.ts";

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  // Picocolors knows NO_COLOR, FORCE_COLOR, --no-color, and whether standard output is a terminal.
  colour: pc.isColorSupported,
});
