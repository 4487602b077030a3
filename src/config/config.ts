// Environment → Config, or one ConfigError that names every wrong setting. Nothing else reads the environment. A source's
// own settings stand in its folder of src/sources.
import { z } from "zod";
import { SOURCES } from "../sources/index.ts";
import type { Source, SourceConfig } from "../sources/source.ts";
import { STORE_DETAILS, STORE_RAW_MODES } from "../terms/documents.ts";
import { ConfigError } from "../terms/errors.ts";
import { SEARCH_MODES } from "../terms/search.ts";
import { day, dayOf, isLinkLocal, isThisMachine, number, numberIn, oneOf } from "../terms/setting.ts";

const DATABASE_NAME = /^(?!(?:admin|local|config)$)[\w-]{1,38}$/i; // Atlas M0 and Flex allow 38 bytes

/** The cookies and the bearer rest on it alone: what a person makes up is guessed. */
const TOKEN_LETTERS_MIN = 8;
const isToken = (text: string) =>
  /^[\x21-\x7e]{16,}$/.test(text) &&
  !/^\d{1,23}$/.test(text) &&
  new Set(text).size >= TOKEN_LETTERS_MIN &&
  !/^(.{1,10})\1+.{0,9}$/.test(text);

function isWebhook(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" ? !isLinkLocal(hostname) : protocol === "http:" && isThisMachine(hostname);
}

/** A secret is set by `wrangler secret put`, and never shown. */
const secret = <T extends z.ZodType>(schema: T) => schema.meta({ secret: true });

const environmentSchema = z.object({
  MONGODB_URI: secret(
    z
      .string({ error: "it is not set" })
      .regex(
        /^mongodb(\+srv)?:\/\/\S+$/,
        "allowed is a connection string that begins with mongodb:// or mongodb+srv://",
      ),
  ),
  MONGODB_DB: z
    .string()
    .regex(DATABASE_NAME, "allowed are 1 to 38 letters, digits, _ and -, and not admin, local or config")
    .default("tendhunt"),
  BACKFILL_START_DATE: day.optional(),
  REQUESTS_PER_MINUTE: number({ min: 0.1, max: 60_000, whole: false, preset: "6" }),
  RUN_BUDGET_SECONDS: number({ min: 1, max: 870, whole: false, preset: "780" }),
  LEASE_SECONDS: number({ min: 3, max: 900, whole: false, preset: "90" }),
  /** The wait after a refusal that names none; null: the API's own default. */
  COOLDOWN_SECONDS: orNull(numberIn({ min: 0, max: 3600, whole: false })),
  /** With one row a page every question is halved down to its second: 65,004 requests for 137 notices. */
  PAGE_LIMIT: number({
    ...{ min: 2, max: 100, whole: true, preset: "100" },
    why: "a page of a single row never says whether it was all",
  }),
  STORE_RAW: oneOf(STORE_RAW_MODES, "none"),
  STORE_DETAILS: z
    .string()
    .default("")
    .transform((given) =>
      given
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== ""),
    )
    .pipe(
      z.array(
        z.enum(STORE_DETAILS, { error: `allowed is a list of ${STORE_DETAILS.join(", ")}, or nothing` }),
      ),
    ),
  /** By what the words of notices are found. */
  SEARCH_INDEX: oneOf(SEARCH_MODES, "off"),
  /** 0: no budget. */
  STORAGE_BUDGET_MB: number({ min: 0, max: 10_000_000, whole: false, preset: "0" }),
  /** 0: never verify. */
  VERIFY_REQUESTS_PER_RUN: number({ min: 0, max: 100_000, whole: true, preset: "20" }),
  /** Earliest proof after the drain. */
  VERIFY_AFTER_HOURS: number({ min: 0, max: 720, whole: false, preset: "3" }),
  STATUS_TOKEN: secret(
    orNull(
      z
        .string()
        .refine(
          isToken,
          `allowed are 16 characters or more without spaces, at least ${TOKEN_LETTERS_MIN} different ones, none that repeats itself: openssl rand -hex 24`,
        ),
    ),
  ),
  ALERT_WEBHOOK_URL: secret(
    orNull(
      z
        .string()
        .refine(
          isWebhook,
          "allowed is an https address of another machine, or http on this one, without a password",
        ),
    ),
  ),
  /** What is posted there: alarms alone, or what the watched questions brought too, once a day. */
  NOTIFY: oneOf(["alarms", "daily"], "alarms"),
  LOG_LEVEL: oneOf(["trace", "debug", "info", "warn", "error", "fatal"], "info"),
});

/** A setting without a default: null where it is not set. */
function orNull<T extends z.ZodType>(schema: T) {
  return schema.optional().transform((value) => value ?? null);
}

/** `STORE_RAW` → `storeRaw` */
type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<Camel<Tail>>}`
  : Lowercase<Name>;
type Environment = z.infer<typeof environmentSchema>;

export type Config = { [Name in keyof Environment as Camel<Name>]: Environment[Name] } & {
  /** Those that are switched on. */
  sources: SourceConfig[];
};

export const SECRETS: ReadonlySet<string> = new Set(
  Object.entries(environmentSchema.shape).flatMap(([name, schema]) =>
    schema.meta()?.["secret"] === true ? [name] : [],
  ),
);

/** The name of every setting. */
export const SETTINGS: readonly string[] = [
  ...Object.keys(environmentSchema.shape),
  ...SOURCES.flatMap(({ settings }) => settings),
];

/**
 * The settings of the Worker (or of a command).
 * @throws ConfigError that names each wrong variable, its value (never a secret's) and what is allowed
 */
export function readConfig(
  environment: Record<string, unknown>,
  now: Date,
  sources: readonly Source[] = SOURCES,
): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => typeof value === "string" && value.trim() !== ""),
  );
  const common = environmentSchema.safeParse(given);
  const own = sources.map((definition) => ({ definition, read: definition.configure.safeParse(given) }));
  const issues = [common, ...own.map(({ read }) => read)].flatMap(({ error }) => error?.issues ?? []);
  const wrong = issues.map(({ path, message }) => line(String(path[0]), given, message));
  for (const [name, value] of Object.entries(given)) {
    const start = name.endsWith("BACKFILL_START_DATE") ? dayOf(String(value)) : null;
    if (start && start > now) wrong.push(line(name, given, "allowed is a day that is not in the future"));
  }
  if (!common.success || wrong.length > 0) throw new ConfigError(wrong.join(" "));
  const { BACKFILL_START_DATE: start, STORE_DETAILS: details, SEARCH_INDEX: search } = common.data;
  const configured = own.flatMap(({ definition, read }): SourceConfig[] => {
    const settings = read.success ? read.data({ start, now }) : null;
    return settings ? [{ ...settings, source: definition.id, definition, details, search }] : [];
  });
  return { ...camelCased(common.data), sources: configured };
}

function camelCased(env: Environment): Omit<Config, "sources"> {
  const camel = (name: string) =>
    name.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  // The type says the same of the names as this does: Camel.
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [camel(name), value])) as Omit<
    Config,
    "sources"
  >;
}

function line(name: string, given: Record<string, unknown>, allowed: string): string {
  const value = given[name];
  const shown =
    value === undefined ? "missing" : SECRETS.has(name) ? "wrong (a secret, not shown)" : `"${value}"`;
  const how = SECRETS.has(name)
    ? `On this machine set it in .dev.vars or the environment, on Cloudflare with: npx wrangler secret put ${name}.`
    : "Set it in wrangler.toml.";
  return `${name} is ${shown}: ${allowed}. ${how}`;
}
