// The Worker's two doors: the cron and the pages. Wiring only.
import type { ExportedHandler, ScheduledController } from "@cloudflare/workers-types";
import { type Config, readConfig } from "./config/config.ts";
import { collectionsOf, withDatabase } from "./platform/database.ts";
import { createLogger } from "./platform/logger.ts";
import { workerEffects } from "./platform/worker-effects.ts";
import { health } from "./report/health.ts";
import { invoke } from "./run/invocation.ts";
import { ConfigError } from "./terms/errors.ts";

type Environment = Record<string, unknown>;

export default {
  async scheduled(controller: ScheduledController, environment: Environment) {
    controller.noRetry(); // the next tick is the retry
    await tick(environment);
  },
  async fetch(request, environment) {
    if (new URL(request.url).pathname !== "/healthz") return new Response("Not found", { status: 404 });
    return await healthz(environment);
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

async function healthz(environment: Environment): Promise<Response> {
  try {
    const config: Config = readConfig(environment, workerEffects.now());
    const well = await withDatabase({ uri: config.mongodbUri, name: config.mongodbDb }, (db) =>
      health(collectionsOf(db), workerEffects.now()),
    );
    return Response.json({ ok: well }, { status: well ? 200 : 503 });
  } catch (error) {
    loggerFor(environment).error({ err: error }, "healthz");
    return Response.json({ ok: false }, { status: 503 });
  }
}

function loggerFor(environment: Environment) {
  const secrets = ["MONGODB_URI", "STATUS_TOKEN", "ALERT_WEBHOOK_URL"].map((name) =>
    String(environment[name] ?? ""),
  );
  const level = environment["LOG_LEVEL"];
  const known =
    typeof level === "string" && ["trace", "debug", "info", "warn", "error", "fatal"].includes(level);
  return createLogger({ level: known ? level : "info", secrets });
}
