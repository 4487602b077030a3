// Which windows fit into the storage budget, newest first. Pure.
import { buyersGrowth, costOf, isMeasured, type Known, type PastWindow } from "./cost.ts";
import { unread, volumesFor } from "./volumes.ts";

/** What the backfill may fill; the rest is the delta's. */
export const BACKFILL_SHARE = 0.9;

/** Near the end the sources go month by month: one runs ahead only where this many times as much would fit. */
const AHEAD_MARGIN = 2;

/**
 * Which open windows fit, newest first over both sources alike: the first one that does not ends it, so that no older
 * month is ever stored in place of a newer one.
 */
export function windowsThatFit(options: {
  open: readonly (PastWindow & { storedAlready?: number })[];
  roomBytes: number;
  known: Known;
}): Set<string> {
  const { open, roomBytes, known } = options;
  const newestFirst = open.toSorted((a, b) => Number(b.from) - Number(a.from) || a._id.localeCompare(b._id));
  const fits = new Set<string>();
  let contracts = 0;
  let bytes = 0;
  for (const window of newestFirst) {
    const { releases, storedBytes } = costOf(window, known);
    // What the delta has stored of it already takes no more room.
    const stored = releases > 0 ? Math.min(1, (window.storedAlready ?? 0) / releases) : 0;
    const share = Math.min(unread(window, known.volumes), 1 - stored);
    contracts += releases * volumesFor(known.volumes, window.source).contractsPerRelease * share;
    bytes += storedBytes * share;
    const need = bytes + buyersGrowth(contracts, known.storage);
    const ahead = newestFirst.some(({ source, from }) => source !== window.source && from > window.from);
    // A source of which nothing is known may read its newest month as long as there is any room: else it never would.
    const probe = isProbe(window, open, known.windows);
    if (roomBytes <= 0 || (need * (ahead ? AHEAD_MARGIN : 1) > roomBytes && !probe)) break;
    fits.add(window._id);
  }
  return fits;
}

function isProbe(window: PastWindow, open: readonly PastWindow[], all: readonly PastWindow[]): boolean {
  const { source } = window;
  return (
    !all.some((one) => one.source === source && isMeasured(one)) &&
    !open.some((one) => one.source === source && one.from > window.from)
  );
}
