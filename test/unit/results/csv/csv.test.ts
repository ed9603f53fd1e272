import { histogramTag, stormMetricName } from "artillery-engine-mqtt/contract";
import { expect, it } from "vitest";
import { percentilesCsv } from "../../../../results/src/csv/percentiles.ts";
import { timelineCsv } from "../../../../results/src/csv/timeline.ts";
import { percentileTable } from "../../../../results/src/judge/percentile-table.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { emptyRow } from "../../../../results/src/run/timeline.ts";
import { histogramOf, record, storm, stormCohort, writeRun } from "../../../support/run-files.ts";
import { addedUp, spiralWorker } from "../../../support/synthetic-run.ts";

const hostile = '=HYPERLINK("http://x","a, b")';

it("writes the timeline, safe to open in a spreadsheet, with negative times as numbers", () => {
  const rows = [
    { ...emptyRow(-100, hostile), online: 3 },
    { ...emptyRow(0, "two\nlines"), connect_attempts: 12 },
    emptyRow(100, "@SUM(A1)"),
  ];
  expect(timelineCsv(rows)).toMatchInlineSnapshot(`
    "t_ms,cohort,online,ready,drops,connect_attempts,connects_accepted,connects_refused,config_requests,config_responses,config_timeouts,late_responses,storm_connects,storm_requests,storm_ready,auth_requests,auth_responses,auth_failures,messages_published,messages_delivered,messages_missed,messages_filled,messages_duplicates
    -100,"'=HYPERLINK(""http://x"",""a, b"")",3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
    0,"two
    lines",0,0,0,12,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
    100,'@SUM(A1),0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
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
    "metric,cohort,storm,percentile,value_ms,count,event
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,50,0.2,3,
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,90,0.3,3,
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,99,0.3,3,
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,99.9,0.3,3,
    mqtt.connect_time,"'=HYPERLINK(""http://x"",""a, b"")",,100,0.3,3,
    mqtt.storm.1.reconnect_time,'-1+2,1,50,,0,connection reset
    mqtt.storm.1.reconnect_time,'-1+2,1,90,,0,connection reset
    mqtt.storm.1.reconnect_time,'-1+2,1,99,,0,connection reset
    mqtt.storm.1.reconnect_time,'-1+2,1,99.9,,0,connection reset
    mqtt.storm.1.reconnect_time,'-1+2,1,100,,0,connection reset
    mqtt.storm.1.ready_time,'-1+2,1,50,0.05,9,connection reset
    mqtt.storm.1.ready_time,'-1+2,1,90,0.09,9,connection reset
    mqtt.storm.1.ready_time,'-1+2,1,99,,9,connection reset
    mqtt.storm.1.ready_time,'-1+2,1,99.9,,9,connection reset
    mqtt.storm.1.ready_time,'-1+2,1,100,,9,connection reset
    mqtt.storm.1.drop_spread,'-1+2,1,50,,0,connection reset
    mqtt.storm.1.drop_spread,'-1+2,1,90,,0,connection reset
    mqtt.storm.1.drop_spread,'-1+2,1,99,,0,connection reset
    mqtt.storm.1.drop_spread,'-1+2,1,99.9,,0,connection reset
    mqtt.storm.1.drop_spread,'-1+2,1,100,,0,connection reset
    "
  `);
});

it("has the whole fleet, as the empty cohort, where there are several", () => {
  const run = mergeRun(readRun([writeRun([spiralWorker("1"), spiralWorker("2")])]));
  const rows = percentilesCsv(percentileTable(run)).split("\n");
  const of = (metric: string): string[] =>
    rows.filter((row) => row.startsWith(metric) && /,(50|99),/.test(row));
  expect(of("mqtt.storm.1.ready_time")).toEqual([
    "mqtt.storm.1.ready_time,,1,50,847.871,140,connection reset",
    "mqtt.storm.1.ready_time,,1,99,,140,connection reset",
    "mqtt.storm.1.ready_time,cached,1,50,542.719,120,connection reset",
    "mqtt.storm.1.ready_time,cached,1,99,1000.447,120,connection reset",
    "mqtt.storm.1.ready_time,spiral,1,50,,20,connection reset",
    "mqtt.storm.1.ready_time,spiral,1,99,,20,connection reset",
  ]);
  expect(of("mqtt.connect_time,,")).toHaveLength(2);
});
