import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { GrowingText, type TextState } from "../../../../results/src/live/growing-text.ts";
import { temporaryDirectory } from "../../../support/run-files.ts";

function follow(mostBytes = 1e9, mostRowBytes = 1e6) {
  const path = join(temporaryDirectory(), "rows.csv");
  const file = new GrowingText(path, { mostBytes, mostRowBytes });
  const look = async (): Promise<{ state: TextState; text: string }> => {
    let text = "";
    const state = await file.read((piece) => {
      text += piece;
    });
    return { state, text };
  };
  return { path, look };
}

it("waits for a file, then reads what came since the last look, whole rows only", async () => {
  const { path, look } = follow();
  expect(await look()).toEqual({ state: "absent", text: "" });
  writeFileSync(path, "a,b\n1,2\n3,");
  expect(await look()).toEqual({ state: "read", text: "a,b\n1,2\n" });
  expect(await look()).toEqual({ state: "read", text: "" });
  appendFileSync(path, "4\n5,6\n");
  expect(await look()).toEqual({ state: "read", text: "3,4\n5,6\n" });
});

it("reads the same however the file was cut into writes: characters of several bytes, line ends in quotes", async () => {
  const text = 'tick,größe\n1,"zwei\nZeilen"\n2,"""q"" ,\n"\n3,🚀\n';
  const bytes = Buffer.from(text);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const { path, look } = follow();
      let read = "";
      let at = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
        appendFileSync(path, bytes.subarray(at, cut));
        at = cut;
        const piece = (await look()).text;
        expect(piece === "" || piece.endsWith("\n")).toBe(true);
        read += piece;
      }
      expect(read).toBe(text);
    }),
    { numRuns: 60 },
  );
});

it("says that the file is another one: replaced, cut short, gone", async () => {
  const replaced = follow();
  writeFileSync(replaced.path, "a\n1\n");
  await replaced.look();
  writeFileSync(`${replaced.path}.tmp`, "a\n1\n2\n3\n");
  renameSync(`${replaced.path}.tmp`, replaced.path);
  expect(await replaced.look()).toEqual({ state: "replaced", text: "" });

  const cut = follow();
  writeFileSync(cut.path, "a\n1\n2\n");
  await cut.look();
  truncateSync(cut.path, 2);
  expect((await cut.look()).state).toBe("replaced");

  const gone = follow();
  writeFileSync(gone.path, "a\n");
  await gone.look();
  rmSync(gone.path);
  expect((await gone.look()).state).toBe("replaced");
});

it("reads a long file in pieces, and no more of it than it may", async () => {
  const { path, look } = follow(700_000);
  const rows = Array.from({ length: 100_000 }, (_, i) => `${i},x\n`).join("");
  writeFileSync(path, rows);
  const { text } = await look();
  expect(rows.startsWith(text)).toBe(true);
  expect(text.length).toBeGreaterThan(699_900);
  expect(text.length).toBeLessThanOrEqual(700_000);
});

it("keeps no row that never ends, and follows nothing but a plain file", async () => {
  const { path, look } = follow(1e9, 1000);
  writeFileSync(path, "x".repeat(5000));
  expect((await look()).text).toBe("");
  appendFileSync(path, "\nwhole\n");
  expect((await look()).text).toBe("\nwhole\n");
  const folder = follow();
  mkdirSync(folder.path);
  await expect(folder.look()).rejects.toThrow("is not a plain file");
});
