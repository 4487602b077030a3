// `npm run sync -- doctor`: everything that a deployment needs, one by one, each with what to do when it fails.
import { lookup, resolveSrv } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Document, MongoClient, MongoServerError } from "mongodb";
import { type Config, readConfig } from "../config/config.ts";
import { pageUrl } from "../fetch/api.ts";
import { collectionsOf, type Database, schemaDifferences, withDatabase } from "../platform/database.ts";
import { TransportError } from "../platform/effects.ts";
import { getAs, USER_AGENT, workerEffects } from "../platform/worker-effects.ts";
import type { Status } from "../report/schema.ts";
import { ago, bytes, counted, megabytes, percent, span } from "../report/words.ts";
import { statusOf } from "../run/status.ts";
import { measureStorage } from "../store/budget.ts";
import { plusSeconds, toLondon } from "../terms/london-time.ts";
import { ALL_STAGES } from "../terms/window.ts";

export interface Finding {
  check: string;
  state: "well" | "warning" | "failed" | "skipped";
  found: string;
  /** What to do. */
  advice?: string;
}

export const FINDING_SIGNS: Record<Finding["state"], string> = {
  well: "✔",
  warning: "!",
  failed: "✖",
  skipped: "-",
};

type Check = () => Promise<Omit<Finding, "check">>;

const well = (found: string) => ({ state: "well" as const, found });
const warning = (found: string, advice: string) => ({ state: "warning" as const, found, advice });
const failed = (found: string, advice: string) => ({ state: "failed" as const, found, advice });
const skipped = (found: string) => ({ state: "skipped" as const, found });

const message = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\/\/[^@\s/]+@/g, "//[redacted]@");

async function examine(check: string, of: Check): Promise<Finding> {
  try {
    return { check, ...(await of()) };
  } catch (error) {
    return { check, ...failed(message(error), "This was not expected: the message says where to look.") };
  }
}

/** Findings as they are made. A check that needs what an earlier one found missing is skipped, and says so. */
export async function* diagnose(settings: Record<string, string>): AsyncGenerator<Finding> {
  let config: Config;
  try {
    config = readConfig(settings, new Date());
  } catch (error) {
    const advice = "Put it right in wrangler.toml, .dev.vars or the environment; every other check needs it.";
    yield { check: "configuration", ...failed(message(error), advice) };
    return;
  }
  yield { check: "configuration", ...well("every setting can be used") };
  const client = parsed(config.mongodbUri);
  const names = await examine("MongoDB's name", () => checkNames(client));
  yield names;
  const door =
    names.state === "failed"
      ? { check: "MongoDB's door", ...skipped("its name is not known") }
      : await examine("MongoDB's door", () => checkDoor(client));
  yield door;
  if (door.state === "well") yield* inDatabase(config);
  else yield { check: "the database", ...skipped("MongoDB cannot be reached") };
  const asked: SiteAnswer[] = [];
  for (const source of config.sources)
    yield await examine(source.definition.name, () => checkApi(source, asked));
  yield await examine("User-Agent", () => checkUserAgent(asked));
}

/** A client that never connects: the driver's own reading of the connection string. */
function parsed(uri: string): MongoClient | Error {
  try {
    return new MongoClient(uri);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const NAME_ADVICE =
  "Copy the connection string anew from Atlas (Connect, Drivers): its host is not known here.";

async function checkNames(client: MongoClient | Error): ReturnType<Check> {
  if (client instanceof Error) return failed(message(client), NAME_ADVICE);
  const { srvHost } = client.options;
  try {
    const hosts = srvHost
      ? (await resolveSrv(`_mongodb._tcp.${srvHost}`)).map(({ name }) => name)
      : client.options.hosts.map(({ host }) => host ?? "");
    for (const host of hosts) await lookup(host);
    return well(hosts.join(", "));
  } catch (error) {
    return failed(`the host of MONGODB_URI has no address: ${message(error)}`, NAME_ADVICE);
  }
}

const DOOR_ADVICE =
  "Atlas closes the door to addresses that are not on the IP access list (Network Access), and while a cluster is paused or still being made. Workers have no fixed addresses: allow 0.0.0.0/0.";

async function checkDoor(client: MongoClient | Error): ReturnType<Check> {
  if (client instanceof Error) return skipped("its connection string cannot be read");
  const { srvHost, tls } = client.options;
  const hosts = srvHost
    ? (await resolveSrv(`_mongodb._tcp.${srvHost}`)).map(({ name, port }) => ({ host: name, port }))
    : client.options.hosts.map(({ host, port }) => ({ host: host ?? "", port: port ?? 27_017 }));
  const errors: string[] = [];
  for (const { host, port } of hosts) {
    try {
      await knock({ host, port, tls });
      return well(`${host}:${port} answers${tls ? " over TLS" : ""}`);
    } catch (error) {
      errors.push(`${host}:${port}: ${message(error)}`);
    }
  }
  return failed(errors.join("; "), DOOR_ADVICE);
}

const KNOCK_MS_MAX = 10_000;

function knock({ host, port, tls }: { host: string; port: number; tls: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, servername: host }, () => end(null))
      : connectTcp({ host, port }, () => end(null));
    const end = (error: Error | null) => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(KNOCK_MS_MAX, () => end(new Error(`no answer within ${KNOCK_MS_MAX / 1000} s`)));
    socket.once("error", end);
    socket.once("close", () => end(new Error("the connection was closed")));
  });
}

