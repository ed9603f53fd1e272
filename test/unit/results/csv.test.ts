import { histogramTag, stormMetricName } from "artillery-engine-mqtt/contract";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, it } from "vitest";
import { percentilesCsv } from "../../../results/src/csv/percentiles.ts";
import { timelineCsv } from "../../../results/src/csv/timeline.ts";
import { percentileTable } from "../../../results/src/judge/percentile-table.ts";
import { mergeRun } from "../../../results/src/run/merge.ts";
import { parseCsv } from "../../../results/src/run/parse-csv.ts";
import { readRun } from "../../../results/src/run/run-files.ts";
import { emptyRow } from "../../../results/src/run/timeline.ts";
import { histogramOf, record, storm, stormCohort, writeRun } from "../../support/run-files.ts";
import { addedUp, spiralWorker } from "./synthetic-run.ts";

function parsed(text: string): { rows: string[][]; truncated: boolean } {
  const rows: string[][] = [];
  const { truncated } = parseCsv(text, (fields) => rows.push(fields));
  return { rows, truncated };
}

const hostile = '=HYPERLINK("http://x","a, b")';

it("writes the timeline, safe to open in a spreadsheet, with negative times as numbers", () => {
  const rows = [
    { ...emptyRow(-100, hostile), online: 3 },
    { ...emptyRow(0, "two\nlines"), connect_attempts: 12 },
    emptyRow(100, "@SUM(A1)"),
  ];
  expect(timelineCsv(rows)).toMatchInlineSnapshot(`
    "t_ms,cohort,online,ready,drops,connect_attempts,connects_accepted,connects_refused,config_requests,config_responses,config_timeouts,late_responses,storm_connects,storm_requests,storm_ready
    -100,"'=HYPERLINK(""http://x"",""a, b"")",3,0,0,0,0,0,0,0,0,0,0,0,0
    0,"two
    lines",0,0,0,12,0,0,0,0,0,0,0,0,0
    100,'@SUM(A1),0,0,0,0,0,0,0,0,0,0,0,0,0
    "
  `);
});

it("writes percentiles: over the affected devices for a storm, empty where not reached", () => {
  const run = mergeRun(
    addedUp([
      {
        record: record({
          storms: [storm({ cohorts: { "-1+2": stormCohort({ affected: 10, recovered: 9 }) } })],
        }),
        histograms: new Map([
          [histogramTag("mqtt.connect_time", hostile), histogramOf([100, 200, 300])],
          [
            histogramTag(stormMetricName(1, "ready_time"), "-1+2"),
            histogramOf([10, 20, 30, 40, 50, 60, 70, 80, 90]),
          ],
        ]),
        timelineRows: [],
      },
    ]),
  );
  expect(percentilesCsv(percentileTable(run))).toMatchInlineSnapshot(`
    "metric,cohort,storm,percentile,value_ms,count
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,50,0.2,3
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,90,0.3,3
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,99,0.3,3
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,99.9,0.3,3
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,100,0.3,3
    mqtt.storm.1.reconnect_time,'-1+2,1,50,,0
    mqtt.storm.1.reconnect_time,'-1+2,1,90,,0
    mqtt.storm.1.reconnect_time,'-1+2,1,99,,0
    mqtt.storm.1.reconnect_time,'-1+2,1,99.9,,0
    mqtt.storm.1.reconnect_time,'-1+2,1,100,,0
    mqtt.storm.1.ready_time,'-1+2,1,50,0.05,9
    mqtt.storm.1.ready_time,'-1+2,1,90,0.09,9
    mqtt.storm.1.ready_time,'-1+2,1,99,,9
    mqtt.storm.1.ready_time,'-1+2,1,99.9,,9
    mqtt.storm.1.ready_time,'-1+2,1,100,,9
    mqtt.storm.1.drop_spread,'-1+2,1,50,,0
    mqtt.storm.1.drop_spread,'-1+2,1,90,,0
    mqtt.storm.1.drop_spread,'-1+2,1,99,,0
    mqtt.storm.1.drop_spread,'-1+2,1,99.9,,0
    mqtt.storm.1.drop_spread,'-1+2,1,100,,0
    "
  `);
});

it("has the whole fleet, as the empty cohort, where there are several", () => {
  const run = mergeRun(readRun([writeRun([spiralWorker("1"), spiralWorker("2")])]));
  const rows = percentilesCsv(percentileTable(run)).split("\n");
  const of = (metric: string): string[] =>
    rows.filter((row) => row.startsWith(metric) && /,(50|99),/.test(row));
  expect(of("mqtt.storm.1.ready_time")).toEqual([
    "mqtt.storm.1.ready_time,,1,50,847.871,140",
    "mqtt.storm.1.ready_time,,1,99,,140",
    "mqtt.storm.1.ready_time,cached,1,50,542.719,120",
    "mqtt.storm.1.ready_time,cached,1,99,1000.447,120",
    "mqtt.storm.1.ready_time,spiral,1,50,,20",
    "mqtt.storm.1.ready_time,spiral,1,99,,20",
  ]);
  expect(of("mqtt.connect_time,,")).toHaveLength(2);
});

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
