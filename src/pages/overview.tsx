// The page at `/`: is it complete, is it current, how long still, does anything need me? In that order.
import { troublesIn } from "../report/alarms.ts";
import type { Alarm, SourceStatus, Status, WindowSummary } from "../report/schema.ts";
import {
  ago,
  bytes,
  clock,
  compact,
  count,
  counted,
  day,
  moment,
  monthName,
  percent,
  SOURCE_NAMES,
  shortDay,
  sizeWords,
  span,
  spanRange,
  TROUBLES,
  WINDOW_STATES,
  weekday,
} from "../report/words.ts";
import { Advice, Layout, Legend, Scroll, Sign } from "./layout.tsx";

export function OverviewPage({ status }: { status: Status }) {
  const { sources, windows, at } = status;
  const states = WINDOW_STATES.filter((state) => windows.some((window) => window.state === state));
  return (
    <Layout title={`${status.verdict} – Procurement sync`} signedIn>
      <h1 class="hidden">Procurement sync</h1>
      <Verdict status={status} />
      <div class="sources">
        {sources.map((source) => (
          <SourceCard
            source={source}
            windows={windows.filter((window) => window.source === source.source)}
            now={at}
          />
        ))}
      </div>
      {states.length > 0 && <Legend states={states} />}
      <div class="pair">
        <IntakeCard status={status} />
        <StorageCard status={status} />
      </div>
      <RunsCard runs={status.runs} />
      <TroubleCard status={status} />
      <p class="soft foot">
        All times are London time. The same for programs: <a href="/status.json">status.json</a>,{" "}
        <a href="/metrics">metrics</a>.
      </p>
    </Layout>
  );
}

function Verdict({ status }: { status: Status }) {
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
      {troubles.length > 0 && <Alarms alarms={troubles} />}
    </section>
  );
}

function Alarms({ alarms }: { alarms: Alarm[] }) {
  return (
    <ul class="alarms">
      {alarms.map(({ text, advice, windowId }) => (
        <li>
          <strong>{windowId === null ? text : <a href={`/windows/${windowId}`}>{text}</a>}</strong>{" "}
          <Advice text={advice} />
        </li>
      ))}
    </ul>
  );
}

