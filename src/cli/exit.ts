// How a command ends: its exit code, and its error in a sentence.
import { type Command, CommanderError } from "commander";
import { ConfigError } from "../terms/errors.ts";
import { printProblem } from "./print.ts";

export const EXIT = { fine: 0, attention: 1, usage: 2 } as const;
export const EXIT_MEANINGS =
  "\nExit codes: 0 all well or done; 1 something needs a look, or could not be done; 2 wrong arguments or settings, MongoDB cannot be reached, or what would be deleted was not agreed to.";

export async function runProgram(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
    else if (error instanceof ConfigError) {
      printProblem(error.message);
      process.exitCode = EXIT.usage;
    } else {
      printProblem(error instanceof Error ? error.message : String(error));
      process.exitCode = EXIT.attention;
    }
  }
}