async function* inDatabase(config: Config): AsyncGenerator<Finding> {
  const { mongodbUri: uri, mongodbDb: name } = config;
  const findings: Finding[] = [];
  try {
    await withDatabase({ uri, name }, async (db) => {
      await db.command({ ping: 1 });
      await db.listCollections({}, { nameOnly: true }).toArray(); // asks for a right, which a ping does not
      findings.push({ check: "sign-in", ...well(`as ${await whoAmI(collectionsOf(db))}`) });
      for (const [check, of] of databaseChecks(collectionsOf(db), config))
        findings.push(await examine(check, of));
    });
  } catch (error) {
    if (findings.length === 0)
      findings.push({
        check: "sign-in",
        ...failed(
          message(error),
          "Check the user's name and password in MONGODB_URI (special characters percent-encoded), and that it may use this database (Atlas: Database Access).",
        ),
      });
    else throw error;
  }
  yield* findings;
}

async function whoAmI({ db }: Database): Promise<string> {
  const { authInfo } = await db.command({ connectionStatus: 1 });
  return authInfo.authenticatedUsers[0]?.user ?? "nobody: this server asks for no sign-in";
}

function databaseChecks(db: Database, config: Config): [string, Check][] {
  let status: Status | null = null;
  const read = async () => {
    status ??= await statusOf(db, config, new Date());
    return status;
  };
  return [
    ["server", () => checkServer(db)],
    ["rights", () => checkRights(db)],
    ["indexes and validators", () => checkSchema(db)],
    ["clock", () => checkClock(db)],
    ["cron", async () => checkCron(await read())],
    ["runs", async () => checkRuns(await read())],
    ["months", async () => checkMonths(await read())],
    ["new notices", async () => checkLag(await read())],
    ["storage", () => checkStorage(db, config)],
  ];
}

const SERVER_MAJOR_MIN = 6; // the oldest that the tests run on

async function checkServer({ db }: Database): ReturnType<Check> {
  const { version } = await db.admin().command({ buildInfo: 1 });
  const { hosts = [] }: { hosts?: string[] } = await db.command({ hello: 1 });
  const atlas = hosts.some((host) => host.includes(".mongodb.net:"));
  const found = `MongoDB ${version}${atlas ? `, Atlas ${await tierOf(db)}` : ""}`;
  return Number.parseInt(version, 10) < SERVER_MAJOR_MIN
    ? failed(found, `MongoDB ${SERVER_MAJOR_MIN} or newer is needed: upgrade the cluster.`)
    : well(found);
}

const NOT_HERE = 59; // CommandNotFound

/** `atlasSize` is a command of the Free and Flex tiers alone. */
async function tierOf(db: Database["db"]): Promise<string> {
  try {
    const { atlasSize } = await db.command({ atlasSize: 1 });
    return `Free or Flex, ${bytes(Number(atlasSize))} in all its databases`;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NOT_HERE) return "dedicated";
    return "of a tier that cannot be told";
  }
}

/** What a run does in its database. Atlas: the built-in role readWrite has all of it. */
const ACTIONS = [
  ...["find", "insert", "update", "remove", "createIndex", "createCollection", "listIndexes"],
  ...["listCollections", "dbStats"],
];

