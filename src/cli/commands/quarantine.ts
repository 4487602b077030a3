// `sync quarantine`: releases that could not be stored, and another attempt after a fix.
import type { Database } from "../../platform/database.ts";
import { readQuarantine } from "../../report/facts.ts";
import { count, counted, moment } from "../../report/words.ts";
import { retryQuarantine } from "../../upkeep/retry-quarantine.ts";
import { type Common, commandOf, opened, refuseUnknown } from "../command.ts";
import { EXIT, newCommand } from "../exit.ts";
import { print, printWhole } from "../print.ts";

const list = commandOf("list", "The newest hundred.").action((options: Common) =>
  opened(options, async ({ db, say }) => {
    const cases = await readQuarantine(db);
    say(cases, () => {
      if (cases.length === 0) print("Nothing is in quarantine.");
      for (const { _id, lastSeenAt, reason } of cases) print(`${_id}\n  ${moment(lastSeenAt)}: ${reason}`);
    });
    return EXIT.fine;
  }),
);

const show = commandOf("show", "One of them, whole.")
  .argument("<id>")
  .action((id: string, options: Common) =>
    opened(options, async ({ db, say }) => {
      const one = await db.quarantine.findOne({ _id: id });
      if (!one) return refuseCase(db, id);
      say(one, () => {
        const { rawText, ...facts } = one;
        for (const [name, value] of Object.entries(facts))
          print(`${name.padEnd(12)} ${value instanceof Date ? moment(value) : value}`);
        printWhole(rawText);
      });
      return EXIT.fine;
    }),
  );

const retry = commandOf("retry", "Maps them again, after a fix; what can be stored now is stored.")
  .argument("[id]")
  .action((id: string | undefined, options: Common) =>
    opened(options, async ({ db, config, say }) => {
      if (id !== undefined && !(await db.quarantine.findOne({ _id: id }))) return refuseCase(db, id);
      const { stored, left } = await retryQuarantine({ db, config, now: new Date(), ...(id ? { id } : {}) });
      say({ stored, left }, () => {
        print(`${counted(stored.length, "release")} stored, ${count(left.length)} still in quarantine.`);
        for (const one of left) print(`  ${one.id}: ${one.reason}`);
      });
      return left.length > 0 ? EXIT.attention : EXIT.fine;
    }),
  );

const refuseCase = async (db: Database, typed: string) =>
  refuseUnknown("in quarantine", {
    typed,
    names: (await readQuarantine(db)).map(({ _id }) => _id),
    where: "`quarantine list` says what is.",
  });

export const quarantine = newCommand("quarantine")
  .description("Releases that could not be stored, with their text and the reason.")
  .addCommand(list)
  .addCommand(show)
  .addCommand(retry);
