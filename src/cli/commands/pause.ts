// `sync pause` and `sync resume`: a source is left alone, and read again.
import type { Command } from "commander";
import { setPaused } from "../../run/jobs.ts";
import { type Common, commandOf, opened, sourceArgument, sourceName } from "../command.ts";
import { EXIT } from "../exit.ts";
import { print } from "../print.ts";

export const pause = pausing(
  true,
  commandOf("pause", "Leaves a source alone, new notices included, until it is resumed."),
);
export const resume = pausing(
  false,
  commandOf("resume", "Reads a paused source again; what it missed is made up for."),
);

function pausing(paused: boolean, command: Command): Command {
  return command.addArgument(sourceArgument()).action((only: string | undefined, options: Common) =>
    opened(options, async ({ db, config, say }) => {
      const ids = config.sources.map(({ source }) => source).filter((id) => !only || id === only);
      const answers = await Promise.all(
        ids.map(async (source) => {
          const known = await setPaused(db, { source, paused, now: new Date() });
          return { source, paused: known ? paused : null };
        }),
      );
      say(answers, () => {
        for (const { source, paused: is } of answers) {
          const state =
            is === null ? "not planned yet: the first run does that" : paused ? "paused" : "resumed";
          print(`${sourceName(source)}: ${state}.`);
        }
      });
      return answers.some((answer) => answer.paused === null) ? EXIT.attention : EXIT.fine;
    }),
  );
}
