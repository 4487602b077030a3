// Noted errors, notes, and what is in quarantine.

import type { Status } from "../../report/schema.ts";
import { ago, counted, nameIn, TROUBLES } from "../../report/words.ts";
import { Alarms } from "./alarms.tsx";

export function TroubleCard({ status }: { status: Status }) {
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
              <strong>{nameIn(status.sources, source)}</strong>: {TROUBLES[kind]}
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
