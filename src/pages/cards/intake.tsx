// What was read on each of the last thirty days.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { Status } from "../../report/schema.ts";
import { compact, count, counted, shortDay } from "../../report/words.ts";
import { Scroll } from "../layout.tsx";

const INTAKE_DAYS = 30;

export function IntakeCard({ status }: { status: Status }) {
  const days = Array.from({ length: INTAKE_DAYS }, (_, at) => {
    const date = new Date(status.at.getTime() - (INTAKE_DAYS - 1 - at) * DAY_MS);
    return { date, key: londonDay(date) };
  });
  const releases = new Map(status.intake.map((one) => [`${one.day} ${one.source}`, one.releases]));
  const bars = days.map(({ date, key }) => ({
    date,
    parts: status.sources.map(({ source }) => releases.get(`${key} ${source}`) ?? 0),
  }));
  const sums = bars.map(({ parts }) => sumOf(parts));
  const most = Math.max(1, ...sums);
  const top = scaleOf(sums);
  const total = sumOf(sums);
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
        {bars.map(({ parts }, index) => (
          <Bar parts={parts} x={index * 10 + 1} top={top} />
        ))}
      </svg>
      <div class="axis soft" aria-hidden="true">
        <span>{first && shortDay(first.date)}</span>
        <span>{last && shortDay(last.date)}</span>
      </div>
      <ul class="keys">
        {status.sources.map(({ name }, index) => (
          <li>
            <span class={`key ${SHADES[index % SHADES.length]}`} /> {name}
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

const SHADES = ["first", "second", "third"] as const; // assets.ts draws them
const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

/** A day's sources, one above the other; one that is taller than the chart is cut. */
function Bar({ parts, x, top }: { parts: number[]; x: number; top: number }) {
  const sum = sumOf(parts);
  const scale = Math.min(1, top / Math.max(1, sum)) * (98 / top);
  const heights = parts.map((value) => value * scale);
  return (
    <>
      {heights.map((height, index) => {
        const y = 99 - sumOf(heights.slice(0, index + 1));
        const shade = SHADES[index % SHADES.length];
        return (
          height > 0 &&
          (shade === "second" ? (
            <rect fill="url(#hatch)" x={x} y={y} width="8" height={height} />
          ) : (
            <rect class={shade} x={x} y={y} width="8" height={height} />
          ))
        );
      })}
      {sum > top && <path class="cut" d={`M${x - 1} 16l10 -6`} />}
    </>
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
