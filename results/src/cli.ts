import pc from "picocolors";
import { endWhenReaderLeaves } from "./commands/closed-pipe.ts";
import { runCommand } from "./commands/program.ts";

endWhenReaderLeaves([process.stdout, process.stderr], (code) => process.exit(code));

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  // Picocolors knows NO_COLOR, FORCE_COLOR, --no-color, and whether standard output is a terminal.
  colour: pc.isColorSupported,
});
