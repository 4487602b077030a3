// `npm start`: the same system against the real APIs: MongoDB (embedded, or MONGODB_URI), the Worker in workerd, its
// cron fired at once and then every hour. Ctrl-C stops; the next start goes on.
import { setTimeout as sleep } from "node:timers/promises";
import { readConfig, SECRETS } from "../config/config.ts";
import { startWorker } from "../local/worker.ts";
import { print } from "./print.ts";
import { createProgressView } from "./progress.ts";
import { readSettings } from "./settings.ts";
import { type AtEnd, openDatabase, runCommand, tickShown } from "./system.ts";

const HOUR_MS = 3_600_000;

async function main(atEnd: AtEnd): Promise<number> {
  // A wrong value is told before anything is started.
  const settings = readSettings();
  const embedded = { MONGODB_URI: "mongodb://embedded" };
  const { mongodbDb } = readConfig({ ...embedded, ...settings }, new Date());
  const { db, uri, mongosh, close } = await openDatabase("start", mongodbDb);
  atEnd(close);
  const of = (secret: boolean) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => SECRETS.has(name) === secret));
  const vars = { ...of(false), MONGODB_DB: mongodbDb };
  const worker = await startWorker({ vars, secrets: { ...of(true), MONGODB_URI: uri } });
  atEnd(worker.close);
  print(`Worker: ${worker.url}. Database: ${mongosh}. Ctrl-C stops, the next start goes on.`);
  for (;;) {
    const begunAtMs = Date.now();
    const view = createProgressView(process.stdout, begunAtMs);
    const progress = await tickShown({ db, worker, view });
    view.end();
    const nextMs = Math.ceil((begunAtMs + 1) / HOUR_MS) * HOUR_MS;
    const months = progress.map(({ source, done, windows }) => `${source} ${done}/${windows} months`);
    print(`${months.join(", ")}. Next invocation: ${new Date(nextMs).toISOString()}`);
    await sleep(Math.max(0, nextMs - Date.now()));
  }
}

await runCommand(main, 0); // Ctrl-C is how it ends
