// A source: a sentence, three figures, its months, how long it still takes, and what proves it.

import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { assumptionsText, exactText, gapsText, witnessText } from "../../report/proof.ts";
import type { SourceStatus, WindowSummary } from "../../report/schema.ts";
import { ago, count, counted, day, moment, spacingText, span, spanRange } from "../../report/words.ts";
import { MonthMap } from "./month-map.tsx";

export function SourceCard(props: { source: SourceStatus; windows: WindowSummary[]; now: Date }) {
  const { source, windows, now } = props;
  const read = source.months.done + source.months.exact;
  const id = `source-${source.source}`;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{source.name}</h2>
      <p class="sentence">{source.sentence}</p>
      {source.monthsPlanned > 0 && (
        <dl class="figures">
          <Figure name="Months read" value={`${count(read)} of ${count(source.monthsPlanned)}`} />
          <Figure name="Notices" value={count(source.releases)} />
          <Figure name="Newest" value={source.syncedTo === null ? "–" : ago(source.syncedTo, now)} />
        </dl>
      )}
      {windows.length > 0 && <MonthMap name={source.name} windows={windows} />}
      <Pace source={source} now={now} />
      <Proof source={source} now={now} />
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const isOpen = ({ months }: SourceStatus) => months.pending + months.running + months.failed > 0;

function Pace({ source, now }: { source: SourceStatus; now: Date }) {
  return (
    <div class="pace">
      <h3>Time left</h3>
      <p>{isOpen(source) ? <End source={source} now={now} /> : <Finished source={source} />}</p>
      {source.pace ? (
        <p class="soft">
          {count(source.pace.requestsPerHour)} requests and {count(source.pace.releasesPerHour)} notices an
          hour over the last day.
        </p>
      ) : (
        isOpen(source) && <p class="soft">By the settings, until the first run has been measured.</p>
      )}
      {source.spacing && <p class="soft">{spacingText(source.spacing)}</p>}
    </div>
  );
}

function Finished({ source }: { source: SourceStatus }) {
  if (source.monthsPlanned === 0) return <>Nothing planned yet.</>;
  const { done, deferred } = source.months;
  if (deferred > 0)
    return <strong>Read as far as there is room; {counted(deferred, "month")} waiting for more.</strong>;
  return (
    <strong>
      {done > 0
        ? `Read; ${counted(done, "month")} still to be verified.`
        : "Nothing left: every month is verified."}
    </strong>
  );
}

function End({ source, now }: { source: SourceStatus; now: Date }) {
  const ends = source.backfillEnds;
  if (ends === null) return <strong>Nearly there.</strong>;
  const left = (at: Date) => Math.max(0, at.getTime() - now.getTime());
  return (
    <>
      <strong>About {span(left(ends.likely))}</strong>, until {whenWords(ends.likely, now)} (
      {spanRange(left(ends.early), left(ends.late))}).
    </>
  );
}

const whenWords = (at: Date, now: Date) => (at.getTime() - now.getTime() < 2 * DAY_MS ? moment(at) : day(at));

/** The same as `sync proof`. */
function Proof({ source: { proof, monthsPlanned }, now }: { source: SourceStatus; now: Date }) {
  const { months, holes, unproven, gaps, witness, assumptions, lastLookAt } = proof;
  if (monthsPlanned === 0 || (lastLookAt === null && assumptions.checkedAt === null)) return null;
  const open = [
    ...(months.open > 0 ? [counted(months.open, "month")] : []),
    ...(holes.length > 0 ? [counted(holes.length, "hole")] : []),
    ...(unproven > 0 ? [counted(unproven, "slice")] : []),
  ];
  return (
    <div class="pace">
      <h3>What proves it</h3>
      <p>
        <strong>Exact: {exactText(proof)}.</strong>{" "}
        {open.length > 0 ? `Open: ${open.join(", ")}.` : "Nothing is open."}{" "}
        {lastLookAt && `Last look ${ago(lastLookAt, now)}.`}
      </p>
      {Object.keys(gaps).length > 0 && <p class="soft">Numbers: {gapsText(gaps)}.</p>}
      {witness && <p class="soft">Witness (the daily list): {witnessText(witness)}.</p>}
      {assumptions.checkedAt && <p class="soft">Assumptions: {assumptionsText(assumptions)}.</p>}
    </div>
  );
}
