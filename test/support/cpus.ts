/**
 * Preload (`NODE_OPTIONS=--import`): the machine seems to have 4 CPUs, so that Artillery starts 3 worker threads on any.
 * What goes wrong only with several workers is otherwise not seen on a machine with 2.
 */
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

const cpu = os.cpus()[0] as os.CpuInfo;
os.cpus = () => [cpu, cpu, cpu, cpu];
syncBuiltinESMExports();
