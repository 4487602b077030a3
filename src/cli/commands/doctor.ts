// `sync doctor`: checks everything one by one, and says what to do for each that fails.
import { counted } from "../../report/words.ts";
import { diagnose } from "../../upkeep/doctor.ts";
import { FINDING_SIGNS, type Finding } from "../../upkeep/finding.ts";
import { type Common, commandOf } from "../command.ts";
import { EXIT } from "../exit.ts";
import { print, printWhole } from "../print.ts";
import { readSettings } from "../settings.ts";
import { terminal } from "../terminal.ts";

export const doctor = commandOf(
  "doctor",
  "Checks everything one by one, and says what to do for each that fails.",
).action(async ({ json = false }: Common) => {
  const findings: Finding[] = [];
  for await (const finding of diagnose(readSettings())) {
    findings.push(finding);
    if (json) continue;
    print(`${FINDING_SIGNS[finding.state]} ${finding.check}: ${finding.found}`);
    if (finding.advice) print(`    ${finding.advice}`);
  }
  if (json) printWhole(JSON.stringify(findings, null, 2));
  const bad = findings.filter(({ state }) => state === "failed").length;
  if (!json) print(bad === 0 ? "All well." : `${counted(bad, "check")} failed.`);
  terminal().exitCode = bad === 0 ? EXIT.fine : EXIT.attention;
});
