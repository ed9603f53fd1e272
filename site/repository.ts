/** This repository as its pages see it. */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Repository } from "./links.ts";

export const ROOT = join(import.meta.dirname, "..");

export const repository: Repository = {
  read(path) {
    return this.kind(path) === "file" ? readFileSync(join(ROOT, path), "utf8") : null;
  },
  kind(path) {
    const found = statSync(join(ROOT, path), { throwIfNoEntry: false });
    if (found === undefined) return null;
    return found.isDirectory() ? "folder" : "file";
  },
};

/** Markdown of the repository, whether or not it is committed yet. */
export function markdownFiles(): string[] {
  const git = ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"];
  const listed = execFileSync("git", git, { cwd: ROOT, encoding: "utf8" });
  // A page that was removed is still listed until that is committed.
  return listed.split("\n").filter((path) => path !== "" && repository.kind(path) === "file");
}
