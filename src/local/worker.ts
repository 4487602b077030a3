// The built Worker in workerd, on this machine: its bundle made once, its cron fired by hand.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";

const { default: workerd }: { default: string } = createRequire(import.meta.resolve("wrangler"))("workerd");
process.env["WORKERD"] ??= workerd;
process.env["MINIFLARE_WORKERD_PATH"] = fileURLToPath(new URL("./workerd.sh", import.meta.url));
process.env["WRANGLER_SEND_METRICS"] = "false";
process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false"; // it would ask a host on the internet for a made-up visitor

export interface LocalWorker {
  url: string;
  /** Fires the cron; resolves when that invocation has ended, with the lines it logged. */
  tick(): Promise<string[]>;
  fetch(
    path: string,
    init?: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<Response>;
  /** What has been logged since the last tick began, oldest first. */
  logs(): string[];
  close(): Promise<void>;
}

export interface LocalWorkerOptions {
  vars?: Record<string, string>;
  secrets: Record<string, string>;
  /** Output of `npm run build`; without it the Worker is built now. */
  builtDir?: string;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CRON = "0 * * * *";

export async function startWorker({
  vars = {},
  secrets,
  builtDir,
}: LocalWorkerOptions): Promise<LocalWorker> {
  const harness = createTestHarness({
    root: ROOT,
    workers: [
      {
        configPath: "wrangler.toml",
        vars,
        secrets,
        ...(builtDir === undefined ? {} : { prebuiltWorkerDir: builtDir }),
      },
    ],
  });
  const { url } = await harness.listen();
  const logs = () => harness.getLogs().map(({ message }) => message);
  return {
    url: url.href,
    logs,
    async tick() {
      harness.clearLogs(); // a process that runs for weeks would keep them all
      await harness.getWorker().scheduled({ cron: CRON, scheduledTime: new Date() });
      return logs();
    },
    fetch: async (path, init) => {
      const response = await harness.getWorker().fetch(new URL(path, url).href, init);
      return new Response(await response.arrayBuffer(), {
        status: response.status,
        headers: [...response.headers],
      });
    },
    close: () => harness.close(),
  };
}
