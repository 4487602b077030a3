// Two sources that nobody has: one lists releases by time, as its own API over the replica; one brings its own reader,
// with sites. Everything about them stands here, as everything about a real one stands in its folder of src/sources.
import { z } from "zod";
import { rules } from "../../src/sources/find-a-tender/map.ts";
import { defineReleases } from "../../src/sources/ocds/define.ts";
import type { ReadContext, Reader, Source, WindowProgress } from "../../src/sources/source.ts";
import type { SyncWindow } from "../../src/terms/documents.ts";
import { toLondon } from "../../src/terms/london-time.ts";
import { ALL_STAGES } from "../../src/terms/window.ts";

/** Its API is Find a Tender's in everything but the name. */
export const gazette: Source = defineReleases({
  name: "The Gazette",
  alias: "gazette",
  prefix: "GAZETTE",
  origin: "https://gazette.example",
  firstDay: new Date("2026-03-01T00:00:00Z"),
  stages: { preset: ALL_STAGES, allowed: [] },
  api: {
    source: "GAZETTE",
    path: "/api/1.0/ocdsReleasePackages",
    fromName: "updatedFrom",
    toName: "updatedTo",
    spanSecondsMin: 1,
    order: "id",
    marginRows: 9,
    lookupPath: (noticeId) => `/api/1.0/ocdsReleasePackages/${encodeURIComponent(noticeId)}`,
    cooldownSeconds: { 429: 1, 403: 1 },
    stages: [],
  },
  rules,
  volumes: {
    perDay: () => 10,
    releaseBytes: { none: 1000, gzip: 2000, full: 4000 },
    contractExtraBytes: 50,
    contractsPerRelease: 1,
  },
});

const SITES = ["north.example", "south.example"];
const PER_WINDOW = 3;

/** Three papers a site and month, in a collection of its own; verification puts back what is missing. */
const reader: Reader = {
  sites: async () => SITES,
  refresh: async ({ effects }) => effects.now(),
  windowsAtOnce: 2,
  read: async (context, window) => {
    const lanes = window.lanes.map((lane) => ({ ...lane, frontier: toLondon(window.from), done: true }));
    for (let index = 0; index < PER_WINDOW; index++) {
      await storePaper(context, window, index);
      if (index === 0) await context.checkpoint({ ...progressOf(window), lanes: window.lanes });
    }
    context.report.requests += 1;
    context.report.releases += PER_WINDOW;
    return { ...progressOf(window), lanes, counts: { ...window.counts, requests: 1, releases: PER_WINDOW } };
  },
  verify: async (context, window) => {
    const there = await context.db.db.collection("papers").countDocuments({ windowId: window._id });
    for (let index = 0; index < PER_WINDOW; index++) await storePaper(context, window, index);
    const [from, to] = [toLondon(window.from), toLondon(window.to)];
    const found = { at: context.effects.now(), from, to, missing: PER_WINDOW - there };
    return { ...progressOf(window), drift: there < PER_WINDOW ? [...window.drift, found] : window.drift };
  },
};

const progressOf = ({ lanes, counts, unproven, drift, forecast }: SyncWindow): WindowProgress => ({
  lanes,
  counts,
  unproven,
  drift,
  ...(forecast ? { forecast } : {}),
});

async function storePaper({ db }: ReadContext, { _id: windowId }: SyncWindow, index: number): Promise<void> {
  const key = `${windowId}/${index}`;
  await db.db
    .collection<{ _id: string; windowId: string }>("papers")
    .updateOne({ _id: key }, { $setOnInsert: { windowId } }, { upsert: true });
}

export const papers: Source = {
  id: "PAPERS",
  name: "Council papers",
  alias: "papers",
  volumes: {
    perDay: () => PER_WINDOW / 30,
    releaseBytes: { none: 100, gzip: 100, full: 100 },
    contractExtraBytes: 0,
    contractsPerRelease: 1,
    requestsFor: () => 1,
  },
  settings: ["PAPERS"],
  startSetting: "PAPERS_BACKFILL_START_DATE",
  configure: z.object({ PAPERS: z.enum(["on", "off"]).default("off") }).transform(
    ({ PAPERS }) =>
      ({ start }) =>
        PAPERS === "off"
          ? null
          : { start: start ?? new Date("2026-03-01T00:00:00Z"), origin: "", stages: [ALL_STAGES], reader },
  ),
  releases: null,
};
