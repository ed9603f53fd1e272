#!/usr/bin/env node
// Committed, so that npm can link it before dist/ is built; without anything that an old Node does not parse.
const [major, minor] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  void import("./start.js");
} else {
  process.stderr.write(`mqtt-results: Node 22.18 or newer is needed; this is ${process.versions.node}\n`);
  process.exitCode = 1;
}
