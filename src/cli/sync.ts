// `npm run sync -- …`: one command for each task of an operator, a file each in commands/.
import { Command } from "commander";
import { commandOf } from "./command.ts";
import { assumptions } from "./commands/assumptions.ts";
import { doctor } from "./commands/doctor.ts";
import { pause, resume } from "./commands/pause.ts";
import { proof } from "./commands/proof.ts";
import { prune } from "./commands/prune.ts";
import { quarantine } from "./commands/quarantine.ts";
import { retry } from "./commands/retry.ts";
import { run } from "./commands/run.ts";
import { sites } from "./commands/sites.ts";
import { status } from "./commands/status.ts";
import { verify } from "./commands/verify.ts";
import { EXIT_MEANINGS, runProgram } from "./exit.ts";
import { PLAN_PURPOSE, planOptions } from "./plan.ts";

const program = new Command("sync")
  .description(
    "Looks after a tendhunt database: MONGODB_URI names it (in the environment or in .dev.vars), wrangler.toml its settings.",
  )
  .exitOverride()
  .addHelpText("after", EXIT_MEANINGS);

const plan = planOptions(commandOf("plan", PLAN_PURPOSE));
for (const command of [
  status,
  proof,
  assumptions,
  plan,
  run,
  verify,
  retry,
  pause,
  resume,
  quarantine,
  sites,
  prune,
  doctor,
])
  program.addCommand(command);

await runProgram(program);
