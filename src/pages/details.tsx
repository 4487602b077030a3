// The page of one window, and the quarantine list.

import { QUARANTINE_SHOWN, type QuarantineRow, type WindowDetail } from "../report/facts.ts";
import type { WindowSummary } from "../report/schema.ts";
import {
  bytes,
  count,
  counted,
  day,
  moment,
  monthName,
  type NamedSource,
  nameIn,
  PROOF_WORDS,
  percent,
  STATE_MEANINGS,
  span,
  TROUBLES,
  windowName,
} from "../report/words.ts";
import type { LondonTime } from "../terms/london-time.ts";
import { Advice, Layout, Scroll, Sign, State } from "./layout.tsx";

interface WindowPageProps extends WindowDetail {
  summary: WindowSummary;
  sources: readonly NamedSource[];
}

export function WindowPage({ window, summary, gaps, sources }: WindowPageProps) {
  const title = windowName(sources, window);
  const { state } = summary;
  const verified = verifiedWords(window);
  return (
    <Layout title={`${title} – Procurement sync`} signedIn>
      <p class="crumb">
        <a href="/">← Overview</a>
      </p>
      <h1>{title}</h1>
      <section class="card" aria-label="State">
        <p class="sentence">
          <State state={state} /> –{" "}
          {verified && state === "exact" ? `verified ${verified}` : STATE_MEANINGS[state]}
          {state !== "done" && state !== "exact" && summary.progress > 0
            ? `; ${percent(summary.progress)} of its time has been read`
            : ""}
          .
        </p>
        {summary.trouble !== null && window.lastError !== null && (
          <p class="problem">
            Last trouble, {moment(window.lastError.at)}: {TROUBLES[summary.trouble]}.{" "}
            {window.retryAt !== null && `Tried again from ${moment(window.retryAt)}.`}
          </p>
        )}
        {state === "failed" && (
          <p>
            <Advice text={`At once: \`npm run sync -- retry ${window._id}\``} />
          </p>
        )}
        <Rows
          rows={[
            ["Covers", `${moment(window.from)} to ${moment(window.to)}`],
            ["Planned", moment(window.plannedAt)],
            ["Attempts", window.attempts > 0 && `${count(window.attempts)} since its last progress`],
            ["Begun", window.startedAt && moment(window.startedAt)],
            ["Read to its end", window.doneAt && `${moment(window.doneAt)}${tookWords(window)}`],
            ["Verified", verified],
          ]}
        />
      </section>
      <div class="pair">
        <section class="card" aria-labelledby="counts">
          <h2 id="counts">Counts</h2>
          <Rows
            rows={[
              ["Notices", count(window.counts.releases)],
              ["Requests", count(window.counts.requests)],
              ["Requests per 1,000", perThousand(window.counts)],
              ["In quarantine", count(window.counts.quarantined)],
              ["Size", bytes(window.counts.bytes)],
              [
                "Forecast",
                window.forecast &&
                  `${bytes(window.forecast.bytes)}, ${counted(window.forecast.requests, "request")}`,
              ],
              ["Numbers never published", gaps["never published"] ? count(gaps["never published"]) : null],
              ["Numbers still to be asked for", gaps["absent"] ? count(gaps["absent"]) : null],
              ["Numbers found by asking", gaps["found"] ? count(gaps["found"]) : null],
            ]}
          />
        </section>
        <section class="card" aria-labelledby="tags">
          <h2 id="tags">Kinds of notice</h2>
          <Tags byTag={window.counts.byTag} />
        </section>
      </div>
      <section class="card" aria-labelledby="lanes">
        <h2 id="lanes">Lanes</h2>
        <Scroll name="Table of the lanes">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Stage</th>
                <th scope="col">Read back to</th>
                <th scope="col">How</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {window.lanes.map(({ stage, frontier, done, mode }) => (
                <tr>
                  <th scope="row">{stage === "all" ? "all stages" : stage}</th>
                  <td>{localWords(frontier)}</td>
                  <td>{mode === "slices" ? "exact slices" : "walk by time"}</td>
                  <td>
                    <span class="state">
                      <span class={`chip ${done ? "done" : "pending"}`}>
                        <Sign state={done ? "done" : "pending"} />
                      </span>
                      {done ? "at its start" : "on its way"}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </section>
      <section class="card" aria-labelledby="proof">
        <h2 id="proof">Proof</h2>
        <List
          none={window.verifiedAt === null ? "Not verified yet." : "Verification found nothing missing."}
          items={window.drift.map(
            ({ at, from, to, missing }) =>
              `${moment(at)}: ${counted(missing, "notice")} missing between ${localWords(from)} and ${localWords(to)}; stored since.`,
          )}
        />
        <List
          none="No moment holds more notices than a page."
          items={window.unproven.map(
            ({ from, to, rows, stage }) =>
              `${localWords(from)} to ${localWords(to)} (${stage}) holds more than a page; ${counted(rows, "notice")} were read through the site's own cursor.`,
          )}
        />
        <List
          none="Every page kept its promised order."
          items={(window.alarms ?? []).map(
            ({ at, kind }) => `${moment(at)}: a page broke a promise (${kind}).`,
          )}
        />
      </section>
    </Layout>
  );
}

export function Rows({ rows }: { rows: [string, string | null | undefined | false][] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) =>
        value ? (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

function List({ items, none }: { items: string[]; none: string }) {
  if (items.length === 0) return <p class="soft">{none}</p>;
  return (
    <ul class="troubles">
      {items.map((item) => (
        <li>{item}</li>
      ))}
    </ul>
  );
}

function Tags({ byTag }: { byTag: Record<string, number> }) {
  const tags = Object.entries(byTag).sort(([, a], [, b]) => b - a);
  const most = tags[0]?.[1] ?? 1;
  if (tags.length === 0) return <p class="soft">Nothing has been read yet.</p>;
  return (
    <table class="list tags">
      <tbody>
        {tags.map(([tag, many]) => (
          <tr>
            <th scope="row">{tag}</th>
            <td class="number">{count(many)}</td>
            <td class="wide">
              <svg class="bar thin" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                <rect class="used" width={(many / most) * 100} height="10" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** By what and when, and when it is looked at again: no proof says more. */
function verifiedWords({ proof, proofBy, verifiedAt, verifyAt }: WindowDetail["window"]): string | null {
  if (verifiedAt === null) return null;
  const by = proof === "exact" && proofBy ? `by ${PROOF_WORDS[proofBy]} on ` : "";
  const again =
    verifyAt && verifyAt.getUTCFullYear() < NEVER ? `; looked at again from ${day(verifyAt)}` : "";
  return `${by}${moment(verifiedAt)}${again}`;
}

const NEVER = 9999; // the year in which a month is due again that is proved once and for all

/** A London wall-clock time as people write it. */
const localWords = (time: LondonTime) =>
  `${Number(time.slice(8, 10))} ${monthName(time.slice(0, 7))}, ${time.slice(11)}`;

const perThousand = ({ requests, releases }: { requests: number; releases: number }) =>
  releases > 0 && ((requests / releases) * 1000).toFixed(1);

function tookWords({ startedAt, doneAt }: { startedAt: Date | null; doneAt: Date | null }): string {
  return startedAt && doneAt ? `, after ${span(doneAt.getTime() - startedAt.getTime())}` : "";
}

interface QuarantinePageProps {
  rows: QuarantineRow[];
  sources: readonly NamedSource[];
}

export function QuarantinePage({ rows, sources }: QuarantinePageProps) {
  return (
    <Layout title="Quarantine – Procurement sync" signedIn>
      <p class="crumb">
        <a href="/">← Overview</a>
      </p>
      <h1>Quarantine</h1>
      <p>
        Releases that could not be stored, with their original text and the reason. They are tried again when
        their month is read again, or by <code>npm run sync -- quarantine retry</code>.
      </p>
      {rows.length === 0 && <p>There are none.</p>}
      {rows.length === QUARANTINE_SHOWN && <p class="soft">The newest {QUARANTINE_SHOWN} are shown.</p>}
      {rows.map((row) => (
        <article class="card">
          <h2 class="id">{row.releaseId ?? row._id}</h2>
          <p class="problem">{row.reason}</p>
          <Rows
            rows={[
              ["Source", nameIn(sources, row.source)],
              ["Process", row.ocid],
              ["Where", row.place],
              ["First seen", moment(row.firstSeenAt)],
              ["Last seen", `${moment(row.lastSeenAt)}`],
            ]}
          />
          {row.windowId !== null && (
            <p>
              <a href={`/windows/${row.windowId}`}>Its month</a>
            </p>
          )}
          <details>
            <summary>How its text begins</summary>
            <pre>{row.beginning}</pre>
          </details>
        </article>
      ))}
    </Layout>
  );
}
