// Environment → Config, or one ConfigError that names every wrong setting. Nothing else reads the environment.
import { z } from "zod";
import { ConfigError } from "../terms/errors.ts";
import { fromLondon, isLondonTime } from "../terms/london-time.ts";
import { ALL_STAGES, type Source } from "../terms/window.ts";

export interface SourceConfig {
  source: Source;
  /** First instant of the history that is kept. */
  start: Date;
  /** Origin of the API, without a trailing slash. */
  origin: string;
  /** Lanes: a `stages` value each, or `all`. */
  stages: string[];
}

export interface Config {
  mongodbUri: string;
  mongodbDb: string;
  sources: SourceConfig[];
  requestsPerMinute: number;
  runBudgetSeconds: number;
  leaseSeconds: number;
  /** The wait after a refusal that names none; null: the API's own default. */
  cooldownSeconds: number | null;
  pageLimit: number;
  storeRaw: "none" | "gzip" | "full";
  /** 0: no budget. */
  storageBudgetMb: number;
  /** 0: never verify. */
  verifyRequestsPerRun: number;
  /** Earliest proof after the drain. */
  verifyAfterHours: number;
  statusToken: string | null;
  alertWebhookUrl: string | null;
  logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
}

export const SECRETS = new Set(["MONGODB_URI", "STATUS_TOKEN", "ALERT_WEBHOOK_URL"]);

const number = (range: { min: number; max: number; whole: boolean; preset: string }) =>
  z
    .string()
    .default(range.preset)
    .transform((text) => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN))
    .refine(
      (value) => value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value)),
      `allowed are ${range.whole ? "whole numbers" : "numbers"} from ${range.min} to ${range.max}`,
    );

const oneOf = <const T extends readonly [string, ...string[]]>(values: T, preset: T[number]) =>
  z.enum(values, { error: `allowed are ${values.join(", ")}` }).default(preset);

const day = z
  .string()
  .refine((text) => isLondonTime(`${text}T00:00:00`), "allowed is a day of the calendar like 2024-03-01")
  .transform((text) => {
    const midnight = `${text}T00:00:00`;
    return isLondonTime(midnight) ? fromLondon(midnight) : new Date(Number.NaN);
  });

const origin = (preset: string) =>
  z
    .string()
    .default(preset)
    .refine((text) => {
      if (!URL.canParse(text)) return false;
      const url = new URL(text);
      return /^https?:$/.test(url.protocol) && url.pathname === "/" && !url.search && !url.username;
    }, "allowed is an origin like https://www.find-tender.service.gov.uk")
    .transform((text) => (URL.canParse(text) ? new URL(text).origin : text));

/** A `stages` lane per entry; `all` stands alone, because it already asks for everything. */
const stages = (preset: string, allowed: readonly string[]) =>
  z
    .string()
    .default(preset)
    .transform((text) => text.split(",").map((stage) => stage.trim()))
    .refine(
      (list) =>
        list.every((stage) => stage === ALL_STAGES || allowed.includes(stage)) &&
        new Set(list).size === list.length &&
        (list.length === 1 || !list.includes(ALL_STAGES)),
      `allowed is ${ALL_STAGES}, or a list of different ones of ${allowed.join(", ")}`,
    );

const DATABASE_NAME = /^[\w-]{1,38}$/; // Atlas M0 and Flex allow 38 bytes

const environmentSchema = z.object({
  MONGODB_URI: z
    .string({ error: "it is not set" })
    .regex(
      /^mongodb(\+srv)?:\/\/\S+$/,
      "allowed is a connection string that begins with mongodb:// or mongodb+srv://",
    ),
  MONGODB_DB: z
    .string()
    .regex(DATABASE_NAME, "allowed are 1 to 38 letters, digits, _ and -")
    .default("tendhunt"),
  BACKFILL_START_DATE: day.optional(),
  FAT_BACKFILL_START_DATE: day.optional(),
  CF_BACKFILL_START_DATE: day.optional(),
  FAT_API_URL: origin("https://www.find-tender.service.gov.uk"),
  CF_API_URL: origin("https://www.contractsfinder.service.gov.uk"),
  FAT_STAGES: stages(ALL_STAGES, ["planning", "tender", "award"]),
  CF_STAGES: stages("planning,tender,award,implementation", [
    "planning",
    "tender",
    "award",
    "implementation",
  ]),
  REQUESTS_PER_MINUTE: number({ min: 0.1, max: 60_000, whole: false, preset: "6" }),
  RUN_BUDGET_SECONDS: number({ min: 1, max: 870, whole: false, preset: "780" }),
  LEASE_SECONDS: number({ min: 3, max: 900, whole: false, preset: "90" }),
  COOLDOWN_SECONDS: number({ min: 0, max: 3600, whole: false, preset: "0" }).optional(),
  PAGE_LIMIT: number({ min: 1, max: 100, whole: true, preset: "100" }),
  STORE_RAW: oneOf(["none", "gzip", "full"], "none"),
  STORAGE_BUDGET_MB: number({ min: 0, max: 10_000_000, whole: false, preset: "0" }),
  VERIFY_REQUESTS_PER_RUN: number({ min: 0, max: 100_000, whole: true, preset: "20" }),
  VERIFY_AFTER_HOURS: number({ min: 0, max: 720, whole: false, preset: "3" }),
  STATUS_TOKEN: z.string().min(16, "allowed are 16 characters or more").optional(),
  ALERT_WEBHOOK_URL: z.url({ protocol: /^https?$/, error: "allowed is an http or https address" }).optional(),
  LOG_LEVEL: oneOf(["trace", "debug", "info", "warn", "error", "fatal"], "info"),
});

