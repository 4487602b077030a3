// Does anything need somebody? The first thing on the page.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { troublesIn } from "../../report/alarms.ts";
import type { Status } from "../../report/schema.ts";
import { clock, counted, percent, weekday } from "../../report/words.ts";
import { Sign } from "../layout.tsx";
import { Alarms } from "./alarms.tsx";

export function Verdict({ status }: { status: Status }) {
  const troubles = troublesIn(status.alarms);
  const { verdict, at } = status;
  const [tone, chip, sign] =
    troubles.length > 0
      ? (["bad", "failed", "failed"] as const)
      : status.runs.length > 0
        ? (["good", "exact", "done"] as const)
        : (["waiting", "pending", "pending"] as const);
  return (
    <section class={`verdict ${tone}`} aria-label="Verdict">
      <div class="line">
        <span class={`chip ${chip}`}>
          <Sign state={sign} />
        </span>
        <p class="say">{verdict}</p>
        <p class="soft when">
          <time datetime={at.toISOString()}>
            {weekday(at)}, {clock(at)}
          </time>{" "}
          London time
        </p>
      </div>
      <Overall status={status} />
      {troubles.length > 0 && <Alarms alarms={troubles} />}
    </section>
  );
}

/** How much of all that is planned has been read, what a run under way has read so far, and when the next one comes. */
function Overall({ status: { sources, windows, runs, at } }: { status: Status }) {
  const planned = sources.reduce((sum, { monthsPlanned }) => sum + monthsPlanned, 0);
  if (planned === 0) return null;
  const read = windows.reduce(
    (sum, { state, progress }) => sum + (isRead(state) ? 1 : state === "cancelled" ? 0 : progress),
    0,
  );
  const share = Math.min(1, read / planned);
  const underWay = windows.filter(({ state }) => state === "running");
  const releases = underWay.reduce((sum, one) => sum + one.releases, 0);
  const isRunning = runs[0]?.endedAt === null && runs[0].outcome === "running";
  const next = new Date(Math.ceil((at.getTime() + 1) / HOUR_MS) * HOUR_MS);
  return (
    <p class="overall">
      {percent(Math.floor(share * 100) / 100)} of {counted(planned, "month")} read.{" "}
      {isRunning && underWay.length > 0
        ? `A run is under way: ${counted(releases, "notice")} of ${underWay.length === 1 ? "the month" : "the months"} it reads so far.`
        : `The next run begins by ${clock(next)}.`}
    </p>
  );
}

const isRead = (state: Status["windows"][number]["state"]) => state === "done" || state === "exact";
