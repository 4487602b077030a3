// `sync verify`: proves here and now what has been read.
import { verifyAnew } from "../../claim/claim.ts";
import type { Database } from "../../platform/database.ts";
import { counted } from "../../report/words.ts";
import { lookAhead } from "../../run/look-ahead.ts";
import {
  type Common,
  commandOf,
  type Opened,
  opened,
  refuse,
  refuseWindow,
  windowArgument,
} from "../command.ts";
import { EXIT } from "../exit.ts";
import { print } from "../print.ts";
import { invokeShown } from "./run.ts";

export const verify = commandOf(
  "verify",
  "Verifies here and now what has been read and is due (VERIFY_AFTER_HOURS); a window that is named, at once and again.",
)
  .addArgument(windowArgument(false))
  .option("--dry-run", "only says what would be asked, and asks nothing")
  .action((window: string | undefined, options: Common & { dryRun?: boolean }) =>
    opened(options, async (open) => {
      if (window !== undefined && !(await open.db.syncWindows.findOne({ _id: window })))
        return refuseWindow(open.db, window);
      if (options.dryRun) return foretell(open, window);
      if (window !== undefined && !(await verifyAnew(open.db, window))) {
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

async function foretell({ db, config, say }: Opened, windowId: string | undefined): Promise<number> {
  const looks = await lookAhead({ db, config, now: new Date(), windowId });
  if (windowId !== undefined && looks.length === 0)
    return refuse(`${windowId} is not done: \`status\` says how far it has come.`);
  const again = looks.filter(({ first }) => !first).reduce((sum, { requests }) => sum + requests, 0);
  say(looks, () => {
    for (const { windowId: id, by, first, requests, files } of looks)
      print(
        `${id}: by ${by}, ${counted(requests, "request")}${files > 0 ? ` and ${counted(files, "daily list")}` : ""}${first ? "" : ", again"}.`,
      );
    const sum = looks.reduce((total, { requests }) => total + requests, 0);
    print(
      `${counted(looks.length, "month")} would be looked at, with ${counted(sum, "request")} or a few more.`,
    );
    if (again > config.verifyRequestsPerRun)
      print(
        `Of those that are looked at again a run asks ${config.verifyRequestsPerRun} (VERIFY_REQUESTS_PER_RUN).`,
      );
  });
  return EXIT.fine;
}
