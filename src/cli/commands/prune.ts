// `sync prune`: deletes what is older than the start date that is set, after a question.
import { bytes, counted, moment } from "../../report/words.ts";
import { type PruneReport, prune as pruneSources } from "../../upkeep/prune.ts";
import { type Common, commandOf, opened, sourceName } from "../command.ts";
import { type Consent, consentTo, isOurs, placeOf } from "../consent.ts";
import { EXIT } from "../exit.ts";
import { print, printProblem } from "../print.ts";

export const prune = commandOf(
  "prune",
  "Deletes what is older than the start date that is set, in steps; stopped anywhere, the next call continues.",
)
  .option("--dry-run", "only says what would go")
  .option("--yes", "without asking")
  .action((options: Common & Consent & { dryRun?: boolean }) =>
    opened(options, async ({ db, config, say }) => {
      const { sources } = config;
      const now = new Date();
      const plan = await pruneSources({ db, sources, now, dryRun: true });
      const nothing = plan.every(({ contracts, windows }) => contracts === 0 && windows.length === 0);
      if (!options.dryRun && !nothing) {
        const where = placeOf(db);
        if (!(await isOurs(db))) {
          printProblem(
            `Nothing was deleted: this system has never worked in ${where} (it has no syncJobs of ours). Check MONGODB_DB and MONGODB_URI.`,
          );
          return EXIT.usage;
        }
        const about = [`In the database ${where}:`, ...linesOf(plan, "would go"), STARTS];
        const refused = await consentTo(options, about);
        if (refused !== null) return refused;
      }
      const reports =
        options.dryRun || nothing ? plan : await pruneSources({ db, sources, now, dryRun: false });
      say(reports, () => {
        for (const line of linesOf(reports, options.dryRun ? "would go" : "gone")) print(line);
      });
      return EXIT.fine;
    }),
  );

const STARTS =
  "The dates are those of BACKFILL_START_DATE and each source's own, from the environment, .dev.vars or wrangler.toml.";

function linesOf(reports: PruneReport[], verb: string): string[] {
  return reports.map(
    ({ source, start, contracts, bytes: size, windows }) =>
      `${sourceName(source)} before ${moment(start)}: ${counted(contracts, "contract")} (${bytes(size)}) in ${counted(windows.length, "month")} ${verb}.`,
  );
}
