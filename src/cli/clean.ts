// `npm run clean`: removes what commands have left on this machine: the databases of demo and start, builds. It asks first.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { type Consent, consentTo } from "./consent.ts";
import { EXIT, runProgram } from "./exit.ts";
import { print } from "./print.ts";

const ROOT = new URL("../../", import.meta.url);
const LEFT = [".data", ".wrangler", "dist"];

const program = new Command("clean")
  .description("Removes .data (the databases of `npm run demo` and `npm start`), .wrangler and dist.")
  .option("--yes", "without asking")
  .exitOverride()
  .action(async (options: Consent) => {
    const there = LEFT.filter((name) => existsSync(new URL(name, ROOT)));
    if (there.length === 0) return print("There is nothing to remove.");
    const refused = await consentTo(options, [`These folders go: ${there.join(", ")}.`]);
    if (refused !== null) {
      process.exitCode = refused;
      return;
    }
    for (const name of there) await rm(fileURLToPath(new URL(name, ROOT)), { recursive: true, force: true });
    process.exitCode = EXIT.fine;
    print("Done.");
  });

await runProgram(program);
