// The page of one procurement: its state and why, what was awarded, and its notices as they came.
import { cellText } from "../questions/cell.ts";
import type { ProcessView } from "../report/procurement.ts";
import { moment, percent } from "../report/words.ts";
import type { Process, ProcessState } from "../terms/process.ts";
import type { NoticePage } from "./ask.tsx";
import { Rows } from "./details.tsx";
import { Layout, Scroll } from "./layout.tsx";

const STATES: Record<ProcessState, string> = {
  planned: "announced, and not called for yet",
  open: "one can bid, or join",
  closed: "the deadline has passed, and no award has been told",
  intended: "an award is announced, and not made yet",
  awarded: "an award was made",
  cancelled: "it was ended without an award",
  ended: "the contract is over",
};

const day = (date: Date | undefined) => date && cellText(date, { kind: "day" });
const money = (amount: number | undefined, currency: string | undefined) =>
  amount === undefined ? undefined : `${cellText(amount, { kind: "money" })} ${currency ?? ""}`.trim();

export function ProcessPage(props: ProcessView & { noticePage: NoticePage }) {
  const { process, standings, twins, noticePage } = props;
  const title = process.title ?? process.ocid;
  const { state, awards = [], changes = [] } = process;
  return (
    <Layout title={`${title} – Procurement sync`} signedIn>
      <p class="crumb">
        <a href="/ask">← Ask</a>
      </p>
      <h1 class="id">{title}</h1>
      <section class="card" aria-label="State">
        <p class="sentence">
          <strong>{state}</strong>: {STATES[state]}.
        </p>
        <Rows
          rows={[
            ["Buyer", process.buyerName],
            ["Process", process.ocid],
            ["Deadline", process.deadlineDate && moment(process.deadlineDate)],
            ["Talks until", process.engagementDeadline && moment(process.engagementDeadline)],
            ["Worth up to", money(process.valueMax, process.currency)],
            ["Awarded", money(process.awardValue, awards[0]?.currency ?? process.currency)],
            [
              "Contract",
              [day(process.contractStartDate), day(process.contractEndDate)].filter(Boolean).join(" to "),
            ],
            ["At the latest", day(process.contractMaxEndDate)],
            ["Trades (CPV)", process.cpvCodes?.join(", ")],
          ]}
        />
      </section>
      {twins.length > 0 && <Twins twins={twins} />}
      {awards.length > 0 && <Awards awards={awards} />}
      <section class="card" aria-labelledby="notices">
        <h2 id="notices">Notices</h2>
        <ol class="timeline">
          {process.notices.map(({ noticeId, type, publishedDate }) => {
            const address = noticePage(process.source, noticeId);
            const standing = standings.get(noticeId);
            return (
              <li>
                <time datetime={publishedDate.toISOString()}>{moment(publishedDate)}</time>{" "}
                {address === undefined ? noticeId : <a href={address}>{noticeId}</a>} {type}
                {standing !== undefined && (
                  <span class="soft">
                    {" "}
                    {standing.supersededBy === undefined
                      ? standing.status.toLowerCase()
                      : `replaced by ${standing.supersededBy}`}
                  </span>
                )}
              </li>
            );
          })}
        </ol>
      </section>
      {changes.length > 0 && (
        <section class="card" aria-labelledby="changes">
          <h2 id="changes">What changed</h2>
          <ul class="troubles">
            {changes.map(({ at, field, from, to }) => (
              <li>
                {moment(at)}: {field} from {cellText(from, { kind: "instant" }) || "nothing"} to{" "}
                {cellText(to, { kind: "instant" }) || "nothing"}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Layout>
  );
}

function Twins({ twins }: Pick<ProcessView, "twins">) {
  return (
    <section class="card" aria-labelledby="twins">
      <h2 id="twins">On the other site</h2>
      {twins.map(({ processId, ocid, title, likelihood, agree }) => (
        <p>
          Likely the same procurement: <a href={`/processes/${processId.toHexString()}`}>{title ?? ocid}</a>{" "}
          <span class="soft">
            (sure to {percent(likelihood)}; {agree.join(", ")} and buyer agree)
          </span>
        </p>
      ))}
    </section>
  );
}

function Awards({ awards }: { awards: NonNullable<Process["awards"]> }) {
  return (
    <section class="card" aria-labelledby="awards">
      <h2 id="awards">Awards</h2>
      <Scroll name="Table of the awards">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Suppliers</th>
              <th scope="col">Date</th>
              <th scope="col" class="number">
                Worth
              </th>
            </tr>
          </thead>
          <tbody>
            {awards.map(({ suppliers = [], date, value, currency }) => (
              <tr>
                <td>{suppliers.map(({ name, supplierId }) => name ?? supplierId).join("; ")}</td>
                <td>{day(date)}</td>
                <td class="number">{money(value, currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
