// Do the sites answer, and under this name.
import type { Config } from "../../config/config.ts";
import { pageUrl } from "../../fetch/api.ts";
import { TransportError } from "../../platform/effects.ts";
import { getAs, USER_AGENT, workerEffects } from "../../platform/worker-effects.ts";
import { plusSeconds, toLondon } from "../../terms/london-time.ts";
import { ALL_STAGES } from "../../terms/window.ts";
import { type Check, failed, message, skipped, well } from "../finding.ts";

const API_MS_MAX = 30_000;
const FORBIDDEN = 403;
const REFUSED = new Set([FORBIDDEN, 429]);

export interface SiteAnswer {
  url: string;
  status: number;
}

/** @param asked gets what the site answered */
export async function checkApi(
  { origin, definition }: Config["sources"][number],
  asked: SiteAnswer[],
): ReturnType<Check> {
  if (!definition.releases) return skipped("it has no address of its own");
  const { api } = definition.releases;
  const hi = toLondon(new Date());
  const lo = plusSeconds(hi, -86_400);
  const url = pageUrl(api, origin, { stage: ALL_STAGES, lo, hi, limit: 1 });
  try {
    const { status, retryAfter, body } = await workerEffects.get(url, { timeoutMs: API_MS_MAX });
    asked.push({ url, status });
    if (REFUSED.has(status))
      return failed(
        `${origin} refuses (status ${status}${retryAfter ? `, for ${retryAfter} s` : ""})`,
        "Mostly too many requests of late from this address: wait five minutes and look again. The check of the User-Agent says whether the name is the cause.",
      );
    if (status !== 200)
      return failed(
        `${origin} answers with status ${status}`,
        "Look at the site in a browser: it may be down for a while; runs continue without it.",
      );
    const { releases } = JSON.parse(new TextDecoder().decode(body));
    return Array.isArray(releases)
      ? well(`${origin} answers`)
      : failed(
          `${origin} answers, but not with releases`,
          `Is this the site's own origin? ${api.settings.origin} in wrangler.toml names it.`,
        );
  } catch (error) {
    if (!(error instanceof TransportError) && !(error instanceof SyntaxError)) throw error;
    return failed(
      `${origin}: ${message(error)}`,
      `Look at the site in a browser from here; ${api.settings.origin} in wrangler.toml names it.`,
    );
  }
}

/** A site that forbids what it answers under another name does not want this one. */
export async function checkUserAgent(asked: SiteAnswer[]): ReturnType<Check> {
  if (asked.length === 0) return skipped("no site answered");
  const forbidden = asked.filter(({ status }) => status === FORBIDDEN);
  const another = getAs("sync-doctor/1.0");
  for (const { url } of forbidden) {
    const { status } = await another(url, { timeoutMs: API_MS_MAX });
    if (status !== 200) continue;
    return failed(
      `${new URL(url).origin} forbids "${USER_AGENT}" and answers another name`,
      "Ask the site's owner to let it in, or change it in src/platform/worker-effects.ts.",
    );
  }
  return forbidden.length > 0
    ? skipped("another name is forbidden too: it is not the cause")
    : well(`"${USER_AGENT}" is answered`);
}
