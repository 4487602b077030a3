// `npm run dev`: `wrangler dev`, as in any Worker project, against a replica of both sites and a MongoDB of its own: nothing
// real is asked, and what .dev.vars names as MONGODB_URI is not touched.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { SECRETS } from "../config/config.ts";
import { replicaOf, varsOf } from "./demo-replica.ts";
import { newCommand } from "./exit.ts";
import { print, printWhole } from "./print.ts";
import { readSettings } from "./settings.ts";
import { type AtEnd, DATA_DIR, newToken, openDatabase, pageWords, runCommand } from "./system.ts";

const FOLDER = join(DATA_DIR, "dev");
const DATABASE = "tendhunt_dev";
const HISTORY = { seed: 1, notices: 4000, months: 3, faults: "default" };

const port = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new InvalidArgumentError("expected a number from 1 to 65535");
  return number;
};

const program = newCommand("dev")
  .description("wrangler dev against a replica of both sites, with a database of its own.")
  .option("--port <number>", "where the pages are", port, 8787)
  .addHelpText(
    "after",
    "\nSTATUS_TOKEN and other settings come from .dev.vars; .dev.vars.example shows its form.",
  );

async function main(atEnd: AtEnd): Promise<number> {
  const { port: at } = program.parse().opts<{ port: number }>();
  print("Making up the history, and starting MongoDB…");
  const settings = { ...HISTORY, startedAt: new Date().toISOString() };
  const replica = await replicaOf(settings);
  atEnd(replica.close);
  delete process.env["MONGODB_URI"]; // wherever it points, it is not for made-up notices
  const { db, uri, close } = await openDatabase("dev", DATABASE);
  atEnd(close);
  await db.db.dropDatabase();
  const given = readSettings();
  const token = given["STATUS_TOKEN"] ?? newToken();
  const own = { MONGODB_DB: DATABASE, ...varsOf(settings, replica) };
  const secrets = { MONGODB_URI: uri, STATUS_TOKEN: token };
  const local = Object.fromEntries(Object.entries(given).filter(([name]) => !SECRETS.has(name)));
  await mkdir(FOLDER, { recursive: true });
  const file = join(FOLDER, "vars.env");
  const lines = Object.entries({ ...local, ...own, ...secrets }).map(([name, value]) => `${name}='${value}'`);
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  const url = `http://127.0.0.1:${at}/`;
  print(pageWords(url, given["STATUS_TOKEN"] ? "of .dev.vars" : token));
  printWhole(`A run of the cron:\n  curl "${url}__scheduled?cron=0+*+*+*+*"`);
  const args = ["dev", "--test-scheduled", "--ip", "127.0.0.1", "--port", String(at), "--env-file", file];
  const child = spawn("wrangler", args, {
    stdio: "inherit",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  });
  atEnd(async () => {
    child.kill("SIGINT");
    if (child.exitCode === null) await once(child, "close");
  });
  const [code] = await once(child, "close");
  return typeof code === "number" ? code : 0;
}

await runCommand(main, 0);
