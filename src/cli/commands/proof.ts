// `sync proof`: what is proved, by what, and what is open; exits 1 if anything is.
import { assumptionsText, exactText, gapsText, witnessText } from "../../report/proof.ts";
import { count, counted, moment } from "../../report/words.ts";
import { proofOf, type SourceProof } from "../../upkeep/proof.ts";
import { type Common, commandOf, opened } from "../command.ts";
import { EXIT } from "../exit.ts";
import { print } from "../print.ts";

export const proof = commandOf("proof", "What is proved, by what, and what is open.").action(
  (options: Common) =>
    opened(options, async ({ db, config, say }) => {
      const sources = config.sources.filter(({ definition }) => definition.releases);
      const answers = await proofOf(db, sources);
      say(answers, () => {
        for (const one of answers) for (const line of linesOf(one)) print(line);
      });
      return answers.every(({ proved }) => proved) ? EXIT.fine : EXIT.attention;
    }),
);

function linesOf(one: SourceProof): string[] {
  const { source, proved, from, syncedTo, holes, months, unproven, quarantined, gaps } = one;
  const { assumptions, witness, years, lastLookAt } = one;
  return [
    `${source}: ${proved ? "proved" : "open"}`,
    `  from ${from ? moment(from) : "-"} to ${syncedTo ? moment(syncedTo) : "-"}, ${counted(holes.length, "hole")}`,
    `  ${counted(months.drained, "month")} drained; exact: ${exactText(one)}; open: ${months.open}, of them suspect: ${months.suspect}`,
    `  ${counted(unproven, "slice")} unproven, ${counted(quarantined, "release")} in quarantine`,
    ...(Object.keys(gaps).length > 0 ? [`  numbers: ${gapsText(gaps)}`] : []),
    ...years.map(
      ({ year, stored, published, upTo }) =>
        `  ${year}${upTo === undefined ? "" : ` up to number ${upTo}`}: ${count(stored)} stored, ${count(published)} in the record`,
    ),
    `  assumptions: ${assumptionsText(assumptions)}`,
    ...(witness ? [`  witness: ${witnessText(witness)}`] : []),
    `  last look: ${lastLookAt ? moment(lastLookAt) : "none"}`,
  ];
}
