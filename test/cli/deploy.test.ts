// docs/deploy.md, command by command, and `npm run deploy`, through processes of their own: the real wrangler in a copy of
// this project, a real MongoDB, both sites' replica, and of Cloudflare's API what wrangler asks for.
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig, SETTINGS } from "../../src/config/config.ts";
import { freePort } from "../../src/local/mongod.ts";
import { type LocalWorker, startWorker } from "../../src/local/worker.ts";
import { createHistory } from "../../src/replica/history.ts";
import { type RunningReplica, startReplica } from "../../src/replica/server.ts";
import type { Source } from "../../src/replica/sources.ts";
import { type FakeCloudflare, startFakeCloudflare } from "../kit/cloudflare.ts";
import { freshDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COPY = join(ROOT, ".data", `deploy-test-${process.pid}`);
const TOKEN = "a-status-token-that-nobody-may-see";
const PASSWORD = "pa55word-that-nobody-may-see";
const { uri, name, clear } = await freshDatabase();
const from = new Date(Date.now() - 20 * 86_400_000);
let cloudflare: FakeCloudflare;
let replica: RunningReplica;
let worker: LocalWorker;
let environment: Record<string, string>;

beforeAll(async () => {
  await mkdir(COPY, { recursive: true });
  for (const path of ["src", "package.json", "tsconfig.json", "wrangler.toml"])
    await cp(join(ROOT, path), join(COPY, path), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(COPY, "node_modules"));
  cloudflare = await startFakeCloudflare();
  const made = (source: Source) =>
    createHistory({ source, seed: 5, faults: [], from, to: new Date(), notices: 100 });
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  const limit = { requests: 100_000, perSeconds: 1, retryAfterSeconds: 1 };
  replica = await startReplica({ seed: 5, faults: [], histories, limit, bodies: "light" });
  worker = await startWorker({
    builtDir: await builtWorker(),
    vars: { MONGODB_DB: name },
    secrets: { MONGODB_URI: uri, STATUS_TOKEN: TOKEN },
  });
  environment = {
    PATH: `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"]}`,
    HOME: COPY, // nobody is signed in there
    ...{
      CLOUDFLARE_API_BASE_URL: cloudflare.url,
      CLOUDFLARE_API_TOKEN: "a-token",
      CLOUDFLARE_ACCOUNT_ID: "an-account",
    },
    ...{ WRANGLER_SEND_METRICS: "false", CI: "1", MONGODB_URI: uri, MONGODB_DB: name, STATUS_TOKEN: TOKEN },
    ...{ FAT_API_URL: replica.url, CF_API_URL: replica.url, REQUESTS_PER_MINUTE: "60000" },
    BACKFILL_START_DATE: from.toISOString().slice(0, 10),
  };
});
afterAll(async () => {
  cloudflare.close();
  await Promise.all([replica.close(), worker.close(), rm(COPY, { recursive: true, force: true })]);
});

interface Ended {
  code: number;
  out: string;
}

function shell(command: string, { vars = {}, typed = "" } = {}): Promise<Ended> {
  const env = { ...environment, ...vars };
  return new Promise((resolve) => {
    const child = execFile(
      "bash",
      ["-c", command],
      { cwd: COPY, env, maxBuffer: 50_000_000 },
      (error, out, err) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, out: `${out}${err}` }),
    );
    child.stdin?.end(typed);
  });
}