async function checkRights({ db }: Database): ReturnType<Check> {
  const { authInfo } = await db.command({ connectionStatus: 1, showPrivileges: true });
  if (authInfo.authenticatedUsers.length === 0) return well("all: this server asks for no sign-in");
  const privileges: Document[] = authInfo.authenticatedUserPrivileges;
  const granted = new Set(
    privileges
      .filter(
        ({ resource }) =>
          resource.anyResource || (resource.collection === "" && [db.databaseName, ""].includes(resource.db)),
      )
      .flatMap(({ actions }) => actions),
  );
  const lacking = ACTIONS.filter((action) => !granted.has(action));
  if (lacking.length > 0)
    return failed(
      `this user may not ${lacking.join(", ")} in ${db.databaseName}`,
      `Give it the role readWrite on ${db.databaseName} (Atlas: Database Access).`,
    );
  const found = `all that a run needs in ${db.databaseName}`;
  return granted.has("collMod")
    ? well(found)
    : warning(
        `${found}; not collMod`,
        `After an upgrade validators stay as they are: the role dbAdmin on ${db.databaseName} lets a run change them.`,
      );
}

async function checkSchema({ db }: Database): ReturnType<Check> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  if (collections.length === 0) return skipped("the database is empty: the first run makes them");
  const differing = await schemaDifferences({ db });
  return differing.length > 0
    ? failed(
        `missing or of an older version: ${differing.join(", ")}`,
        "The next run makes them; if they stay so, the user lacks createIndex or, for validators, dbAdmin, or the database is full.",
      )
    : well("all there, as this version has them");
}

const CLOCK_SECONDS_MAX = 10; // leases run on the database's clock, the delta on the Worker's

async function checkClock({ db }: Database): ReturnType<Check> {
  const { localTime }: { localTime?: Date } = await db.command({ hello: 1 });
  const off = Math.abs(Date.now() - Number(localTime)) / 1000;
  const found = `${off.toFixed(1)} s between this machine and the database`;
  return off > CLOCK_SECONDS_MAX
    ? failed(found, "One of the two clocks is wrong: set this machine's by NTP, and look at the server's.")
    : well(found);
}

const CRON_MS_MAX = 2 * 3_600_000; // one missed hour is nothing

function checkCron({ at, runs }: Status): Omit<Finding, "check"> {
  const last = runs[0];
  const advice =
    "Cloudflare fires it: look at the Worker's Triggers (`crons` in wrangler.toml, then `npm run deploy`) and its logs. `npm run sync -- run` does one invocation here.";
  if (!last) return failed("no run yet", advice);
  const found = `last run ${ago(last.startedAt, at)}`;
  return at.getTime() - last.startedAt.getTime() > CRON_MS_MAX ? failed(found, advice) : well(found);
}

function checkRuns({ runs, troubles, sources }: Status): Omit<Finding, "check"> {
  const last = runs.find(({ outcome }) => outcome !== "running");
  if (!last) return skipped("none has ended yet");
  const paused = sources.filter((source) => source.paused).map(({ name }) => name);
  const [latest] = troubles;
  if (last.outcome === "error" || last.outcome === "dropped") {
    const why = latest ? `: ${latest.source} ${latest.kind}` : "";
    return failed(
      `the last one ended with "${last.outcome}"${why}`,
      last.outcome === "dropped"
        ? "The platform ended it: RUN_BUDGET_SECONDS may be too near to 900, or [limits] cpu_ms too small."
        : "`npm run sync -- status` and the Worker's log of that time say more.",
    );
  }
  if (paused.length > 0)
    return warning(`${paused.join(" and ")} paused`, "`npm run sync -- resume` goes on.");
  return well(`the last one ended with "${last.outcome}"`);
}

function checkMonths({ windows }: Status): Omit<Finding, "check"> {
  const bad = windows.filter(({ state }) => state === "failed").map(({ id }) => id);
  if (windows.length === 0) return skipped("nothing is planned yet");
  return bad.length > 0
    ? failed(
        `could not be read: ${bad.join(", ")}`,
        `They are tried again after a day; \`npm run sync -- retry ${bad[0]}\` tries at once.`,
      )
    : well(`${counted(windows.length, "month")}, none failed`);
}

const LAG_SECONDS_MAX = 6 * 3600;

