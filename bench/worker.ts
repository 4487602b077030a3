// The Worker whose process is measured: the stages of one page by themselves, and the production Worker behind its own
// doors. An answer says only that it is done: what it took is read from outside, because workerd's clock stands still.
import { decode } from "../src/fetch/page.ts";
import { collectionsOf, withDatabase } from "../src/platform/database.ts";
import { SOURCES } from "../src/replica/sources.ts";
import production from "../src/worker.ts";
import { contextOf, handOver, keepPage } from "./page.ts";

type Environment = Record<string, unknown>;

export default {
  async fetch(request: Request, environment: Environment): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const times = Number(searchParams.get("times"));
    const source = SOURCES.find((one) => one === searchParams.get("source")) ?? "FIND_A_TENDER";
    switch (pathname) {
      case "/bench/parse": {
        const body = new Uint8Array(await request.arrayBuffer());
        for (let time = 0; time < times; time++) JSON.parse(decode(body));
        return new Response();
      }
      case "/bench/hand-over": {
        const body = new Uint8Array(await request.arrayBuffer());
        for (let time = 0; time < times; time++) handOver(source, body);
        return new Response();
      }
      case "/bench/page": {
        const body = new Uint8Array(await request.arrayBuffer());
        const { MONGODB_URI: uri, MONGODB_DB: name } = environment;
        await withDatabase({ uri: String(uri), name: String(name) }, async (db) => {
          const context = await contextOf(collectionsOf(db), source, environment);
          for (let time = 0; time < times; time++) await keepPage(context, body);
        });
        return new Response();
      }
      case "/bench/cron":
        await production.scheduled({ cron: "", scheduledTime: 0, noRetry: () => undefined }, environment);
        return new Response();
      default:
        return production.fetch(request, environment);
    }
  },
};
