// `sync status`: what is complete, what is left, and what needs you.
import { setTimeout as sleep } from "node:timers/promises";
import { troublesIn } from "../../report/alarms.ts";
import { statusOf } from "../../run/status.ts";
import { type Common, commandOf, opened } from "../command.ts";
import { EXIT } from "../exit.ts";
import { printStyled } from "../print.ts";
import { printStatus } from "../status-view.ts";

const WATCH_MS = 5000;
export const status = commandOf("status", "What is complete, what is left, and what needs you.")
  .option("--watch", "again every five seconds, until Ctrl-C")
  .action((options: Common & { watch?: boolean }) =>
    opened(options, async ({ db, config, say }) => {
      for (;;) {
        const status = await statusOf(db, config, new Date());
        if (options.watch && process.stdout.isTTY) printStyled("\u001b[2J\u001b[H"); // clears the screen
        say(status, () => printStatus(status));
        if (!options.watch) return troublesIn(status.alarms).length > 0 ? EXIT.attention : EXIT.fine;
        await sleep(WATCH_MS);
      }
    }),
  );
