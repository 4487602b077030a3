// The production stages of one page, bytes → judged, mapped, stored: in the bench's Worker, and in this process where
// the driver's commands are counted.
import { readConfig } from "../src/config/config.ts";
import type { Question } from "../src/fetch/api.ts";
import { openPacer } from "../src/fetch/pacer.ts";
import { type Page, readPage } from "../src/fetch/page.ts";
import { distinct, judgePage } from "../src/fetch/walk.ts";
import type { Database } from "../src/platform/database.ts";
import { createLogger } from "../src/platform/logger.ts";
import { workerEffects } from "../src/platform/worker-effects.ts";
import type { Source } from "../src/replica/sources.ts";
import { sourceOf } from "../src/replica/sources.ts";
import type { SourceContext } from "../src/run/context.ts";
import { openHeadroom } from "../src/run/headroom.ts";
import { storeRows } from "../src/run/store-rows.ts";
import { rulesOf } from "../src/sources/index.ts";
import { buyerWrites } from "../src/store/buyers.ts";
import { resolveBuyers } from "../src/store/resolve-buyers.ts";
import { nextOf, type Upsert, writeOf } from "../src/store/statements.ts";
import { bsonBytes } from "../src/store/store.ts";
import { londonTime } from "../src/terms/london-time.ts";
import { ALL_STAGES } from "../src/terms/window.ts";
import { APIS } from "../test/kit/apis.ts";
import { mapRelease } from "../test/kit/map.ts";

/** Bytes → a page that was judged. @throws Error when they are none */
function judged(source: Source, body: Uint8Array): Page {
  const read = readPage(body);
  if (read.kind !== "page") throw new Error(`no page: ${read.kind}`);
  const { page } = read;
  judgePage({ api: APIS[source], asked: questionOf(source, page.uri), page, before: new Set() });
  return page;
}

export async function keepPage(context: SourceContext, body: Uint8Array): Promise<void> {
  const page = judged(sourceOf(context.source), body);
  await storeRows(context, { page, place: "bench", windowId: null });
}

/** The same up to what is handed to the driver. @returns how many statements that is */
export function handOver(source: Source, body: Uint8Array): number {
  const now = workerEffects.now();
  const upserts: Upsert[] = [];
  for (const { release } of distinct(judged(source, body).rows)) {
    const mapped = mapRelease({ source, release, now });
    if (mapped.kind === "rejected") continue;
    const { contract, buyers, revision } = mapped;
    upserts.push({ contract, buyers, revision });
  }
  const bytes = upserts.reduce((sum, upsert) => sum + bsonBytes(upsert), 0);
  const people = resolveBuyers(
    upserts.flatMap(({ buyers }) => buyers),
    [],
  );
  const contracts = upserts.map((upsert) =>
    writeOf(nextOf(upsert, { seen: null, buyerIds: [], now }), { now }),
  );
  const statements = [...contracts, ...buyerWrites(people, now)];
  return bytes > 0 ? statements.length : 0;
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
    answers: 0,
    ...{ waitedMs: 0, windowsDone: [], windowsVerified: [], errors: [], endedBy: "nothing left" as const },
  };
  const { requestsPerMinute, cooldownSeconds } = config;
  const pacer = await openPacer({ db, source, requestsPerMinute, remainingMs, wait });
  return {
    ...{ db, effects: workerEffects, config, log: createLogger({ level: "silent", secrets: [] }) },
    ...{ deadline: new Date(workerEffects.now().getTime() + 60_000), verifyOnly: false },
    headroom: await openHeadroom(db, config),
    ...{
      source,
      api,
      rules: rulesOf(config.sources, source),
      stages: settings.stages,
      report,
      quarantined: new Set<string>(),
      witness: null,
      textCounts: { all: 0, byWindow: new Map() },
      keepAlive: { held: null },
    },
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
