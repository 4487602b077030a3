// `npm run sync -- …`: one command for each task of an operator, a file each in commands/. Only the one that is called is
// loaded; all are for the help.
import module from "node:module";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { EXIT_MEANINGS, newCommand, runProgram } from "./exit.ts";

const COMMANDS: Record<string, () => Promise<Command>> = {
  status: async () => (await import("./commands/status.ts")).status,
  proof: async () => (await import("./commands/proof.ts")).proof,
  assumptions: async () => (await import("./commands/assumptions.ts")).assumptions,
  plan: async () => (await import("./plan.ts")).syncPlan,
  run: async () => (await import("./commands/run.ts")).run,
  verify: async () => (await import("./commands/verify.ts")).verify,
  retry: async () => (await import("./commands/retry.ts")).retry,
  pause: async () => (await import("./commands/pause.ts")).pause,
  resume: async () => (await import("./commands/pause.ts")).resume,
  quarantine: async () => (await import("./commands/quarantine.ts")).quarantine,
  sites: async () => (await import("./commands/sites.ts")).sites,
  prune: async () => (await import("./commands/prune.ts")).prune,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
};

export async function sync(args: string[]): Promise<void> {
  const [name = ""] = args;
  const called = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const program = newCommand("sync")
    .description(
      "Looks after a tendhunt database: MONGODB_URI names it (in the environment or in .dev.vars), wrangler.toml its settings.",
    )
    .addHelpText("after", EXIT_MEANINGS);
  for (const load of called ? [called] : Object.values(COMMANDS)) program.addCommand(await load());
  await runProgram(program, args);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  module.enableCompileCache?.(); // Node 22 and newer
  await sync(process.argv.slice(2));
}
