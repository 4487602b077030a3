// The production stages of one page, bytes → judged, mapped, stored: in the bench's Worker, and in this process where
// the driver's commands are counted.
import { readConfig } from "../src/config/config.ts";
import { APIS, type Question } from "../src/fetch/api.ts";
import { openPacer } from "../src/fetch/pacer.ts";
import { readPage } from "../src/fetch/page.ts";
import { judgePage } from "../src/fetch/walk.ts";
import type { Database } from "../src/platform/database.ts";
import { createLogger } from "../src/platform/logger.ts";
import { workerEffects } from "../src/platform/worker-effects.ts";
import type { SourceContext } from "../src/run/context.ts";
import { keep } from "../src/run/keep.ts";
import { openRoom } from "../src/run/room.ts";
import { londonTime } from "../src/terms/london-time.ts";
import { ALL_STAGES, type Source } from "../src/terms/window.ts";

/** @throws Error when the bytes are no page */
export async function keepPage(context: SourceContext, body: Uint8Array): Promise<void> {
  const { api, source } = context;
  const read = readPage(body);
  if (read.kind !== "page") throw new Error(`no page: ${read.kind}`);
  const { page } = read;
  judgePage({ api, asked: questionOf(source, page.uri), page, before: new Set() });
  await keep(context, { page, place: "bench", windowId: null });
}

export async function contextOf(
  db: Database,
  source: Source,
  environment: Record<string, unknown>,
): Promise<SourceContext> {
  const config = readConfig(environment, workerEffects.now());
  const settings = config.sources.find((one) => one.source === source);
  if (!settings) throw new Error(source);
  const api = APIS[source];
  const remainingMs = () => 60_000;
  const wait = async () => undefined;
  const report = {
    ...{ source, requests: 0, releases: 0, contractsChanged: 0, quarantined: 0, refusals: 0, retries: 0 },
    ...{ waitedMs: 0, windowsDone: [], windowsVerified: [], errors: [], endedBy: "nothing left" as const },
  };
  const { requestsPerMinute, cooldownSeconds } = config;
  const pacer = await openPacer({ db, source, requestsPerMinute, remainingMs, wait });
  return {
    ...{ db, effects: workerEffects, config, log: createLogger({ level: "silent", secrets: [] }) },
    ...{ deadline: new Date(workerEffects.now().getTime() + 60_000), verifyOnly: false },
    room: await openRoom(db, config),
    ...{ source, settings, api, report, quarantined: new Set<string>(), keepAlive: { renew: null } },
    asker: {
      ...{ api, origin: settings.origin, effects: workerEffects, pacer, cooldownSeconds, remainingMs, wait },
      tally: report,
    },
  };
}

/** The question that the page echoes, so that all of it is judged. */
function questionOf(source: Source, uri: string): Question {
  const { fromName, toName } = APIS[source];
  const asked = new URL(uri).searchParams;
  const wall = (name: string, otherwise: string) => londonTime((asked.get(name) ?? otherwise).slice(0, 19));
  return {
    ...{ stage: ALL_STAGES, limit: 100 },
    lo: wall(fromName, "2016-11-01T00:00:00"),
    hi: wall(toName, "2027-01-01T00:00:00"),
  };
}
