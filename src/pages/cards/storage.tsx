// How full the database is, and how full it will be.
import type { Status } from "../../report/schema.ts";
import { bytes, count, counted, percent, sizeWords } from "../../report/words.ts";

export function StorageCard({ status }: { status: Status }) {
  const { storage, sources, forecasts } = status;
  const { usedBytes, dataBytes, indexBytes, otherBytes, budgetBytes, whenDone, withDeferred } = storage;
  const grows = whenDone !== null && whenDone.likely > usedBytes * 1.01;
  // Without a budget or a forecast there is nothing to measure it by: an empty bar would look full.
  const full = Math.max(
    budgetBytes ?? 0,
    grows ? whenDone.high : 0,
    budgetBytes === null && !grows ? 0 : usedBytes,
  );
  const x = (value: number) => (full > 0 ? (value / full) * 100 : 0);
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
          {otherBytes > 0 && `, ${bytes(otherBytes)} in other databases`}
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
