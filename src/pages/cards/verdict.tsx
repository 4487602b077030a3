// Does anything need somebody? The first thing on the page.
import { troublesIn } from "../../report/alarms.ts";
import type { Status } from "../../report/schema.ts";
import { clock, weekday } from "../../report/words.ts";
import { Sign } from "../layout.tsx";
import { Alarms } from "./alarms.tsx";

export function Verdict({ status }: { status: Status }) {
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
