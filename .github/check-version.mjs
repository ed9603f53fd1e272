/** `node .github/check-version.mjs v1.2.3`: fails unless root, both packages and the plugin's peer are of that version. */
import { readFileSync } from "node:fs";

const read = (folder) =>
  JSON.parse(readFileSync(new URL(`../${folder}package.json`, import.meta.url), "utf8"));
const tag = process.argv[2] ?? "";
const found = {
  "package.json": read("").version,
  "engine/package.json": read("engine/").version,
  "results/package.json": read("results/").version,
  "results/package.json, its peer artillery-engine-mqtt":
    read("results/").peerDependencies["artillery-engine-mqtt"],
};
const wrong = Object.entries(found).filter(([, version]) => `v${version}` !== tag);
for (const [where, version] of wrong) console.error(`${where}: ${version}, the tag is ${tag}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
