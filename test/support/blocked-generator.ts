/** Blocks the worker's event loop for 150 ms, four times a second. */
export const BLOCKER = `
let blocking = false;
export function block(context, events, done) {
  if (!blocking) {
    blocking = true;
    setInterval(() => {
      const until = Date.now() + 150;
      while (Date.now() < until);
    }, 250).unref();
  }
  return done();
}
`;

/** Devices on the lab and one storm; the processor is beside it, whether the flow calls it or not. */
export const script = (flow: object[], storm: object = { at: "2s", window: "4s" }) => ({
  config: {
    target: "lab",
    processor: "./processor.mjs",
    phases: [{ duration: 1, arrivalRate: 20 }],
    engines: { mqtt: { storms: [{ fraction: 1, cause: "reset", ...storm }] } },
    plugins: { "mqtt-results": {} },
  },
  before: { engine: "mqtt", flow: [{ lab: {} }] },
  scenarios: [{ name: "devices", engine: "mqtt", flow }],
});
