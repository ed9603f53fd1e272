/**
 * A terminal that closes sends SIGHUP: the run is to end as it does for SIGTERM, with its results. It is for the main
 * thread; once is enough, whoever asks.
 */
export function takeHangupAsTermination(): void {
  if (!process.listeners("SIGHUP").includes(terminate)) process.on("SIGHUP", terminate);
}

function terminate(): void {
  process.kill(process.pid, "SIGTERM");
}
