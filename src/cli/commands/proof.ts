// `sync proof`: what is proved, by what, and what is open; exits 1 if anything is.
import { counted, moment } from "../../report/words.ts";
import type { WitnessState } from "../../terms/documents.ts";
import { proofOf } from "../../upkeep/proof.ts";
import { type Common, commandOf, opened } from "../command.ts";
import { EXIT } from "../exit.ts";
import { print } from "../print.ts";

export const proof = commandOf("proof", "What is proved, by what, and what is open.").action(
  (options: Common) =>
    opened(options, async ({ db, config, say }) => {
      const answers = await proofOf(
        db,
        config.sources.filter(({ definition }) => definition.releases).map(({ source }) => source),
      );
      say(answers, () => {
        for (const one of answers) {
          const { months, from, syncedTo, gaps, holes, unproven, quarantined, lastLookAt } = one;
          const by = Object.entries(months.exact).map(([name, count]) => `${count} by ${name}`);
          print(`${one.source}: ${one.proved ? "proved" : "open"}`);
          print(
            `  from ${from ? moment(from) : "-"} to ${syncedTo ? moment(syncedTo) : "-"}, ${counted(holes.length, "hole")}`,
          );
          print(
            `  ${counted(months.drained, "month")} drained; exact: ${by.join(", ") || "none"}; open: ${months.open}, of them suspect: ${months.suspect}`,
          );
          print(`  ${counted(unproven, "slice")} unproven, ${counted(quarantined, "release")} in quarantine`);
          const numbers = Object.entries(gaps).map(([name, count]) => `${count} ${name}`);
          if (numbers.length > 0) print(`  numbers: ${numbers.join("; ")}`);
          const { hold, fail, unknown, checkedAt } = one.assumptions;
          const failing = fail.length > 0 ? `, ${fail.join(", ")} FAILS` : "";
          const asked = checkedAt ? `, asked ${moment(checkedAt)}` : "";
          print(`  assumptions: ${hold} hold${failing}, ${unknown} not known${asked}`);
          if (one.witness) print(`  witness: ${ofWitness(one.witness)}`);
          print(`  last look: ${lastLookAt ? moment(lastLookAt) : "none"}`);
        }
      });
      return answers.every(({ proved }) => proved) ? EXIT.fine : EXIT.attention;
    }),
);

function ofWitness(state: WitnessState): string {
  const { trusted, agreed, lostBy, daysRead, daysWithout, lacked, invented, found } = state;
  const belief = trusted
    ? `believed, ${counted(agreed, "slice")} agreed`
    : lostBy
      ? `not believed: ${lostBy}`
      : "untried";
  return `${belief}; ${counted(daysRead, "day")} read, ${daysWithout} without a list; it lacked ${lacked}, invented ${invented}, found ${found}`;
}
