import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { loadS3 } from "../../../engine/src/rendezvous/s3.ts";

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

describe("Artillery's client of S3", () => {
  it("is found beside this package", () => {
    expect(loadS3(import.meta.url).S3Client).toBeTypeOf("function");
  });

  it("is found below Artillery's own package", () => {
    const folder = mkdtempSync(join(tmpdir(), "sdk-"));
    write(join(folder, "node_modules/artillery/package.json"), "{}");
    const sdk = join(folder, "node_modules/artillery/node_modules/@aws-sdk/client-s3/index.js");
    write(sdk, "exports.S3Client = 'its own';");
    expect(loadS3(pathToFileURL(join(folder, "engine.js")).href).S3Client).toBe("its own");
  });

  it("is missed in one line", () => {
    const nowhere = pathToFileURL(join(mkdtempSync(join(tmpdir(), "no-sdk-")), "engine.js")).href;
    expect(() => loadS3(nowhere)).toThrow(
      /^config\.engines\.mqtt\.rendezvous: s3 needs @aws-sdk\/client-s3, which comes with Artillery, and it is not found/,
    );
  });
});
