// Does it work: the cron fires, runs succeed, months are read, new notices arrive.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Status } from "../../report/schema.ts";
import { ago, counted, spacingText, span } from "../../report/words.ts";
import { type Finding, failed, skipped, warning, well } from "../finding.ts";

const CRON_MS_MAX = 2 * HOUR_MS; // one missed hour is nothing

export function checkCron({ at, runs }: Status): Omit<Finding, "check"> {
  const last = runs[0];
  const advice =
    "Cloudflare fires it: look at the Worker's Triggers (`crons` in wrangler.toml, then `npm run deploy`) and its logs. `npm run sync -- run` does one invocation here.";
  if (!last) return failed("no run yet", advice);
  const found = `last run ${ago(last.startedAt, at)}`;
  return at.getTime() - last.startedAt.getTime() > CRON_MS_MAX ? failed(found, advice) : well(found);
}

export function checkRuns({ runs, troubles, sources }: Status): Omit<Finding, "check"> {
  const last = runs.find(({ outcome }) => outcome !== "running");
  if (!last) return skipped("none has ended yet");
  const paused = sources.filter((source) => source.paused).map(({ name }) => name);
  const [latest] = troubles;
  if (last.outcome === "error" || last.outcome === "dropped") {
    const why = latest ? `: ${latest.source} ${latest.kind}` : "";
    return failed(
      `the last one ended with "${last.outcome}"${why}`,
      last.outcome === "dropped"
        ? "The platform ended it: RUN_BUDGET_SECONDS may be too near to 900, or [limits] cpu_ms too small."
        : "`npm run sync -- status` and the Worker's log of that time say more.",
    );
  }
  if (paused.length > 0)
    return warning(`${paused.join(" and ")} paused`, "`npm run sync -- resume` reads it again.");
  return well(`the last one ended with "${last.outcome}"`);
}

export function checkMonths({ windows }: Status): Omit<Finding, "check"> {
  const bad = windows.filter(({ state }) => state === "failed").map(({ id }) => id);
  if (windows.length === 0) return skipped("nothing is planned yet");
  return bad.length > 0
    ? failed(
        `could not be read: ${bad.join(", ")}`,
        `They are tried again after a day; \`npm run sync -- retry ${bad[0]}\` tries at once.`,
      )
    : well(`${counted(windows.length, "month")}, none failed`);
}

const LAG_SECONDS_MAX = 6 * 3600;

export function checkLag({ sources }: Status): Omit<Finding, "check"> {
  const late = sources.filter(({ paused, lagSeconds }) => !paused && (lagSeconds ?? 0) > LAG_SECONDS_MAX);
  const lags = sources.flatMap(({ name, lagSeconds }) =>
    lagSeconds === null ? [] : [`${name} ${span(lagSeconds * 1000)} behind`],
  );
  if (lags.length === 0) return skipped("nothing is planned yet");
  return late.length > 0
    ? failed(
        lags.join(", "),
        "It catches up by itself once runs succeed: see cron, runs and the site's check.",
      )
    : well(lags.join(", "));
}

/** Less than half the pace that the settings allow: the address may share its limit with somebody else. */
const SPACING_SECONDS_MAX = 30;

export function checkPace({ sources }: Status): Omit<Finding, "check"> {
  const learnt = sources.flatMap(({ name, spacing }) => (spacing ? [{ name, spacing }] : []));
  if (learnt.length === 0)
    return well("as fast as REQUESTS_PER_MINUTE allows: no refusal has taught another");
  const text = learnt.map(({ name, spacing }) => `${name}: ${spacingText(spacing)}`).join(" ");
  return learnt.some(({ spacing }) => spacing.seconds > SPACING_SECONDS_MAX)
    ? warning(text, "The sites limit each address: ask from another one, or see who else asks from this one.")
    : well(text);
}
