// `npm start`: the same system against the real APIs: MongoDB (embedded, or MONGODB_URI), the Worker in workerd, its
// cron fired at once and then every hour. Ctrl-C stops; the next start goes on.
import { createProgressView, readProgress } from "./progress.ts";
import { onInterrupt, startSystem, tickShown } from "./system.ts";

const HOUR_MS = 3_600_000;
/** Settings that may come from the environment; everything else stands in wrangler.toml. */
const PASSED_ON = [
  "BACKFILL_START_DATE",
  "FAT_BACKFILL_START_DATE",
  "CF_BACKFILL_START_DATE",
  "FAT_API_URL",
  "CF_API_URL",
  "REQUESTS_PER_MINUTE",
  "RUN_BUDGET_SECONDS",
  "STORE_RAW",
  "STORAGE_BUDGET_MB",
  "VERIFY_REQUESTS_PER_RUN",
  "LOG_LEVEL",
];

async function main(): Promise<void> {
  const vars = Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const databaseName = process.env["MONGODB_DB"] ?? "tendhunt";
  const system = await startSystem({ name: "start", databaseName, fresh: false, vars });
  onInterrupt(() => system.close());
  console.log(
    `MongoDB: ${system.mongo.uri}, database ${databaseName}. Worker: ${system.worker.url}. Ctrl-C stops.`,
  );
  for (;;) {
    const begunAtMs = Date.now();
    const view = createProgressView(process.stdout, begunAtMs);
    for (const line of await tickShown(system, view)) console.error(line);
    view.end();
    const progress = await readProgress(system.db);
    console.log(
      `${new Date().toISOString()} ${progress.map(({ source, done, windows }) => `${source} ${done}/${windows}`).join(", ")}`,
    );
    const nextMs = Math.ceil((begunAtMs + 1) / HOUR_MS) * HOUR_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs - Date.now())));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
