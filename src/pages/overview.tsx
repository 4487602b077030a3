// The page at `/`: is it complete, is it current, how long still, does anything need me? In that order.

import type { Status } from "../report/schema.ts";
import { WINDOW_STATES } from "../report/words.ts";
import { IntakeCard } from "./cards/intake.tsx";
import { RunsCard } from "./cards/runs.tsx";
import { SourceCard } from "./cards/source.tsx";
import { StorageCard } from "./cards/storage.tsx";
import { TroubleCard } from "./cards/trouble.tsx";
import { Verdict } from "./cards/verdict.tsx";
import { Layout, Legend } from "./layout.tsx";

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
