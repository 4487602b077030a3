// `sync retry`: months that wait for another attempt are due at once.
import { retriable, retryNow } from "../../claim/claim.ts";
import { counted } from "../../report/words.ts";
import { requestsToRead } from "../../run/look-ahead.ts";
import { type Common, commandOf, type Opened, opened, refuseWindow, windowArgument } from "../command.ts";
import { EXIT } from "../exit.ts";
import { print } from "../print.ts";

export const retry = commandOf(
  "retry",
  "Months that failed, or pause after a failed attempt, are due at once.",
)
  .addArgument(windowArgument(false))
  .option("--dry-run", "only says which they are, and what reading them would cost")
  .action((window: string | undefined, options: Common & { dryRun?: boolean }) =>
    opened(options, async (open) => {
      const { db, say } = open;
      if (window !== undefined && !(await db.syncWindows.findOne({ _id: window })))
        return refuseWindow(db, window);
      if (options.dryRun) return foretell(open, window);
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

async function foretell({ db, config, say }: Opened, windowId: string | undefined): Promise<number> {
  const waiting = new Set(await retriable(db, windowId));
  const windows = await db.syncWindows
    .find({ status: { $ne: "cancelled" } }, { projection: { publishedSeconds: 0 } })
    .toArray();
  const parts = requestsToRead(waiting, windows, config);
  say(parts, () => {
    for (const { windowId: id, requests } of parts)
      print(`${id}: about ${counted(requests, "request")}, at the next run.`);
    const sum = parts.reduce((total, { requests }) => total + requests, 0);
    print(`${counted(parts.length, "month")} would be due, with about ${counted(sum, "request")}.`);
  });
  return parts.length === 0 && windowId !== undefined ? EXIT.attention : EXIT.fine;
}
