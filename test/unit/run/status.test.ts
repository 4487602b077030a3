// The forecast that the pages show is the plan's: of what is left, of what waits for room, and how good it was.
import { expect, it } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { forecast } from "../../../src/forecast/cost.ts";
import { errorOf } from "../../../src/forecast/error.ts";
import type { Source } from "../../../src/replica/sources.ts";
import type { WindowFacts } from "../../../src/report/facts.ts";
import { outlookOf } from "../../../src/run/status.ts";
import { volumesOf } from "../../../src/sources/index.ts";
import { monthOf, monthStart, nextMonth, toLondon } from "../../../src/terms/london-time.ts";
import type { WindowStatus } from "../../../src/terms/window.ts";

const config = readConfig({ MONGODB_URI: "mongodb://nowhere" }, new Date("2026-07-15T00:00:00Z"));

function window(source: Source, month: string, status: WindowStatus, readShare = 0): WindowFacts {
  const of = monthOf(new Date(`${month}-15`));
  const [from, to] = [monthStart(of), monthStart(nextMonth(of))];
  const done = status === "done";
  const frontier = toLondon(new Date(to.getTime() - readShare * (to.getTime() - from.getTime())));
  const counts = { requests: 110, releases: 9000, byTag: {}, quarantined: 0, bytes: 9000 * 1700 };
  return {
    _id: `${source}/${month}`,
    ...{ source, month, from, to, status },
    lanes: [{ stage: "all", frontier: done ? toLondon(from) : frontier, done }],
    ...{ attempts: 0, retryAt: null, lastError: null, drift: [], unproven: [], proof: null },
    counts: done ? counts : { ...counts, requests: 0, releases: 0, bytes: 0 },
    ...(done ? { forecast: { bytes: 9000 * 1700 * 1.25, requests: 100, storeRaw: "none" as const } } : {}),
    ...{ plannedAt: from, startedAt: null, doneAt: done ? to : null, verifiedAt: null },
  };
}

const months = [
  window("FIND_A_TENDER", "2026-06", "done"),
  window("FIND_A_TENDER", "2026-05", "running", 0.5),
  window("FIND_A_TENDER", "2026-04", "pending"),
  window("FIND_A_TENDER", "2026-03", "deferred"),
  window("FIND_A_TENDER", "2020-03", "cancelled"),
];
const usedBytes = 40_000_000;

it("counts what is pending, and of a month that is half read the other half", () => {
  const left = (source: Source, windows = months) =>
    outlookOf({ windows, usedBytes }, config).requestsLeft[source] ?? { low: 0, likely: 0, high: 0 };
  const whole = left(
    "FIND_A_TENDER",
    months.filter(({ month }) => month !== "2026-05"),
  );
  const { low, likely } = left("FIND_A_TENDER");
  expect(likely / whole.likely).toBeCloseTo(1.5, 1);
  expect(low).toBeLessThan(likely);
  expect(left("CONTRACTS_FINDER").likely).toBe(0);
});

it("months that wait for room are told apart, cancelled ones are not there", () => {
  const { storedBytes, withDeferredBytes } = outlookOf({ windows: months, usedBytes }, config);
  expect(storedBytes?.low).toBeGreaterThan(usedBytes);
  const more = (withDeferredBytes?.likely ?? 0) - (storedBytes?.likely ?? 0);
  const known = {
    windows: months.filter(({ status }) => status !== "cancelled"),
    volumes: volumesOf(config.sources),
    storage: null,
    ...{ storeRaw: "none" as const, pageLimit: 100 },
  };
  const march = forecast(
    months.filter(({ status }) => status === "deferred"),
    known,
  );
  expect(more / (march.bySource["FIND_A_TENDER"]?.storedBytes ?? 0)).toBeCloseTo(1, 1);
  const none = outlookOf({ windows: months.slice(0, 1), usedBytes }, config);
  expect([none.storedBytes, none.withDeferredBytes]).toEqual([null, null]);
});

it("says how good the forecasts were, and what the settings allow", () => {
  const { errors, requestsPerHour } = outlookOf({ windows: months, usedBytes }, config);
  expect(errors).toEqual(errorOf(months));
  expect(errors?.windows).toBe(1);
  expect(errors?.bytes).toBeCloseTo(0.2, 5);
  expect(errors?.requests).toBeCloseTo(0.1, 5);
  expect(requestsPerHour).toBe(78);
});
