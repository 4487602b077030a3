// Commands as tests call them: in a process of its own, as people do, or in the test's process, at a tenth of the cost.
import { execFile } from "node:child_process";
import { type Terminal, withTerminal } from "../../src/cli/terminal.ts";
import { clockEnvironment } from "./clock.ts";

export interface Ended {
  code: number;
  out: string;
  err: string;
}

export type Variables = Record<string, string>;

/** @param file with its options for node before it */
export function inProcess(file: string | string[], args: string[], vars: Variables): Promise<Ended> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...clockEnvironment, ...vars };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, args].flat(), { env, maxBuffer: 50_000_000 }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, out, err }),
    );
  });
}

export async function here(
  command: (args: string[]) => Promise<void>,
  args: string[],
  env: Variables,
): Promise<Ended> {
  const lines = { out: "", err: "" };
  const terminal: Terminal = {
    env,
    exitCode: 0,
    columns: null,
    line(text) {
      lines.out += `${text}\n`;
    },
    problem(text) {
      lines.err += `${text}\n`;
    },
  };
  await withTerminal(terminal, () => command(args));
  return { code: terminal.exitCode, ...lines };
}
