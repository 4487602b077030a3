// The last runs and what each of them did.
import type { Status } from "../../report/schema.ts";
import { clock, count, lasted, shortDay } from "../../report/words.ts";
import { Scroll, Sign } from "../layout.tsx";

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

export function RunsCard({ runs }: { runs: Status["runs"] }) {
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
  const asked = sources.some(({ requests }) => requests > 0);
  const told = sources.some(({ requests, answers }) => requests > 0 && answers !== 0);
  const untold = asked ? "no answer" : "not asked";
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
        {took === null ? "–" : lasted(took)}
      </td>
      {keys.map((key) => {
        const sum = sources.reduce((total, source) => total + source[key], 0);
        return (
          <td class="number" data-value={sum}>
            {endedAt === null ? "–" : key === "releases" && !told ? untold : count(sum)}
          </td>
        );
      })}
    </tr>
  );
}
