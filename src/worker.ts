// The Worker's two entrances: the cron and the pages. Wiring only.
import type { ExportedHandler, RateLimit, ScheduledController } from "@cloudflare/workers-types";
import { type Config, readConfig, SECRETS } from "./config/config.ts";
import { createApp } from "./pages/app.tsx";
import { collectionsOf, withDatabase } from "./platform/database.ts";
import { createLogger } from "./platform/logger.ts";
import { workerEffects } from "./platform/worker-effects.ts";
import { invoke } from "./run/invocation.ts";
import { namesOf, statusOf } from "./run/status.ts";
import { noticePage } from "./sources/index.ts";
import { ConfigError } from "./terms/errors.ts";

type Environment = Record<string, unknown>;

export default {
  async scheduled(controller: ScheduledController, environment: Environment) {
    controller.noRetry(); // the next tick is the retry
    await tick(environment);
  },
  async fetch(request, environment) {
    return pagesFor(environment).fetch(request);
  },
} satisfies Pick<ExportedHandler<Environment>, "scheduled"> & {
  fetch: (request: Request, environment: Environment) => Promise<Response>;
};

async function tick(environment: Environment): Promise<void> {
  const log = loggerFor(environment);
  try {
    const config = readConfig(environment, workerEffects.now());
    await withDatabase({ uri: config.mongodbUri, name: config.mongodbDb }, (db) =>
      invoke({ db: collectionsOf(db), effects: workerEffects, config, log }),
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.error(error.message);
  }
}

/** Made once for what the platform hands to all requests of an isolate: it is most of what a stranger's request costs. */
const made = new WeakMap<Environment, ReturnType<typeof pages>>();

function pagesFor(environment: Environment) {
  const known = made.get(environment) ?? pages(environment);
  made.set(environment, known);
  return known;
}

function pages(environment: Environment) {
  const { now, sleep } = workerEffects;
  const log = loggerFor(environment);
  const config = configOrError(environment);
  const usable = () => {
    if (config instanceof ConfigError) throw config;
    return config;
  };
  return createApp({
    token: config instanceof ConfigError ? null : config.statusToken, // settings that cannot be read close the pages
    sources: config instanceof ConfigError ? [] : namesOf(config.sources),
    noticePage,
    ...(config instanceof ConfigError ? {} : { search: config.searchIndex }),
    readStatus: (db) => statusOf(db, usable(), now()),
    now,
    sleep,
    countFailure: (address) => withinLimit(environment["WRONG_TOKENS"], address),
    mayLook: () => withinLimit(environment["LOOKS"], "everybody"),
    secret: config instanceof ConfigError ? "" : config.mongodbUri,
    withData: async (use, options) => {
      const { mongodbUri: uri, mongodbDb: name } = usable();
      return withDatabase({ uri, name, ...options }, (db) => use(collectionsOf(db)));
    },
    noteError: (error, where) => log.error({ err: error, where }, "a page could not be made"),
  });
}

function configOrError(environment: Environment): Config | ConfigError {
  try {
    return readConfig(environment, workerEffects.now());
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** The platform's counter of wrong tokens (wrangler.toml); without its binding nothing is counted. */
async function withinLimit(counter: unknown, address: string): Promise<boolean> {
  return isRateLimit(counter) ? (await counter.limit({ key: address })).success : true;
}

function isRateLimit(value: unknown): value is RateLimit {
  return typeof value === "object" && value !== null && "limit" in value;
}

function loggerFor(environment: Environment) {
  const secrets = [...SECRETS].map((name) => String(environment[name] ?? ""));
  const level = environment["LOG_LEVEL"];
  const known =
    typeof level === "string" && ["trace", "debug", "info", "warn", "error", "fatal"].includes(level);
  return createLogger({ level: known ? level : "info", secrets });
}