/** The name of every setting. */
export const SETTINGS: readonly string[] = Object.keys(environmentSchema.shape);

/** Where the histories begin (api-facts: FaT 2021-01-02; CF's release dates November 2016). */
const FIRST_DAY = { FIND_A_TENDER: "2021-01-01T00:00:00", CONTRACTS_FINDER: "2016-11-01T00:00:00" } as const;

/**
 * The settings of the Worker (or of a command). A source's own start date wins over BACKFILL_START_DATE; Find a
 * Tender has nothing before 2021, so the common date never starts it earlier.
 * @throws ConfigError that names each wrong variable, its value (never a secret's) and what is allowed
 */
export function readConfig(environment: Record<string, unknown>, now: Date): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => typeof value === "string" && value.trim() !== ""),
  );
  const result = environmentSchema.safeParse(given);
  if (!result.success) throw new ConfigError(describe(result.error, given));
  const env = result.data;
  const common = env.BACKFILL_START_DATE;
  for (const name of ["BACKFILL_START_DATE", "FAT_BACKFILL_START_DATE", "CF_BACKFILL_START_DATE"] as const) {
    if ((env[name]?.getTime() ?? 0) > now.getTime()) {
      throw new ConfigError(line(name, given, "allowed is a day that is not in the future"));
    }
  }
  const fatFirst = dayOf(FIRST_DAY.FIND_A_TENDER);
  return {
    mongodbUri: env.MONGODB_URI,
    mongodbDb: env.MONGODB_DB,
    sources: [
      {
        source: "FIND_A_TENDER",
        start: env.FAT_BACKFILL_START_DATE ?? (common && common > fatFirst ? common : fatFirst),
        origin: env.FAT_API_URL,
        stages: env.FAT_STAGES,
      },
      {
        source: "CONTRACTS_FINDER",
        start: env.CF_BACKFILL_START_DATE ?? common ?? dayOf(FIRST_DAY.CONTRACTS_FINDER),
        origin: env.CF_API_URL,
        stages: env.CF_STAGES,
      },
    ],
    requestsPerMinute: env.REQUESTS_PER_MINUTE,
    runBudgetSeconds: env.RUN_BUDGET_SECONDS,
    leaseSeconds: env.LEASE_SECONDS,
    cooldownSeconds: given["COOLDOWN_SECONDS"] === undefined ? null : (env.COOLDOWN_SECONDS ?? null),
    pageLimit: env.PAGE_LIMIT,
    storeRaw: env.STORE_RAW,
    storageBudgetMb: env.STORAGE_BUDGET_MB,
    verifyRequestsPerRun: env.VERIFY_REQUESTS_PER_RUN,
    verifyAfterHours: env.VERIFY_AFTER_HOURS,
    statusToken: env.STATUS_TOKEN ?? null,
    alertWebhookUrl: env.ALERT_WEBHOOK_URL ?? null,
    logLevel: env.LOG_LEVEL,
  };
}

function dayOf(text: string): Date {
  if (!isLondonTime(text)) throw new RangeError(text);
  return fromLondon(text);
}

function describe(error: z.ZodError, given: Record<string, unknown>): string {
  return error.issues.map((issue) => line(String(issue.path[0]), given, issue.message)).join(" ");
}

function line(name: string, given: Record<string, unknown>, allowed: string): string {
  const value = given[name];
  const shown =
    value === undefined ? "missing" : SECRETS.has(name) ? "wrong (a secret, not shown)" : `"${value}"`;
  const how = SECRETS.has(name)
    ? `Set it with: npx wrangler secret put ${name}.`
    : "Set it in wrangler.toml.";
  return `${name} is ${shown}: ${allowed}. ${how}`;
}
