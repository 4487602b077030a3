// What a run needs of the database: a sign-in, rights, indexes and validators, a clock that agrees, room.
import { type Document, MongoServerError } from "mongodb";
import type { Config } from "../../config/config.ts";
import { collectionsOf, type Database, databaseTime, withDatabase } from "../../platform/database.ts";
import { withoutPieces } from "../../platform/redact.ts";
import { schemaDifferences } from "../../platform/schema.ts";
import type { Status } from "../../report/schema.ts";
import { bytes, megabytes, percent } from "../../report/words.ts";
import { statusOf } from "../../run/status.ts";
import { ownCollections } from "../../sources/index.ts";
import { measureStorage } from "../../store/budget.ts";
import { type Check, examine, type Finding, failed, message, skipped, warning, well } from "../finding.ts";
import { type OthersIndex, othersIndexes } from "../others-indexes.ts";
import { checkCron, checkLag, checkMonths, checkPace, checkRuns } from "./status.ts";

export async function* inDatabase(config: Config): AsyncGenerator<Finding> {
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
          withoutPieces(message(error), uri),
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
    ["indexes and validators", () => checkSchema(db, config)],
    ["indexes of others", () => checkOthers(db)],
    ["clock", () => checkClock(db)],
    ["cron", async () => checkCron(await read())],
    ["runs", async () => checkRuns(await read())],
    ["months", async () => checkMonths(await read())],
    ["new notices", async () => checkLag(await read())],
    ["pace", async () => checkPace(await read())],
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

async function tierOf(db: Database["db"]): Promise<string> {
  try {
    const size = await sharedTierBytes(db);
    return size === null ? "dedicated" : `Free or Flex, ${bytes(size)} in all its databases`;
  } catch {
    return "of a tier that cannot be told";
  }
}

/** `atlasSize` is a command of the Free and Flex tiers alone; null elsewhere. */
async function sharedTierBytes(db: Database["db"]): Promise<number | null> {
  try {
    const { atlasSize } = await db.command({ atlasSize: 1 });
    return Number(atlasSize);
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NOT_HERE) return null;
    throw error;
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

async function checkOthers(db: Database): ReturnType<Check> {
  const found = await othersIndexes(db);
  if (found.length === 0) return well("none keeps anything out");
  const sentence = ({ index, keepsOut }: OthersIndex) => `the unique index ${index} keeps out ${keepsOut}`;
  return warning(
    found.map(sentence).join("; "),
    found.map(({ index, mend }) => `${index}: ${mend}`).join(". "),
  );
}

async function checkSchema({ db }: Database, { sources }: Pick<Config, "sources">): ReturnType<Check> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  if (collections.length === 0) return skipped("the database is empty: the first run makes them");
  const differing = await schemaDifferences({ db }, ownCollections(sources));
  return differing.length > 0
    ? failed(
        `missing or of an older version: ${differing.join(", ")}`,
        "The next run makes them; if they stay so, the user lacks createIndex or, for validators, dbAdmin, or the database is full.",
      )
    : well("all there, as this version has them");
}

const CLOCK_SECONDS_MAX = 10; // leases run on the database's clock, waits on the Worker's

async function checkClock(db: Database): ReturnType<Check> {
  const off = Math.abs(Date.now() - (await databaseTime(db)).getTime()) / 1000;
  const found = `${off.toFixed(1)} s between this machine and the database`;
  return off > CLOCK_SECONDS_MAX
    ? failed(found, "One of the two clocks is wrong: set this machine's by NTP, and look at the server's.")
    : well(found);
}

const STORAGE_SHARE_MAX = 0.9;
const M0_MB = 512;

async function checkStorage(db: Database, { storageBudgetMb }: Config): ReturnType<Check> {
  const { usedBytes } = await measureStorage(db);
  if (storageBudgetMb === 0) {
    const found = `${bytes(usedBytes)}, no STORAGE_BUDGET_MB`;
    if ((await sharedTierBytes(db.db)) !== null)
      return warning(
        `${found}, on a Free or Flex cluster`,
        "Without a budget the history is read until Atlas refuses every write: `npm run plan -- --tier M0` (or FLEX) gives the lines for wrangler.toml.",
      );
    return usedBytes > megabytes(M0_MB) * STORAGE_SHARE_MAX && usedBytes <= megabytes(M0_MB)
      ? warning(found, "An Atlas M0 holds 512 MB: set STORAGE_BUDGET_MB, or move to a bigger tier.")
      : well(found);
  }
  const share = usedBytes / megabytes(storageBudgetMb);
  const used = `${bytes(usedBytes)} of ${bytes(megabytes(storageBudgetMb))} (${percent(share)})`;
  const found = share >= 1 ? `${used}: new notices are not stored any more` : used;
  return share > STORAGE_SHARE_MAX
    ? failed(
        found,
        "Choose a later start date and `npm run sync -- prune`, set STORE_RAW to none, or raise STORAGE_BUDGET_MB with a bigger tier.",
      )
    : well(found);
}