describe("docs/deploy.md", async () => {
  const text = await readFile(join(ROOT, "docs/deploy.md"), "utf8");
  const blocks = (language: string) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
      ([, block = ""]) => block,
    );
  const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));

  /** Commands that cannot run in this test, each with its reason. */
  const NOT_HERE: Record<string, string> = {
    "npm ci": "this test runs in what it installs",
    "npx wrangler login": "needs a browser and an account",
    "npx wrangler tail": "needs a Worker at Cloudflare",
    "npx wrangler deployments list": "needs a Worker at Cloudflare",
    "npx wrangler rollback": "needs a Worker at Cloudflare",
    "npx wrangler delete": "needs a Worker at Cloudflare",
    "cp .dev.vars.example .dev.vars": "the environment stands for it here",
    "npm run dev": "stays until it is stopped",
    "git pull": "needs the remote repository",
    "npm run check": "runs this very test",
    "npm run plan": "test/cli/plan.test.ts runs it",
  };
  const typed = (value: string) => async (command: string) => shell(command, { typed: value });
  const local = (command: string) =>
    shell(command.replace(/https:\/\/\S+?workers\.dev/, worker.url.replace(/\/$/, "")));
  const HERE: [command: string, run: (command: string) => Promise<Ended>, code: number, seen: RegExp][] = [
    ["openssl rand -hex 24", shell, 0, /^[0-9a-f]{48}\n$/],
    [
      "npm run sync -- doctor",
      shell,
      1,
      /✔ configuration[\s\S]*✔ clock[\s\S]*✖ cron: no run yet[\s\S]*✔ Contracts Finder/,
    ],
    ["npx wrangler secret put MONGODB_URI", typed(uri), 0, /Success! Uploaded secret/],
    ["npx wrangler secret put STATUS_TOKEN", typed(TOKEN), 0, /Success! Uploaded secret/],
    [
      "npx wrangler secret put ALERT_WEBHOOK_URL",
      typed("https://hooks.example/x"),
      0,
      /Success! Uploaded secret/,
    ],
    [
      "npm run deploy -- --check",
      shell,
      0,
      /✔ settings[\s\S]*✔ rights[\s\S]*✔ Cloudflare[\s\S]*✔ types[\s\S]*✔ bundle[\s\S]*It could be deployed/,
    ],
    [
      "npm run deploy",
      shell,
      0,
      /https:\/\/tendhunt-data-sync\.example\.workers\.dev[\s\S]*schedule: 0 \* \* \* \*[\s\S]*Online\./,
    ],
    ["npm run sync -- run", shell, 0, /Find a Tender: \d+ notices .*ended by nothing left/],
    ["curl -s https://tendhunt-data-sync.example.workers.dev/healthz", local, 0, /^\{"ok":true\}$/],
    ["npm run sync -- status", shell, 0, /Nothing needs you\.[\s\S]*▒ done/],
    ["npm run sync -- doctor", shell, 0, /✔ cron[\s\S]*All well\./],
    ["npm run sync -- prune --dry-run", shell, 0, /would go\./],
    ["npm run sync -- prune", shell, 0, /gone\./],
  ];

  it("has no command that is neither run here nor listed with its reason, and none is listed in vain", () => {
    const known = new Set([...HERE.map(([command]) => command), ...Object.keys(NOT_HERE)]);
    expect(new Set(commands)).toEqual(known);
  });

  it("each command does what the page says one sees, in this order; no secret is ever shown", async () => {
    await clear();
    for (const [command, run, code, seen] of HERE) {
      const ended = await run(command);
      expect(ended.out, command).toMatch(seen);
      expect([command, ended.code]).toEqual([command, code]);
      expect(ended.out, command).not.toContain(TOKEN);
    }
    expect([...cloudflare.secrets]).toEqual(["MONGODB_URI", "STATUS_TOKEN", "ALERT_WEBHOOK_URL"]);
    const script = "/workers/scripts/tendhunt-data-sync";
    expect(cloudflare.changes.filter((change) => !change.includes("secrets"))).toEqual(
      expect.arrayContaining([`PUT ${script}`, `PUT ${script}/schedules`]),
    );
  }, 180_000);

  it("every line for a settings file can be used", () => {
    const given = [
      ...blocks("toml").map((block) => parse(block)["vars"]),
      ...blocks("ini").map((block) =>
        Object.fromEntries(
          block
            .trim()
            .split("\n")
            .map((line) => line.split(/=(.*)/)),
        ),
      ),
    ];
    expect(given.length).toBeGreaterThan(1);
    for (const vars of given) {
      expect(Object.keys(vars).filter((one) => !SETTINGS.includes(one))).toEqual([]);
      readConfig({ MONGODB_URI: "mongodb://x", ...vars }, new Date("2026-11-24T00:00:00Z"));
    }
  });
});

