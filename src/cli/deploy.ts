// `npm run deploy`: what can be known beforehand is looked at first (settings, types, the database, Cloudflare's secrets,
// the bundle), then the Worker goes online. What is refused is told with its remedy, and nothing has been changed.
import { spawn } from "node:child_process";
import { Command, CommanderError } from "commander";
import { z } from "zod";
import { readConfig, SECRETS, SETTINGS } from "../config/config.ts";
import { ConfigError } from "../terms/errors.ts";
import { diagnose } from "../upkeep/doctor.ts";
import { FINDING_SIGNS, type Finding } from "../upkeep/finding.ts";
import { didYouMean } from "./nearest.ts";
import { print, printProblem } from "./print.ts";
import { readSettings, readWranglerToml } from "./settings.ts";

const EXIT = { fine: 0, refused: 1, usage: 2 } as const;

interface Ended {
  code: number;
  output: string;
}

/** A tool of this project; npm has put it on the PATH. Its output is shown only where it failed. */
function runTool(command: string, args: string[], { shown = false } = {}): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const child = spawn(command, args, { stdio: shown ? "inherit" : ["ignore", "pipe", "pipe"] });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => chunks.push(String(chunk)));
  child.once("error", ({ message }) => resolve({ code: 1, output: message }));
  child.once("close", (code) => resolve({ code: code ?? 1, output: chunks.join("") }));
  return promise;
}

type Result = Omit<Finding, "check">;
const well = (found: string): Result => ({ state: "well", found });
const failed = (found: string, advice: string): Result => ({ state: "failed", found, advice });

/** What the Worker will run with: the vars of wrangler.toml; a local override is not deployed. */
function checkSettings(): Result {
  const { vars, crons } = readWranglerToml();
  const open = Object.keys(vars).filter((name) => SECRETS.has(name));
  if (open.length > 0)
    return failed(
      `${open.join(", ")} stands in wrangler.toml, where everybody can read it`,
      `Take it out, change that password or token, and set it with: npx wrangler secret put ${open[0]}.`,
    );
  const unknown = Object.keys(vars).filter((name) => !SETTINGS.includes(name));
  if (unknown.length > 0)
    return failed(
      `${unknown.join(", ")} in wrangler.toml is not a setting`,
      `${unknown.map((name) => didYouMean(name, SETTINGS)).join("")} There are: ${SETTINGS.join(", ")}.`.trim(),
    );
  if (crons.length === 0)
    return failed(
      "wrangler.toml has no cron: nothing would ever run",
      'Write crons = ["0 * * * *"] under [triggers].',
    );
  try {
    const secrets = Object.fromEntries(Object.entries(readSettings()).filter(([name]) => SECRETS.has(name)));
    readConfig({ MONGODB_URI: "mongodb://set.as.a.secret", ...vars, ...secrets }, new Date());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return failed(error.message, "Nothing is deployed until it can be used.");
  }
  return well(`${Object.keys(vars).length} vars can be used; cron ${crons.join(", ")}`);
}

async function checkTypes(): Promise<Result> {
  const { code, output } = await runTool("tsc", ["--noEmit"]);
  return code === 0
    ? well("no error")
    : failed(output.trim(), "Put it right: `npm run types` says the same.");
}

async function checkBundle(): Promise<Result> {
  const { code, output } = await runTool("wrangler", ["deploy", "--dry-run", "--outdir", "dist"]);
  if (code !== 0) return failed(output.trim(), "The Worker cannot be built: `npm run build` says the same.");
  return well(/Total Upload: .*/.exec(output)?.[0] ?? "built");
}

/** What of the doctor's findings would keep every run from working, and what fills the database; the rest may be so before a first deployment. */
const NEEDED = new Set(["MongoDB's name", "MongoDB's port", "sign-in", "server", "rights"]);
const TOLD = (finding: Finding) =>
  NEEDED.has(finding.check) || (finding.check === "storage" && finding.state === "warning");

async function* checkDatabase(): AsyncGenerator<Finding> {
  const settings = readSettings();
  if (!settings["MONGODB_URI"]) {
    const found = "MONGODB_URI is not known here";
    yield {
      check: "database",
      state: "skipped",
      found,
      advice: "In .dev.vars or the environment it would be looked at first.",
    };
    return;
  }
  for await (const finding of diagnose(settings)) if (TOLD(finding)) yield finding;
}

const secretListSchema = z.array(z.object({ name: z.string() }));

async function checkCloudflare(): Promise<Result> {
  const { code, output } = await runTool("wrangler", ["secret", "list", "--format", "json"]);
  if (
    /necessary to set a CLOUDFLARE_API_TOKEN|not authenticated|Authentication error|\b(9106|9109|10000)\b/.test(
      output,
    )
  )
    return failed(
      "Cloudflare does not know you",
      "Sign in with: npx wrangler login. Without a browser: set CLOUDFLARE_API_TOKEN.",
    );
  const firstSecret =
    "Set it with: npx wrangler secret put MONGODB_URI (it makes the Worker where there is none yet).";
  if (/\b(10007|10090)\b|does not exist|Worker ".*" not found/.test(output))
    return failed("MONGODB_URI is not set", firstSecret);
  if (code !== 0)
    return failed(output.trim(), "Cloudflare does not answer as it should: try again in a while.");
  const list = secretListSchema.parse(JSON.parse(output.slice(output.indexOf("["))));
  const names = list.map(({ name }) => name);
  if (!names.includes("MONGODB_URI")) return failed("MONGODB_URI is not set", firstSecret);
  const closed = names.includes("STATUS_TOKEN") ? "" : "; without STATUS_TOKEN the pages stay closed";
  return well(`secrets set: ${names.join(", ")}${closed}`);
}

/** What is looked up in a moment comes first. */
async function* checks(): AsyncGenerator<Finding> {
  yield { check: "settings", ...checkSettings() };
  yield* checkDatabase();
  yield { check: "Cloudflare", ...(await checkCloudflare()) };
  yield { check: "types", ...(await checkTypes()) };
  yield { check: "bundle", ...(await checkBundle()) };
}

async function deploy(options: { check?: boolean; message?: string }): Promise<number> {
  const refusals: string[] = [];
  for await (const { check, state, found, advice } of checks()) {
    print(`${FINDING_SIGNS[state]} ${check}: ${found}`);
    if (advice) print(`    ${advice}`);
    if (state === "failed") refusals.push(check);
    if (refusals.length > 0 && !options.check) break;
  }
  if (refusals.length > 0) {
    if (options.check) print(`It could not be deployed as it is: ${refusals.join(", ")}.`);
    else print("Nothing was deployed.");
    return EXIT.refused;
  }
  if (options.check) {
    print("It could be deployed.");
    return EXIT.fine;
  }
  const message = options.message === undefined ? [] : ["--message", options.message];
  const { code } = await runTool("wrangler", ["deploy", ...message], { shown: true });
  if (code === 0) print("Online. `npx wrangler rollback` goes back to the version before.");
  return code === 0 ? EXIT.fine : EXIT.refused;
}

const program = new Command("deploy")
  .description("Looks whether the Worker can go online, and puts it there.")
  .option("--check", "only looks, and at everything, whatever it finds")
  .option("--message <text>", "what is new, for the list of deployments")
  .addHelpText("after", "\nExit codes: 0 online (with --check: it could be); 1 refused; 2 wrong arguments.")
  .exitOverride()
  .action(async (options: { check?: boolean; message?: string }) => {
    process.exitCode = await deploy(options);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  else {
    printProblem(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT.refused;
  }
}
