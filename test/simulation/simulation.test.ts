/** What may happen to a fleet, some thousands of times. `npm run simulate` does it for longer. */
import { expect, it } from "vitest";
import { SharedRecorder } from "./shared-recorder.ts";
import { simulate, simulateCase } from "./simulate.ts";

/** A failure prints the seed and the case; SIMULATION_SEED runs them again. */
const SEED = Number(process.env["SIMULATION_SEED"] ?? 20_261_123);
const CASES = 4000;

it(`nothing that must not happen happens to ${CASES} fleets, seed ${SEED}`, { timeout: 300_000 }, () => {
  const totals = simulate(SEED, ({ cases }) => cases < CASES);
  // The simulation came to every place that it is about.
  const { disconnects, refused, errors, serverDisconnects } = totals.names;
  expect([...disconnects]).toEqual(
    expect.arrayContaining([
      ...["reset", "close", "disconnect", "closed", "keepalive", "ack_timeout", "finished", "return_home"],
      ...["bootstrap_timeout", "bootstrap_refused", "config_timeout", "malformed_packet", "send_buffer_full"],
      "session_taken_over",
    ]),
  );
  expect([...refused]).toEqual(
    expect.arrayContaining([
      ...["tcp_refused", "tcp_timeout", "tcp_reset", "tls_timeout", "region_lost", "credentials_failed"],
      ...["connack_timeout", "closed_before_connack", "connack.server_busy", "connack.use_another_server"],
    ]),
  );
  expect([...errors]).toEqual(
    expect.arrayContaining([
      ...["packet_too_large", "qos_not_supported", "capture_failed", "gave_up"],
      ...["suback.unspecified_error", "puback.unspecified_error", "server_reference_invalid"],
    ]),
  );
  expect([...serverDisconnects]).toEqual(expect.arrayContaining(["session_taken_over", "server_moved"]));
});

it("the same seed gives the same fleet, whatever was simulated before", { timeout: 60_000 }, () => {
  const shared = new SharedRecorder();
  const hashes = Array.from({ length: 100 }, (_, number) => simulateCase(SEED, number, shared).hash);
  expect(new Set(hashes).size).toBe(hashes.length);
  for (const number of [99, 3, 50, 0]) expect(simulateCase(SEED, number, shared).hash).toBe(hashes[number]);
  // As `--case` replays it.
  expect(simulateCase(SEED, 50).hash).toBe(hashes[50]);
});
