// What a command has of the process that runs it: the environment, where its lines go, its exit code. One that is called with
// a terminal of its own has only that, so that many can run in one process.
import { AsyncLocalStorage } from "node:async_hooks";

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  exitCode: number;
  /** How wide it is; null where nobody looks at it. */
  readonly columns: number | null;
  /** A line of the answer. */
  line(text: string): void;
  /** A line beside the answer, so that answers for programs stay readable. */
  problem(text: string): void;
}

const ofProcess: Terminal = {
  env: process.env,
  get exitCode() {
    return Number(process.exitCode ?? 0);
  },
  set exitCode(code) {
    process.exitCode = code;
  },
  get columns() {
    return process.stdout.isTTY ? process.stdout.columns : null;
  },
  line: (text) => console.log(text),
  problem: (text) => console.error(text),
};

const given = new AsyncLocalStorage<Terminal>();

export const terminal = (): Terminal => given.getStore() ?? ofProcess;

export function withTerminal<T>(own: Terminal, work: () => Promise<T>): Promise<T> {
  return given.run(own, work);
}
