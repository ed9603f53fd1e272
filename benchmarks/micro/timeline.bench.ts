import { COLUMN, Timeline } from "../../engine/src/capture/timeline.ts";
import { each, type Scale, type Table } from "./suite.ts";

const ROW_MS = 100;

export function tables({ batch }: Scale): Table[] {
  const { timeOrigin } = performance;
  const live = new Timeline(["devices"], () => timeOrigin + performance.now());
  const still = new Timeline(["devices"], () => 0);
  let nowMs = 0;
  const moving = new Timeline(["devices"], () => nowMs);
  return [
    {
      title: "timeline",
      operation: "event",
      cases: [
        {
          ...each("engine: count, the clock read for each", batch, (i) => {
            live.count(0, COLUMN.connect_attempts);
            return i;
          }),
          prepare: () => void live.take(),
        },
        each("count without a clock", batch, (i) => {
          still.count(0, COLUMN.connect_attempts);
          return i;
        }),
        {
          ...each("engine: one event in every row, rows closed and written", batch, (i) => {
            nowMs += ROW_MS;
            moving.count(0, COLUMN.connect_attempts);
            return i;
          }),
          prepare: () => void moving.take(),
        },
      ],
    },
  ];
}
