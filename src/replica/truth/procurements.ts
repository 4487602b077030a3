// What is true of a procurement at an instant, from what its story has told by then. Its own reasoning over the buyer's acts:
// it reads no release, and knows nothing of how a database is kept, so that the two can disagree.
import { fromLondon, londonTime, toLondon } from "../../terms/london-time.ts";
import type { Published } from "../published.ts";
import type { StoryAward, Telling } from "../stories/story.ts";

export type TrueState = "planned" | "open" | "closed" | "intended" | "awarded" | "cancelled" | "ended";

export interface Truth {
  source: "FIND_A_TENDER" | "CONTRACTS_FINDER";
  ocid: string;
  /** Distinguishes procurements under one ocid: the buyer's number. */
  buyer: number;
  state: TrueState;
  /** Until when one can bid, as it was last said. */
  deadline: number | null;
  /** Each award that was made, once, as last told. */
  awards: { key: string; value: number }[];
  awardValue: number | null;
  /** Notices that one can act on: bid, join, or speak to the buyer. */
  open: string[];
  notices: string[];
}

interface Told {
  telling: Telling;
  noticeId: string;
}

/** What is true at `now` of every procurement of these rows that has been listed by then. */
export function truthAt(rows: readonly Published[], now: number): Truth[] {
  const stories = new Map<string, Told[]>();
  for (const { telling, releaseId, listedAt, ocid } of rows) {
    if (!telling || listedAt > now) continue;
    const buyer = telling.buyer ?? telling.story.buyers[0] ?? 0;
    // Only under a qualification system do notices of one ocid belong to unrelated buyers.
    const key = telling.buyer === undefined ? ocid : `${ocid} ${buyer}`;
    const fat = telling.story.source === "FIND_A_TENDER";
    const told = { telling, noticeId: fat ? releaseId : releaseId.replace(/-\d+$/, "") };
    const others = stories.get(key);
    if (others) others.push(told);
    else stories.set(key, [told]);
  }
  return [...stories.values()].map((told) => truthOf(told, now));
}

function truthOf(unordered: Told[], now: number): Truth {
  const told = unordered.toSorted((a, b) => a.telling.at - b.telling.at);
  const [first] = told;
  if (!first) throw new RangeError("a procurement has at least one notice");
  const { story, buyer } = first.telling;
  const { made, ended } = awardsOf(told);
  const call = callOf(told);
  const state = stateOf(told, { made: made.length, ended, call, now });
  const sum = made.reduce((total, { value }) => total + value, 0);
  return {
    source: story.source,
    ocid: story.ocid,
    buyer: buyer ?? story.buyers[0] ?? 0,
    state,
    deadline: call?.until ?? null,
    awards: made,
    awardValue: made.length > 0 ? sum : null,
    open: openNotices(told, { state, call, now }),
    notices: [...new Set(told.map(({ noticeId }) => noticeId))],
  };
}

/** An award is made by a decision, a signature, or an award notice of the older forms; never by an intention. */
function awardsOf(told: Told[]): { made: { key: string; value: number }[]; ended: number } {
  const made = new Map<string, StoryAward>();
  const ended = new Set<string>();
  for (const { telling } of told) {
    const makes = ["UK6", "UK7", "F3", "CF award"].includes(telling.kind);
    for (const award of telling.awards ?? []) {
      if (makes) made.set(award.key, award);
      if (telling.kind === "UK11") ended.add(award.key);
    }
  }
  return {
    made: [...made.values()].map(({ key, value }) => ({ key, value })),
    ended: ended.size,
  };
}

interface Call {
  noticeId: string;
  until: number;
}

/** The call that stands: the last version, with the deadline that was said last. */
function callOf(told: Told[]): Call | null {
  return told.reduce<Call | null>((call, { telling, noticeId }) => {
    const until = telling.deadline ? endOf(telling.deadline) : null;
    if (["UK4", "F2", "CF tender"].includes(telling.kind))
      return { noticeId, until: until ?? call?.until ?? 0 };
    return telling.kind === "F14" && until !== null ? { noticeId, until } : call;
  }, null);
}

/** A day without a clock lasts until its end in London. */
function endOf({ at, day }: { at: number; day: boolean }): number {
  if (!day) return at;
  return fromLondon(londonTime(`${toLondon(new Date(at)).slice(0, 10)}T23:59:59`)).getTime();
}

function stateOf(
  told: Told[],
  { made, ended, call, now }: { made: number; ended: number; call: Call | null; now: number },
): TrueState {
  const has = (kind: Telling["kind"]) => told.some(({ telling }) => telling.kind === kind);
  // Of a market that is known by its changes alone nobody can say that it may be joined.
  if (has("UK14")) return has("UK16") ? "ended" : "open";
  if (made > ended) return "awarded";
  if (ended > 0) return "ended";
  if (has("UK12")) return "cancelled";
  if (call) return now < call.until ? "open" : "closed";
  if (has("UK5")) return "intended";
  const planned = has("UK2") || has("UK3") || has("CF planning");
  // What is left speaks of something that was published before: nobody can bid for it by this.
  return planned ? "planned" : "closed";
}

function openNotices(
  told: Told[],
  { state, call, now }: { state: TrueState; call: Call | null; now: number },
): string[] {
  if (state === "open") {
    const market = told.findLast(({ telling }) => telling.kind === "UK14");
    return [call?.noticeId ?? market?.noticeId ?? ""];
  }
  if (state !== "planned") return [];
  // One can speak to the buyer until the day that was named, as long as nothing has come of it.
  const { telling, noticeId } = told.findLast(({ telling }) => telling.talksUntil !== undefined) ?? {};
  return telling?.talksUntil !== undefined && telling.talksUntil > now && noticeId !== undefined
    ? [noticeId]
    : [];
}
