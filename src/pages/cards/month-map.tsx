// Every month of a source and how far it has been read, a cell each.
import type { WindowSummary } from "../../report/schema.ts";
import { compact, counted, monthName, percent } from "../../report/words.ts";
import { Sign } from "../layout.tsx";

const monthFormat = new Intl.DateTimeFormat("en-GB", { month: "long", timeZone: "UTC" });
const MONTHS = Array.from({ length: 12 }, (_, index) => monthFormat.format(Date.UTC(2026, index)));

/** A row of the map: a year, of each part where a source has several. */
const rowOf = ({ site, month }: WindowSummary) =>
  `${month.slice(0, 4)}${site === undefined ? "" : ` ${site}`}`;

export function MonthMap({ name, windows }: { name: string; windows: WindowSummary[] }) {
  const byMonth = new Map(windows.map((window) => [`${rowOf(window)} ${window.month.slice(5)}`, window]));
  const rows = [...new Set(windows.map(rowOf))].sort().reverse();
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
        {rows.map((row) => (
          <tr>
            <th scope="row">{row}</th>
            {MONTHS.map((_, index) => {
              const window = byMonth.get(`${row} ${String(index + 1).padStart(2, "0")}`);
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