describe("npm run deploy refuses, names the reason, and has changed nothing", () => {
  const withToml = async (edit: (toml: string) => string) => {
    const toml = await readFile(join(ROOT, "wrangler.toml"), "utf8");
    await writeFile(join(COPY, "wrangler.toml"), edit(toml));
  };
  const refused = async (expected: RegExp, vars: Record<string, string> = {}) => {
    const before = cloudflare.changes.length;
    const { code, out } = await shell("node src/cli/deploy.ts", { vars });
    expect(out).toMatch(expected);
    expect(out).toMatch(/Nothing was deployed\.\n$/);
    expect([code, cloudflare.changes.length]).toEqual([1, before]);
    for (const secret of [TOKEN, PASSWORD]) expect(out).not.toContain(secret);
  };

  it("a setting with a wrong value, a name that is none, a secret for everybody to read, no cron", async () => {
    await withToml((toml) => toml.replace('PAGE_LIMIT = "100"', 'PAGE_LIMIT = "101"'));
    await refused(/✖ settings: PAGE_LIMIT is "101": allowed are whole numbers from 2 to 100/);
    await withToml((toml) => toml.replace("PAGE_LIMIT", "PAGE_LIMITS"));
    await refused(/✖ settings: PAGE_LIMITS in wrangler.toml is not a setting\n.*PAGE_LIMIT,/);
    await withToml((toml) =>
      toml.replace("[vars]", `[vars]\nMONGODB_URI = "mongodb://me:${PASSWORD}@host/"`),
    );
    await refused(/✖ settings: MONGODB_URI stands in wrangler.toml[\s\S]*secret put MONGODB_URI/);
    await withToml((toml) => toml.replace('crons = ["0 * * * *"]', "crons = []"));
    await refused(/✖ settings: wrangler.toml has no cron/);
    await withToml((toml) => toml);
  }, 300_000);

  it("types that do not fit, a bundle that cannot be made, nobody signed in at Cloudflare: --check tells all", async () => {
    const wrong = join(COPY, "src/wrong.ts");
    await writeFile(wrong, 'export const count: number = "three";\n');
    await withToml((toml) => toml.replace("./node_modules/pino/pino.js", "./nowhere.js"));
    const looked = await shell("node src/cli/deploy.ts --check", { vars: { CLOUDFLARE_API_TOKEN: "" } });
    await rm(wrong);
    await withToml((toml) => toml);
    expect(looked.code).toBe(1);
    expect(looked.out).toMatch(/✖ Cloudflare: Cloudflare does not know you\n.*wrangler login/);
    expect(looked.out).toMatch(/✖ types: src\/wrong\.ts.*not assignable/);
    expect(looked.out).toMatch(/✖ bundle: [\s\S]*nowhere\.js/);
    expect(looked.out).toMatch(/as it is: Cloudflare, types, bundle\.\n$/);
  }, 300_000);

  it("a database that cannot be reached, a password that is wrong in form", async () => {
    const closed = `mongodb://me:${PASSWORD}@127.0.0.1:${await freePort()}/`;
    await refused(/✖ MongoDB's port[\s\S]*IP access list/, { MONGODB_URI: closed });
    await refused(/✖ settings: MONGODB_URI is wrong \(a secret, not shown\)/, {
      MONGODB_URI: `me:${PASSWORD}@host`,
    });
  }, 300_000);

  it("a token that Cloudflare does not take, a Worker without its MONGODB_URI", async () => {
    await refused(/✖ Cloudflare: Cloudflare does not know you/, { CLOUDFLARE_API_TOKEN: "another-token" });
    cloudflare.secrets.delete("MONGODB_URI");
    await refused(/✖ Cloudflare: MONGODB_URI is not set\n.*secret put MONGODB_URI/);
  }, 300_000);
});
