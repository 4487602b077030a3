// `sync assumptions`: asks the live APIs what is taken for granted of them; exits 1 if anything no longer holds.
import { createLogger } from "../../platform/logger.ts";
import { workerEffects } from "../../platform/worker-effects.ts";
import { counted } from "../../report/words.ts";
import { assumptionsNow } from "../../run/invocation.ts";
import { type Common, commandOf, opened, sourceName } from "../command.ts";
import { EXIT } from "../exit.ts";
import { print } from "../print.ts";

const word = (holds: boolean | null) => (holds === null ? "not known" : holds ? "holds" : "FAILS");

export const assumptions = commandOf(
  "assumptions",
  "Asks the live APIs what is taken for granted of them, about a dozen requests each.",
).action((options: Common) =>
  opened(options, async ({ db, config, say }) => {
    const log = createLogger({ level: "silent", secrets: [] });
    if (!options.json)
      print(
        "Asking the sites, one request after another: about two minutes, more where one does not answer.",
      );
    const rows = await assumptionsNow({ db, effects: workerEffects, config, log });
    say(rows, () => {
      for (const { source, name, holds, statement, consequence, detail, requests } of rows) {
        print(`${sourceName(source).padEnd(17)} ${word(holds).padEnd(9)} ${name.padEnd(18)} ${statement}`);
        print(`${" ".repeat(28)}${detail} (${counted(requests, "request")})`);
        if (holds === false) print(`${" ".repeat(28)}What cannot be believed now: ${consequence}`);
      }
    });
    return rows.some(({ holds }) => holds === false) ? EXIT.attention : EXIT.fine;
  }),
);
