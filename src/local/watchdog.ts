// Runs a program for as long as its own stdin is open: `watchdog FOLDER PROGRAM ARGS…`. When the parent ends, however
// it ends, the pipe closes and the program is stopped; FOLDER, if named, goes with it. Its exit code is the program's.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";

const KILL_AFTER_MS = 10_000;
const [folder, program, ...args] = process.argv.slice(2);
if (!program) throw new Error("watchdog: expected FOLDER PROGRAM ARGS…");

const child = spawn(program, args, { stdio: "ignore" });
// A parent that was killed meanwhile reads it no more: this must live on to stop the program.
process.stdout.on("error", () => undefined);
process.stdout.write(`${child.pid ?? 0}\n`);

const end = (code: number) => {
  if (folder) rmSync(folder, { recursive: true, force: true });
  process.exit(code);
};
child.once("exit", (code) => end(code ?? 0));
child.once("error", () => end(1));

process.stdin.resume();
process.stdin.once("close", () => {
  // SIGINT is mongod's clean shutdown; a temporary folder needs none.
  child.kill(folder ? "SIGKILL" : "SIGINT");
  setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS).unref();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
