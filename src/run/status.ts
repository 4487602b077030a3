// The status with its forecast: what is planned and not read yet, in requests and bytes, and how good the forecasts of
// the months that have been read were. The forecast is the plan's; the pages only show what it returned.
import type { Config } from "../config/config.ts";
import { errorOf, forecast, type Known, type Part, requestsPerHour, unread } from "../forecast/forecast.ts";
import type { Database } from "../platform/database.ts";
import type { Outlook } from "../report/outlook.ts";
import type { Status } from "../report/schema.ts";
import { readStatus, type WindowFacts } from "../report/status.ts";
import type { Source } from "../terms/window.ts";

export function statusOf(db: Database, config: Config, now: Date): Promise<Status> {
  const { storageBudgetMb } = config;
  return readStatus(db, { now, storageBudgetMb, foresee: (facts) => outlookOf(facts, config) });
}

const LEFT = new Set<WindowFacts["status"]>(["pending", "running", "failed"]);
const NOTHING_STORED = { count: 0, bytes: 0 }; // counting contracts would be a query more: the usual figures do

export function outlookOf(
  { windows, usedBytes }: { windows: readonly WindowFacts[]; usedBytes: number },
  config: Pick<Config, "storeRaw" | "pageLimit" | "requestsPerMinute" | "runBudgetSeconds">,
): Outlook {
  const { storeRaw, pageLimit, requestsPerMinute, runBudgetSeconds } = config;
  const planned = windows.filter(({ status }) => status !== "cancelled");
  const known: Known = {
    windows: planned,
    storage: { usedBytes, contracts: NOTHING_STORED, buyers: NOTHING_STORED },
    storeRaw,
    pageLimit,
  };
  const parts = (wanted: (window: WindowFacts) => boolean): Part[] =>
    planned.filter(wanted).map((window) => ({ ...window, share: unread(window) }));
  const left = parts(({ status }) => LEFT.has(status));
  const deferred = parts(({ status }) => status === "deferred");
  const requestsOf = (source: Source) =>
    forecast(
      left.filter((part) => part.source === source),
      known,
    ).requests;
  return {
    requestsLeft: {
      FIND_A_TENDER: requestsOf("FIND_A_TENDER"),
      CONTRACTS_FINDER: requestsOf("CONTRACTS_FINDER"),
    },
    requestsPerHour: requestsPerHour({ requestsPerMinute, runBudgetSeconds, runsPerHour: 1 }),
    storedBytes: left.length > 0 ? forecast(left, known).storedBytes : null,
    withDeferredBytes: deferred.length > 0 ? forecast([...left, ...deferred], known).storedBytes : null,
    errors: errorOf(planned),
  };
}
