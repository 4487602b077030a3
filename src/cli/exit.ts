// How a command ends: its exit code, and its error in a sentence.
import { Command, CommanderError } from "commander";
import { ConfigError } from "../terms/errors.ts";
import { printProblem } from "./print.ts";
import { terminal } from "./terminal.ts";

export const EXIT = { fine: 0, attention: 1, usage: 2 } as const;
export const EXIT_MEANINGS = `
Exit codes:
  0  all well or done
  1  something needs a look, or could not be done
  2  wrong arguments or settings, MongoDB cannot be reached, or what would be
     deleted was not agreed to`;

/** A command that throws where it would end the process, and whose help goes where its answer goes. */
export function newCommand(name: string): Command {
  const line = (text: string) => text.replace(/\n$/, "");
  return new Command(name).exitOverride().configureOutput({
    writeOut: (text) => terminal().line(line(text)),
    writeErr: (text) => printProblem(line(text)),
  });
}

export async function runProgram(program: Command, args = process.argv.slice(2)): Promise<void> {
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) terminal().exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    else if (error instanceof ConfigError) {
      printProblem(error.message);
      terminal().exitCode = EXIT.usage;
    } else {
      printProblem(error instanceof Error ? error.message : String(error));
      terminal().exitCode = EXIT.attention;
    }
  }
}
