// Asks for one notice by its id, and reads on to the last page: a notice under many processes has more rows than a page,
// and a look-up's pages have links of their own. Only the API's own 404 says that there is none.
import { askUrl } from "../fetch/ask.ts";
import { distinct } from "../fetch/walk.ts";
import type { Row } from "../terms/release.ts";
import type { ReadContext } from "./context.ts";

export interface LookedUp {
  /** `empty`: a list without it, which an absent id may get, and any id in a bad hour. `open`: no answer to speak of. */
  kind: "found" | "absent" | "empty" | "open";
  /** Rows of this id, whatever the kind. */
  rows: Row[];
  /** The last page was reached: no row of this id is missing. */
  whole: boolean;
  requests: number;
}

const PAGES_MAX = 40; // 4,000 processes of one notice; the most that is known is 15

export async function lookUp(
  { asker, api }: Pick<ReadContext, "asker" | "api">,
  noticeId: string,
): Promise<LookedUp> {
  if (!api.lookupPath) return { kind: "open", rows: [], whole: false, requests: 0 };
  const host = new URL(asker.origin);
  const asked = new Set<string>();
  const rows: Row[] = [];
  let requests = 0;
  let next: string | null = `${asker.origin}${api.lookupPath(noticeId)}`;
  while (next !== null && !asked.has(next) && asked.size < PAGES_MAX) {
    asked.add(next);
    const answer = await askUrl(asker, next);
    requests += answer.requests;
    if (answer.kind === "not found" && rows.length === 0)
      return { kind: answer.byApi ? "absent" : "open", rows: [], whole: answer.byApi, requests };
    if (answer.kind !== "page")
      return { kind: rows.length > 0 ? "found" : "open", rows, whole: false, requests };
    rows.push(...answer.page.rows);
    next = answer.page.next === null ? null : onHost(answer.page.next, host);
  }
  const own = distinct(rows.filter(({ releaseId }) => releaseId === noticeId));
  return {
    kind: own.length > 0 ? "found" : "empty",
    rows: own,
    whole: next === null && own.length > 0,
    requests,
  };
}

/** The API names its public host, whatever address it was asked by. */
function onHost(link: string, host: URL): string {
  const url = new URL(link, host);
  url.protocol = host.protocol;
  url.host = host.host;
  return url.href;
}
