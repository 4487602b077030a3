// Faults that last, and answers that nobody thought of: a source that is out for hours in one of many ways, a month and
// numbers that always answer badly, pages with hostile releases in them. The seed decides which, `heal` ends them all.
import type { Answer } from "../../src/replica/answer.ts";
import { createRandom, hash, pick } from "../../src/replica/random.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";

const HOUR_MS = 3_600_000;
const utf8 = new TextEncoder();
const said = (status: number, text: string, headers: Record<string, string> = {}): Answer => ({
  ...{ status, headers },
  body: utf8.encode(text),
});

/** Ways in which a source answers nothing that is of use. */
const BAD: Record<string, () => Answer> = {
  "400": () => said(400, '{"message":"no"}'),
  "404": () => said(404, '{"code":"ValidationError","errors":3200}'),
  "403": () => said(403, "<html>Forbidden</html>"),
  "429": () => said(429, "", { "retry-after": "1" }),
  "500": () => said(500, ""),
  "503": () => said(503, "<html>503</html>"),
  "a maintenance page with 200": () => said(200, "<html>Back soon</html>"),
  "an empty body with 200": () => said(200, ""),
  "a reset": () => ({ ...said(200, ""), transport: { kind: "reset" } }),
};
const KINDS = Object.keys(BAD);
/** A number's own 404 would say that there is none. */
const NUMBER_KINDS = ["400", "500", "a maintenance page with 200"];

export const HOSTILE_OCID = "ocds-hostile";
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const hostile = (fields: string, id = '"hostile"') =>
  `{"ocid":"${HOSTILE_OCID}","id":${id},"date":"2026-01-02T03:04:05Z",${fields}}`;
/** Releases that broke something once (docs/completeness.md: one bad release never blocks a page). */
const RELEASES: Record<string, string> = {
  "a tag constructor": hostile('"tag":["constructor","valueOf"]'),
  "3,000 levels": hostile(`"tag":["tender"],"tender":${nested(3000)}`),
  "a NUL in a key": hostile('"tag":["tender"],"tender":{"title":"x"},"a\\u0000b":1'),
  "an id of 5,000 characters": hostile('"tag":["tender"]', JSON.stringify("9".repeat(5000))),
  "the highest number": hostile('"tag":["tender"]', '"999999-2026"'),
  "no id": `{"ocid":"${HOSTILE_OCID}","tag":["tender"]}`,
  __proto__: hostile('"tag":["tender"],"__proto__":{"title":"x"},"tender":{"$where":"x"}'),
  "half a character": hostile('"tag":["tender"]', '"\\ud800"'),
};

/** What the world knows of a fault that lasts. */
export interface Lasting {
  source: Source;
  kind: string;
  from: number;
  until: number;
  /** Only questions that end in this month of London time. */
  month: string | null;
}

export interface Poisons {
  lasting: readonly Lasting[];
  /** Whether releases that nobody published come in pages. */
  taints: boolean;
  /** The answer in place of the replica's, and which fault gave it; null where that stands. */
  strike(url: string, now: number): { answer: Answer; by: Lasting | null } | null;
  /** The replica's answer, with what is hostile in it. */
  taint(url: string, answer: Answer): Answer;
  heal(): void;
}

export function createPoisons(options: {
  seed: number;
  startMs: number;
  historyFrom: Date;
  meet: (what: string) => void;
}): Poisons {
  const { seed, startMs, historyFrom, meet } = options;
  const random = createRandom(seed * 131 + 5);
  const chance = (share: number) => random() < share;
  const lasting: Lasting[] = [];
  if (chance(0.25)) {
    const from = startMs + random() * 6 * HOUR_MS;
    const until = from + (1 + random() * 20) * HOUR_MS;
    for (const source of chance(0.5) ? SOURCES : [pick(random, SOURCES)])
      lasting.push({ source, kind: pick(random, KINDS), from, until, month: null });
  }
  if (chance(0.3)) {
    const month = new Date(historyFrom.getTime() + random() * (startMs - historyFrom.getTime()))
      .toISOString()
      .slice(0, 7);
    const source = pick(random, SOURCES);
    const until = Number.POSITIVE_INFINITY;
    lasting.push({ source, kind: pick(random, KINDS), from: 0, until, month });
  }
  const numbers = chance(0.3) ? { kind: pick(random, NUMBER_KINDS), oneIn: pick(random, [1, 3, 10]) } : null;
  const taintShare = chance(0.3) ? 0.03 : 0;
  let healed = false;
  return {
    lasting,
    taints: taintShare > 0,
    strike(url, now) {
      if (healed) return null;
      const { pathname, searchParams } = new URL(url);
      const number = /ocdsReleasePackages\/(.+)$/.exec(pathname)?.[1];
      if (numbers && number && hash(`${seed} ${number}`) % numbers.oneIn === 0) {
        meet(`a number that always answers ${numbers.kind}`);
        return { answer: answerOf(numbers.kind), by: null };
      }
      const source = pathname.startsWith("/Published/") ? "CONTRACTS_FINDER" : "FIND_A_TENDER";
      const to = searchParams.get("updatedTo") ?? searchParams.get("publishedTo") ?? "";
      const by = lasting.find(
        (one) =>
          one.source === source &&
          now >= one.from &&
          now < one.until &&
          (one.month === null || to.startsWith(one.month)),
      );
      if (!by) return null;
      meet(`${by.month === null ? "a source" : "a month"} that answers ${by.kind}`);
      return { answer: answerOf(by.kind), by };
    },
    taint(url, answer) {
      if (healed || taintShare === 0 || answer.status !== 200 || !/updatedTo|publishedTo/.test(url))
        return answer;
      if (!chance(taintShare)) return answer;
      const what = pick(random, Object.keys(RELEASES));
      const text = new TextDecoder().decode(answer.body);
      const at = text.indexOf('"releases":[');
      if (at < 0) return answer;
      meet(`hostile: ${what}`);
      const end = at + '"releases":['.length;
      const comma = text[end] === "]" ? "" : ",";
      return { ...answer, body: utf8.encode(text.slice(0, end) + RELEASES[what] + comma + text.slice(end)) };
    },
    heal() {
      healed = true;
      lasting.length = 0;
    },
  };
}

function answerOf(kind: string): Answer {
  const make = BAD[kind];
  if (!make) throw new RangeError(`no bad answer is called "${kind}"`);
  return make();
}