function checkLag({ sources }: Status): Omit<Finding, "check"> {
  const late = sources.filter(({ paused, lagSeconds }) => !paused && (lagSeconds ?? 0) > LAG_SECONDS_MAX);
  const lags = sources.flatMap(({ name, lagSeconds }) =>
    lagSeconds === null ? [] : [`${name} ${span(lagSeconds * 1000)} behind`],
  );
  if (lags.length === 0) return skipped("nothing is planned yet");
  return late.length > 0
    ? failed(
        lags.join(", "),
        "It catches up by itself once runs succeed: see cron, runs and the site's check.",
      )
    : well(lags.join(", "));
}

const STORAGE_SHARE_MAX = 0.9;
const M0_MB = 512;

async function checkStorage(db: Database, { storageBudgetMb }: Config): ReturnType<Check> {
  const { usedBytes } = await measureStorage(db);
  if (storageBudgetMb === 0) {
    const found = `${bytes(usedBytes)}, no STORAGE_BUDGET_MB`;
    return usedBytes > megabytes(M0_MB) * STORAGE_SHARE_MAX && usedBytes <= megabytes(M0_MB)
      ? warning(found, "An Atlas M0 holds 512 MB: set STORAGE_BUDGET_MB, or move to a bigger tier.")
      : well(found);
  }
  const share = usedBytes / megabytes(storageBudgetMb);
  const found = `${bytes(usedBytes)} of ${bytes(megabytes(storageBudgetMb))} (${percent(share)})`;
  return share > STORAGE_SHARE_MAX
    ? failed(
        found,
        "Choose a later start date and `npm run sync -- prune`, set STORE_RAW to none, or raise STORAGE_BUDGET_MB with a bigger tier.",
      )
    : well(found);
}

const API_MS_MAX = 30_000;
const FORBIDDEN = 403;
const REFUSED = new Set([FORBIDDEN, 429]);

interface SiteAnswer {
  url: string;
  status: number;
}

/** @param asked gets what the site answered */
async function checkApi(
  { origin, definition }: Config["sources"][number],
  asked: SiteAnswer[],
): ReturnType<Check> {
  if (!definition.releases) return skipped("it has no address of its own");
  const { api } = definition.releases;
  const hi = toLondon(new Date());
  const lo = plusSeconds(hi, -86_400);
  const url = pageUrl(api, origin, { stage: ALL_STAGES, lo, hi, limit: 1 });
  try {
    const { status, retryAfter, body } = await workerEffects.get(url, { timeoutMs: API_MS_MAX });
    asked.push({ url, status });
    if (REFUSED.has(status))
      return failed(
        `${origin} refuses (status ${status}${retryAfter ? `, for ${retryAfter} s` : ""})`,
        "Mostly too many requests of late from this address: wait five minutes and look again. The check of the User-Agent says whether the name is the cause.",
      );
    if (status !== 200)
      return failed(
        `${origin} answers with status ${status}`,
        "Look at the site in a browser: it may be down for a while; runs go on by themselves.",
      );
    const { releases } = JSON.parse(new TextDecoder().decode(body));
    return Array.isArray(releases)
      ? well(`${origin} answers`)
      : failed(
          `${origin} answers, but not with releases`,
          `Is this the site's own origin? ${api.settings.origin} in wrangler.toml names it.`,
        );
  } catch (error) {
    if (!(error instanceof TransportError) && !(error instanceof SyntaxError)) throw error;
    return failed(
      `${origin}: ${message(error)}`,
      `Look at the site in a browser from here; ${api.settings.origin} in wrangler.toml names it.`,
    );
  }
}

/** A site that forbids what it answers under another name does not want this one. */
async function checkUserAgent(asked: SiteAnswer[]): ReturnType<Check> {
  if (asked.length === 0) return skipped("no site answered");
  const forbidden = asked.filter(({ status }) => status === FORBIDDEN);
  const another = getAs("sync-doctor/1.0");
  for (const { url } of forbidden) {
    const { status } = await another(url, { timeoutMs: API_MS_MAX });
    if (status !== 200) continue;
    return failed(
      `${new URL(url).origin} forbids "${USER_AGENT}" and answers another name`,
      "Ask the site's owner to let it in, or change it in src/platform/worker-effects.ts.",
    );
  }
  return forbidden.length > 0
    ? skipped("another name is forbidden too: it is not the cause")
    : well(`"${USER_AGENT}" is answered`);
}
