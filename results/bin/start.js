import { readFileSync } from "node:fs";

const manifest = new URL("../package.json", import.meta.url);
const { ["artillery-engine-mqtt"]: engine } = JSON.parse(readFileSync(manifest, "utf8")).peerDependencies;

try {
  await import("../dist/cli.js");
} catch (error) {
  const isMissing =
    error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes("'artillery-engine-mqtt'");
  if (!isMissing) throw error;
  process.stderr.write(
    `mqtt-results needs artillery-engine-mqtt ${engine} beside it: install both packages\n`,
  );
  process.exitCode = 3;
}
