import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseCsv } from "../../../../results/src/run/parse-csv.ts";

function parsed(text: string): { rows: string[][]; truncated: boolean } {
  const rows: string[][] = [];
  const { truncated } = parseCsv(text, (fields) => rows.push(fields));
  return { rows, truncated };
}

it("reads what RFC 4180 writers write, whatever the names", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 })), (rows) => {
      const text = rows.map(
        (row) => `${row.map((field) => `"${field.replaceAll('"', '""')}"`).join(",")}\r\n`,
      );
      expect(parsed(text.join(""))).toEqual({ rows, truncated: false });
    }),
  );
});

it("reads what another writer quotes only where it must", () => {
  const field = fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "a", "é", " "), maxLength: 5 });
  fc.assert(
    fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 })), (rows) => {
      const text = stringify(rows, { quoted_match: /[\r\n]/ });
      expect(parsed(text)).toEqual({ rows, truncated: false });
    }),
  );
});

it("takes a row that is beyond all bounds for one without fields, and reads on", () => {
  const rows = [["a", "b"], [], ["1", "2"]];
  const after = (row: string): ReturnType<typeof parsed> => parsed(`a,b\n${row}\n1,2\n`);
  expect(after(",".repeat(200_000_000))).toEqual({ rows, truncated: false });
  expect(after("x".repeat(100_000_000))).toEqual({ rows, truncated: false });
  expect(after('""'.repeat(50_000_000))).toEqual({ rows, truncated: false });
  expect(after(",".repeat(100))).toEqual({ rows, truncated: false });
  expect(after(`"",${",".repeat(99)}`)).toEqual({ rows, truncated: false });
});

it("reads on behind a quote that is not closed, and a field that goes on behind its quotes", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `${i},2\n`).join("");
  const { rows, truncated } = parsed(`a,b\n1,"2\n${many}`);
  expect([rows.length, rows[0], rows[1], rows[2], truncated]).toEqual([
    20_002,
    ["a", "b"],
    [],
    ["0", "2"],
    false,
  ]);
  expect(parsed('1,"2"3\n4,5\n')).toEqual({ rows: [[], ["4", "5"]], truncated: false });
  expect(parsed('1,2"3\n4"5,6\n7,8\n').rows.at(-1)).toEqual(["7", "8"]);
});

it("leaves out a last row without its line end, for it may be cut", () => {
  expect(parsed("a,b\n1,2")).toEqual({ rows: [["a", "b"]], truncated: true });
  expect(parsed('a,b\n1,"2')).toEqual({ rows: [["a", "b"]], truncated: true });
  expect(parsed('a,b\n1,"2\n')).toEqual({ rows: [["a", "b"]], truncated: true });
  expect(parsed("")).toEqual({ rows: [], truncated: false });
});
