// The built Worker in workerd, on this machine: its bundle made once, its cron fired by hand.
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";

process.env["WRANGLER_SEND_METRICS"] = "false";

export interface LocalWorker {
  url: string;
  /** Fires the cron; resolves when that invocation has ended, with the lines it logged. */
  tick(): Promise<string[]>;
  fetch(
    path: string,
    init?: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<Response>;
  /** Lines logged so far, oldest first. */
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
      const before = logs().length;
      await harness.getWorker().scheduled({ cron: CRON, scheduledTime: new Date() });
      return logs().slice(before);
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
