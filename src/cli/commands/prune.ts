// `sync prune`: deletes what is older than the start date that is set, after a question.
import { confirm, isCancel } from "@clack/prompts";
import { bytes, counted, moment } from "../../report/words.ts";
import { type PruneReport, prune as pruneSources } from "../../upkeep/prune.ts";
import { type Common, commandOf, opened, refuse, sourceName } from "../command.ts";
import { EXIT } from "../exit.ts";

export const prune = commandOf(
  "prune",
  "Deletes what is older than the start date that is set, in steps; stopped anywhere, it goes on.",
)
  .option("--dry-run", "only says what would go")
  .option("--yes", "without asking")
  .action((options: Common & { dryRun?: boolean; yes?: boolean }) =>
    opened(options, async ({ db, config, say }) => {
      const { sources } = config;
      const plan = await pruneSources({ db, sources, dryRun: true });
      const ask = process.stdin.isTTY && !options.dryRun && !options.yes && !options.json;
      if (ask) {
        printPrune(plan, "would go");
        const go = await confirm({ message: "Delete them?", initialValue: false });
        if (isCancel(go) || !go) return refuse("Nothing was deleted.");
      }
      const reports = options.dryRun ? plan : await pruneSources({ db, sources, dryRun: false });
      say(reports, () => printPrune(reports, options.dryRun ? "would go" : "gone"));
      return EXIT.fine;
    }),
  );

function printPrune(reports: PruneReport[], verb: string): void {
  for (const { source, start, contracts, bytes: size, windows } of reports) {
    console.log(
      `${sourceName(source)} before ${moment(start)}: ${counted(contracts, "contract")} (${bytes(size)}) in ${counted(windows.length, "month")} ${verb}.`,
    );
  }
}
