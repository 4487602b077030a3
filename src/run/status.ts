// The status, in a straight line: read the facts, measure the space, look ahead, describe. The forecast is the plan's; the
// pages only show what it returned.
import type { Config } from "../config/config.ts";
import { forecast, type Known, type Part, requestsPerHour } from "../forecast/cost.ts";
import { errorOf } from "../forecast/error.ts";
import { unread } from "../forecast/volumes.ts";
import type { Database } from "../platform/database.ts";
import { statusFrom } from "../report/describe.ts";
import { readFacts, type WindowFacts } from "../report/facts.ts";
import type { Outlook } from "../report/pace.ts";
import type { Status } from "../report/schema.ts";
import type { NamedSource } from "../report/words.ts";
import { volumesOf } from "../sources/index.ts";
import { measureUsed } from "../store/budget.ts";
import type { Source } from "../terms/window.ts";

export async function statusOf(db: Database, config: Config, now: Date): Promise<Status> {
  const { sources, storageBudgetMb } = config;
  const ids = sources.map(({ source }) => source);
  const [facts, size] = await Promise.all([readFacts(db, { sources: ids, now }), measureUsed(db)]);
  const outlook = outlookOf({ windows: facts.windows, usedBytes: size.usedBytes }, config);
  return statusFrom(facts, { now, sources: namesOf(sources), size, storageBudgetMb, outlook });
}

export const namesOf = (sources: Config["sources"]): NamedSource[] =>
  sources.map(({ source, definition: { name } }) => ({ source, name }));

const LEFT = new Set<WindowFacts["status"]>(["pending", "running", "failed"]);
const NOTHING_STORED = { count: 0, bytes: 0 }; // counting contracts would be a query more: the usual figures do

export function outlookOf(
  { windows, usedBytes }: { windows: readonly WindowFacts[]; usedBytes: number },
  config: Pick<Config, "sources" | "storeRaw" | "pageLimit" | "requestsPerMinute" | "runBudgetSeconds">,
): Outlook {
  const { sources, storeRaw, pageLimit, requestsPerMinute, runBudgetSeconds } = config;
  const volumes = volumesOf(sources);
  const planned = windows.filter(({ status }) => status !== "cancelled");
  const known: Known = {
    volumes,
    windows: planned,
    storage: { usedBytes, contracts: NOTHING_STORED, processes: NOTHING_STORED, buyers: NOTHING_STORED },
    storeRaw,
    pageLimit,
  };
  const parts = (wanted: (window: WindowFacts) => boolean): Part[] =>
    planned.filter(wanted).map((window) => ({ ...window, share: unread(window, volumes) }));
  const left = parts(({ status }) => LEFT.has(status));
  const deferred = parts(({ status }) => status === "deferred");
  const requestsOf = (source: Source) =>
    forecast(
      left.filter((part) => part.source === source),
      known,
    ).requests;
  return {
    requestsLeft: Object.fromEntries(sources.map(({ source }) => [source, requestsOf(source)])),
    requestsPerHour: requestsPerHour({ requestsPerMinute, runBudgetSeconds, runsPerHour: 1 }),
    storedBytes: left.length > 0 ? forecast(left, known).storedBytes : null,
    withDeferredBytes: deferred.length > 0 ? forecast([...left, ...deferred], known).storedBytes : null,
    errors: errorOf(planned),
  };
}
