// What simple clients would have lost of what was published: each reads the same rows from a replica whose only faults are
// the silent ones. It is never refused, nothing breaks on the way, it asks in London time: what is lost, its way loses.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { z } from "zod";
import { toLondon } from "../../terms/london-time.ts";
import { createReplica, PATHS, type ReplicaOptions } from "../answer.ts";
import type { Fault } from "../faults.ts";
import type { Published } from "../published.ts";
import { fromName, toName } from "../query.ts";
import type { Source } from "../sources.ts";

const SILENT: readonly Fault[] = ["cursor-drops", "stages-hide"];
const ORIGIN = "http://replica";
const WINDOW_MS = 15 * DAY_MS; // as kingfisher-collect reads Contracts Finder
const STAGES = ["planning", "tender", "award", "implementation"];

interface Range {
  from: number;
  to: number;
  stages?: string;
}

interface SimpleClient {
  name: string;
  ranges(whole: Range): Range[];
}

export const SIMPLE_CLIENTS: readonly SimpleClient[] = [
  { name: "following links.next", ranges: (whole) => [whole] },
  { name: "in windows of 15 days", ranges: windowsOf },
  { name: "filtering by stages", ranges: (whole) => STAGES.map((stages) => ({ ...whole, stages })) },
];

/** Where one window ends the next begins, so the second between them is in both. */
function windowsOf({ from, to }: Range): Range[] {
  const windows: Range[] = [];
  for (let end = to; end > from; end -= WINDOW_MS)
    windows.push({ from: Math.max(from, end - WINDOW_MS), to: end });
  return windows;
}

const pageSchema = z.object({
  releases: z.array(z.object({ ocid: z.string(), id: z.string() })),
  links: z.object({ next: z.string() }).optional(),
});

/** How many of the distinct releases each client never saw, in the order of SIMPLE_CLIENTS. */
export function lostBySimpleClients(
  { seed, faults }: Pick<ReplicaOptions, "seed" | "faults">,
  source: Source,
  published: readonly Published[],
): number[] {
  const rows = published.map((row) => ({ ...row, plant: null })); // so that each page is JSON
  const histories = { FIND_A_TENDER: [], CONTRACTS_FINDER: [], [source]: rows };
  const silent = faults.filter((fault) => SILENT.includes(fault));
  const replica = createReplica({ seed, faults: silent, histories, bodies: "light", publicOrigin: ORIGIN });
  const now = rows.reduce((latest, { listedAt }) => Math.max(latest, listedAt), 0);
  const [oldest, newest] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0];
  return SIMPLE_CLIENTS.map(({ ranges }) => {
    const lost = new Set(rows.map(({ ocid, releaseId }) => keyOf(ocid, releaseId)));
    for (const range of ranges({ from: oldest, to: newest + 1000 })) {
      for (let url: string | undefined = firstPage(source, range); url !== undefined; ) {
        const text = new TextDecoder().decode(replica.handle({ url, now }).body);
        const { releases, links } = pageSchema.parse(JSON.parse(text));
        for (const { ocid, id } of releases) lost.delete(keyOf(ocid, id));
        url = links?.next;
      }
    }
    return lost.size;
  });
}

const keyOf = (ocid: string, releaseId: string) => JSON.stringify([ocid, releaseId]);

function firstPage(source: Source, { from, to, stages }: Range): string {
  const wall = (ms: number) => toLondon(new Date(ms));
  const query = new URLSearchParams({ [fromName(source)]: wall(from), [toName(source)]: wall(to) });
  if (stages !== undefined) query.set("stages", stages);
  return `${ORIGIN}${PATHS[source]}?${query}`;
}
