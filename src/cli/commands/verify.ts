// `sync verify`: proves here and now what has been read.
import { verifyAnew } from "../../claim/claim.ts";
import type { Database } from "../../platform/database.ts";
import { counted } from "../../report/words.ts";
import { type Common, commandOf, opened, refuse, refuseWindow, windowArgument } from "../command.ts";
import { print } from "../print.ts";
import { invokeShown } from "./run.ts";

export const verify = commandOf(
  "verify",
  "Verifies here and now what has been read and is due (VERIFY_AFTER_HOURS); a window that is named, at once and again.",
)
  .addArgument(windowArgument(false))
  .action((window: string | undefined, options: Common) =>
    opened(options, async (open) => {
      if (window !== undefined && !(await verifyAnew(open.db, window))) {
        if (!(await open.db.syncWindows.findOne({ _id: window }))) return refuseWindow(open.db, window);
        return refuse(`${window} is not done, or it is being verified now: \`status\` says which.`);
      }
      const code = await invokeShown(open, { verifyOnly: true, ...options });
      if (window === undefined && !options.json) await tellLater(open.db);
      return code;
    }),
  );

/** So that "0 verified" is no riddle. */
async function tellLater(db: Database): Promise<void> {
  const later = await db.syncWindows
    .find(
      { status: "done", proof: "ordered", verifyAt: { $gt: new Date() } },
      { projection: { verifyAt: 1 }, sort: { verifyAt: 1 } },
    )
    .toArray();
  const first = later[0]?.verifyAt;
  if (!first) return;
  const are = later.length === 1 ? "is" : "are";
  print(
    `${counted(later.length, "month")} ${are} not due yet, the first at ${first.toISOString()}; \`verify WINDOW\` looks at one at once.`,
  );
}
