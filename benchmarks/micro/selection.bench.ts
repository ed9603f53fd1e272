import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { affectedCount } from "../../engine/src/affected-count.ts";
import { ONLY_CONTAINER } from "../../engine/src/device/identity.ts";
import { hashKey, hashRandom } from "../../engine/src/random.ts";
import { selectionLimit, stormKey } from "../../engine/src/storm/selection.ts";
import { each, type Scale, type Table } from "./suite.ts";

const SHARE = 0.25;

/** The limit without a sort: Hoare's selection of the key at `rank`, counted from 0, around the middle one. */
export function quickSelect(keys: Float64Array, rank: number): number {
  let low = 0;
  let high = keys.length - 1;
  while (low < high) {
    const pivot = keys[(low + high) >> 1] as number;
    let left = low;
    let right = high;
    while (left <= right) {
      while ((keys[left] as number) < pivot) left++;
      while ((keys[right] as number) > pivot) right--;
      if (left > right) break;
      const held = keys[left] as number;
      keys[left++] = keys[right] as number;
      keys[right--] = held;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else break;
  }
  return keys[rank] as number;
}

function limitByQuickSelect(fleet: number): number {
  const keys = new Float64Array(fleet);
  for (let number = 0; number < fleet; number++) keys[number] = stormKey(42, 1, 0, number);
  return quickSelect(keys, affectedCount(SHARE, fleet) - 1);
}

export function tables({ batch, fleet }: Scale): Table[] {
  const generator = xoroshiro128plus(42);
  const populations = [{ container: ONLY_CONTAINER, devices: fleet }];
  const limit = selectionLimit(42, 1, SHARE, populations) as number;
  return [
    {
      title: "random numbers",
      operation: "draw",
      cases: [
        each("engine: hashRandom, no state", batch, (i) => hashRandom(42, i, 0)),
        each("engine: hashKey, 53 bits", batch, (i) => hashKey(42, 1, i)),
        each("pure-rand: xoroshiro128+, one generator", batch, () => uniformFloat64(generator)),
      ],
    },
    {
      title: `choose 25 % of ${fleet} devices`,
      operation: "device",
      cases: [
        {
          name: "engine: the limit, half a second before the storm",
          operations: fleet,
          run: () => selectionLimit(42, 1, SHARE, populations) as number,
        },
        {
          name: "the limit by quick-select instead of a sort",
          operations: fleet,
          run: () => limitByQuickSelect(fleet),
        },
        {
          name: "engine: who is below it, in the storm's pass",
          operations: fleet,
          run: () => {
            let chosen = 0;
            for (let number = 0; number < fleet; number++) if (stormKey(42, 1, 0, number) <= limit) chosen++;
            return chosen;
          },
        },
        {
          name: "a draw for each device: not the exact share",
          operations: fleet,
          run: () => {
            let chosen = 0;
            for (let number = 0; number < fleet; number++) if (uniformFloat64(generator) < SHARE) chosen++;
            return chosen;
          },
        },
      ],
    },
  ];
}
