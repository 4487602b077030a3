// `sync retry`: months that wait for another attempt are due at once.
import { retryNow } from "../../claim/claim.ts";
import { counted } from "../../report/words.ts";
import { type Common, commandOf, opened, refuseWindow, windowArgument } from "../command.ts";
import { EXIT } from "../exit.ts";
import { print } from "../print.ts";

export const retry = commandOf(
  "retry",
  "Months that failed, or pause after a failed attempt, are due at once.",
)
  .addArgument(windowArgument(false))
  .action((window: string | undefined, options: Common) =>
    opened(options, async ({ db, say }) => {
      if (window !== undefined && !(await db.syncWindows.findOne({ _id: window })))
        return refuseWindow(db, window);
      const retried = await retryNow(db, window);
      const none = window === undefined ? "No month waits" : `${window} does not wait`;
      say({ retried }, () =>
        print(
          retried > 0 ? `${counted(retried, "month")} due at the next run.` : `${none} for another attempt.`,
        ),
      );
      return retried === 0 && window !== undefined ? EXIT.attention : EXIT.fine;
    }),
  );