function SourceCard(props: { source: SourceStatus; windows: WindowSummary[]; now: Date }) {
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

const MONTHS = ["January", "February", "March", "April", "May", "June", "July"].concat(
  "August,September,October,November,December".split(","),
);

function MonthMap({ name, windows }: { name: string; windows: WindowSummary[] }) {
  const byMonth = new Map(windows.map((window) => [window.month, window]));
  const years = [...new Set(windows.map(({ month }) => month.slice(0, 4)))].sort().reverse();
  return (
    <table class="map">
      <caption class="hidden">{name}: every month and how far it has been read</caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="hidden">Year</span>
          </th>
          {MONTHS.map((one) => (
            <th scope="col">
              <abbr title={one}>{one.slice(0, 1)}</abbr>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {years.map((year) => (
          <tr>
            <th scope="row">{year}</th>
            {MONTHS.map((_, at) => {
              const window = byMonth.get(`${year}-${String(at + 1).padStart(2, "0")}`);
              return <td>{window && <Cell window={window} />}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ window }: { window: WindowSummary }) {
  const { id, month, state, releases, progress } = window;
  const partly = (state === "running" || state === "pending") && progress > 0;
  const label = `${monthName(month)}: ${state}${partly ? `, ${percent(progress)} read` : ""}, ${counted(releases, "notice")}`;
  return (
    <a class={`cell ${state}`} href={`/windows/${id}`} title={label}>
      <span class="hidden">{label}</span>
      {partly && (
        <svg class="part" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          <rect x={100 - progress * 100} width={progress * 100} height="100" />
        </svg>
      )}
      <Sign state={state} />
      {releases > 0 && (
        <span class="much" aria-hidden="true">
          {compact(releases)}
        </span>
      )}
    </a>
  );
}

const isOpen = ({ months }: SourceStatus) => months.pending + months.running + months.failed > 0;

function Pace({ source, now }: { source: SourceStatus; now: Date }) {
  return (
    <div class="pace">
      <h3>How long still</h3>
      <p>{isOpen(source) ? <End source={source} now={now} /> : <Finished source={source} />}</p>
      {source.pace ? (
        <p class="soft">
          {count(source.pace.requestsPerHour)} requests and {count(source.pace.releasesPerHour)} notices an
          hour over the last day.
        </p>
      ) : (
        isOpen(source) && <p class="soft">By the settings, until the first run has been measured.</p>
      )}
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

const whenWords = (at: Date, now: Date) =>
  at.getTime() - now.getTime() < 2 * 86_400_000 ? moment(at) : day(at);

function StorageCard({ status }: { status: Status }) {
  const { storage, sources, forecasts } = status;
  const { usedBytes, dataBytes, indexBytes, budgetBytes, whenDone, withDeferred } = storage;
  const grows = whenDone !== null && whenDone.likely > usedBytes * 1.01;
  const full = Math.max(budgetBytes ?? 0, usedBytes, grows ? whenDone.high : 0) || 1;
  const x = (value: number) => (value / full) * 100;
  return (
    <section class="card" aria-labelledby="storage">
      <h2 id="storage">Storage</h2>
      <p class="sentence">
        <strong>{bytes(usedBytes)}</strong>
        {budgetBytes === null
          ? " used; no budget is set."
          : ` of ${bytes(budgetBytes)} used (${percent(usedBytes / budgetBytes)}).`}
        {grows && ` With the months that are left: about ${sizeWords(whenDone)}.`}
        {withDeferred && ` With those that wait for room: about ${sizeWords(withDeferred)}.`}
      </p>
      <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="rail" width="100" height="10" />
        {grows && <rect class="future" x={x(usedBytes)} width={x(whenDone.likely - usedBytes)} height="10" />}
        <rect class="used" width={x(usedBytes)} height="10" />
        {budgetBytes !== null && <rect class="mark" x={x(budgetBytes) - 0.4} width="0.8" height="10" />}
      </svg>
      <ul class="keys">
        <li>
          <span class="key used" /> used: {bytes(dataBytes)} of documents, {bytes(indexBytes)} of indexes
        </li>
        {grows && (
          <li>
            <span class="key future" /> still to come
          </li>
        )}
        {budgetBytes !== null && (
          <li>
            <span class="key mark" /> budget
          </li>
        )}
      </ul>
      <dl class="facts apart">
        {sources
          .filter(({ releases }) => releases > 0)
          .map((source) => (
            <div>
              <dt>{source.name}</dt>
              <dd>
                {bytes(source.bytes)} of documents, {count(source.bytes / source.releases)} bytes a notice
              </dd>
            </div>
          ))}
        {forecasts && (
          <div>
            <dt>Forecasts so far</dt>
            <dd>
              off by {percent(forecasts.bytes)} in size and {percent(forecasts.requests)} in requests (median
              of {counted(forecasts.windows, "month")})
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

const INTAKE_DAYS = 30;
const DAY_MS = 86_400_000;

function IntakeCard({ status }: { status: Status }) {
  const days = Array.from({ length: INTAKE_DAYS }, (_, at) => {
    const date = new Date(status.at.getTime() - (INTAKE_DAYS - 1 - at) * DAY_MS);
    return { date, key: londonDay(date) };
  });
  const releases = new Map(status.intake.map((one) => [`${one.day} ${one.source}`, one.releases]));
  const of = (key: string, at: number) => releases.get(`${key} ${status.sources[at]?.source}`) ?? 0;
  const bars = days.map(({ date, key }) => ({ date, parts: [of(key, 0), of(key, 1)] as const }));
  const sums = bars.map(({ parts }) => parts[0] + parts[1]);
  const most = Math.max(1, ...sums);
  const top = scaleOf(sums);
  const total = sums.reduce((sum, one) => sum + one, 0);
  const [first, last] = [bars[0], bars.at(-1)];
  return (
    <section class="card" aria-labelledby="intake">
      <h2 id="intake">Read per day</h2>
      <p class="soft">
        {total === 0
          ? `Nothing in the last ${INTAKE_DAYS} days.`
          : `${counted(total, "notice")} in the last ${INTAKE_DAYS} days; the most in one day: ${count(most)}.`}
        {top < most && " The tallest are cut, so that the others can be seen."}
      </p>
      {total > 0 && (
        <p class="scale soft" aria-hidden="true">
          {compact(top)}
        </p>
      )}
      <svg
        class="chart"
        viewBox={`0 0 ${INTAKE_DAYS * 10} 100`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Notices read per day, ${counted(total, "notice")} in ${INTAKE_DAYS} days; the numbers are in the table below`}
      >
        <defs>
          <pattern
            id="hatch"
            width="3"
            height="3"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect class="second" width="3" height="3" />
            <rect class="gap" width="1" height="3" />
          </pattern>
        </defs>
        <path
          class="rule"
          d={`M0 1H${INTAKE_DAYS * 10}M0 50H${INTAKE_DAYS * 10}M0 99.5H${INTAKE_DAYS * 10}`}
        />
        {bars.map(({ parts: [lower, upper] }, at) => {
          const shrink = Math.min(1, top / Math.max(1, lower + upper)) * (98 / top);
          const [low, high] = [lower * shrink, upper * shrink];
          return (
            <>
              {lower > 0 && <rect class="first" x={at * 10 + 1} y={99 - low} width="8" height={low} />}
              {upper > 0 && (
                <rect fill="url(#hatch)" x={at * 10 + 1} y={99 - low - high} width="8" height={high} />
              )}
              {lower + upper > top && <path class="cut" d={`M${at * 10} 16l10 -6`} />}
            </>
          );
        })}
      </svg>
      <div class="axis soft" aria-hidden="true">
        <span>{first && shortDay(first.date)}</span>
        <span>{last && shortDay(last.date)}</span>
      </div>
      <ul class="keys">
        {status.sources.map(({ name }, at) => (
          <li>
            <span class={at === 0 ? "key first" : "key second"} /> {name}
          </li>
        ))}
      </ul>
      <details id="intake-table">
        <summary>As a table</summary>
        <Scroll name="Table of notices per day">
          <table class="list sortable">
            <thead>
              <tr>
                <th scope="col">Day</th>
                {status.sources.map(({ name }) => (
                  <th scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {bars.toReversed().map(({ date, parts }) => (
                <tr>
                  <th scope="row" data-value={date.getTime()}>
                    {shortDay(date)}
                  </th>
                  {parts.map((value) => (
                    <td class="number" data-value={value}>
                      {count(value)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </section>
  );
}

const CUT_FACTOR = 8; // a backfill reads a hundred times what a day brings

/** The chart's height in notices: the tallest day, unless it would press the usual ones flat. */
function scaleOf(sums: number[]): number {
  const days = sums.filter((sum) => sum > 0).sort((a, b) => a - b);
  const usual = days[Math.floor(days.length / 2)] ?? 1;
  return days.findLast((sum) => sum <= usual * CUT_FACTOR) ?? 1;
}

const londonDay = (at: Date) => new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/London" }).format(at);

const OUTCOMES: Record<
  Status["runs"][number]["outcome"],
  [words: string, sign: "done" | "running" | "failed"]
> = {
  done: ["nothing left to do", "done"],
  deadline: ["time used up", "done"],
  error: ["trouble", "failed"],
  running: ["running", "running"],
  dropped: ["dropped by the platform", "failed"],
};

function RunsCard({ runs }: { runs: Status["runs"] }) {
  return (
    <section class="card" aria-labelledby="runs">
      <h2 id="runs">Last runs</h2>
      {runs.length === 0 ? (
        <p>None yet. The cron begins one every hour.</p>
      ) : (
        <Scroll name="Table of the last runs">
          <table class="list sortable">
            <thead>
              <tr>
                <th scope="col">Began</th>
                <th scope="col">Ended by</th>
                <th scope="col" class="number">
                  Took
                </th>
                <th scope="col" class="number">
                  Requests
                </th>
                <th scope="col" class="number">
                  Notices
                </th>
                <th scope="col" class="number">
                  Months read
                </th>
                <th scope="col" class="number">
                  Verified
                </th>
                <th scope="col" class="number">
                  Refusals
                </th>
                <th scope="col" class="number">
                  Errors
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <Run run={run} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function Run({ run }: { run: Status["runs"][number] }) {
  const { startedAt, endedAt, outcome, sources } = run;
  const [words, state] = OUTCOMES[outcome];
  const took = endedAt === null ? null : endedAt.getTime() - startedAt.getTime();
  // Nothing new is another thing than nothing told.
  const told = sources.some(({ requests, answers }) => requests > 0 && answers !== 0);
  const keys = ["requests", "releases", "windowsDone", "windowsVerified", "refusals", "errors"] as const;
  return (
    <tr>
      <th scope="row" data-value={startedAt.getTime()}>
        <time datetime={startedAt.toISOString()}>
          {shortDay(startedAt)}, {clock(startedAt)}
        </time>
      </th>
      <td>
        <span class="state">
          <span class={`chip ${state}`}>
            <Sign state={state} />
          </span>
          {words}
        </span>
      </td>
      <td class="number" data-value={took ?? -1}>
        {took === null ? "–" : `${count(took / 1000)} s`}
      </td>
      {keys.map((key) => {
        const sum = sources.reduce((total, source) => total + source[key], 0);
        return (
          <td class="number" data-value={sum}>
            {key === "releases" && !told
              ? sources.some(({ requests }) => requests > 0)
                ? "no answer"
                : "not asked"
              : count(sum)}
          </td>
        );
      })}
    </tr>
  );
}

function TroubleCard({ status }: { status: Status }) {
  const { alarms, troubles, quarantine, at } = status;
  const notes = alarms.filter(({ severity }) => severity === "note");
  const many = `${quarantine.more ? "more than " : ""}${counted(quarantine.count - (quarantine.more ? 1 : 0), "release")}`;
  return (
    <section class="card" aria-labelledby="errors">
      <h2 id="errors">Errors, notes and quarantine</h2>
      {notes.length > 0 && <Alarms alarms={notes} />}
      {troubles.length > 0 ? (
        <ul class="troubles">
          {troubles.map(({ source, kind, lastAt, times }) => (
            <li>
              <strong>{SOURCE_NAMES[source]}</strong>: {TROUBLES[kind]}
              <span class="soft">
                {" "}
                ({times > 1 ? `${times} times, last ` : ""}
                {ago(lastAt, at)})
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p>No errors are noted.</p>
      )}
      <p>
        {quarantine.count === 0 ? (
          "Nothing is in quarantine: every release could be stored."
        ) : (
          <>
            <a href="/quarantine">{many} in quarantine</a>: kept with the original text, tried again when the
            month is read again.
          </>
        )}
      </p>
    </section>
  );
}
