// The built Worker in a process of its own, its cron fired again and again: what tests kill. Settings come as JSON in
// the first argument, one line is printed when the first invocation begins.
import { z } from "zod";
import { startWorker } from "../../src/local/worker.ts";

const texts = z.record(z.string(), z.string());
const options = z
  .object({ builtDir: z.string(), vars: texts, secrets: texts })
  .parse(JSON.parse(process.argv[2] ?? "null"));
const worker = await startWorker(options);
process.stdout.write("running\n");
for (;;) await worker.tick();
