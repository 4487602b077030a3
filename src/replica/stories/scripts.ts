// Which stories there are, in about the shares in which recorded notices tell them (api-facts, What notices mean together).
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { pick, type Random, weighted } from "../random.ts";
import type { NoticeKind, Story, StoryAward, Telling } from "./story.ts";

const SECOND_MS = 1000;

export type Tell = (kind: NoticeKind, days: number, more?: Partial<Telling>) => Telling;
type Script = (story: Story, tell: Tell, random: Random) => void;

/** A deadline some days off; three in a hundred of them name no clock (Scottish forwarders). */
function deadlineAfter(from: Telling, days: number, random: Random): { at: number; day: boolean } {
  return { at: from.at + Math.round(days * 86_400) * SECOND_MS, day: random() < 0.03 };
}

function call(kind: NoticeKind, tell: Tell, random: Random, more: Partial<Telling> = {}): Telling {
  const telling = tell(kind, 1 + random() * 2, more);
  telling.deadline = deadlineAfter(telling, 12 + random() * 30, random);
  return telling;
}

const daysUntil = (telling: Telling, at: number) => (at - telling.at) / DAY_MS;

function award(story: Story, id: string, random: Random): StoryAward {
  const key = `${id}-${Math.floor(random() * 1e9)}`;
  const value = Math.round(story.value * (0.5 + random() * 0.5));
  const others = story.isFramework ? [1, 2].map(() => Math.floor(random() * 20_000)) : undefined;
  return { key, id, value, supplier: Math.floor(random() * 20_000), ...(others ? { others } : {}) };
}

/** Decision and signature, and at times a correction of the signature: one award. */
function decideAndSign(
  { story, tell, random }: { story: Story; tell: Tell; random: Random },
  options: { id?: string; afterDays?: number } = {},
): void {
  const { id = "1", afterDays = 0 } = options;
  const awards = [award(story, id, random)];
  tell("UK6", afterDays + 20 + random() * 30, { awards });
  tell("UK7", 10 + random() * 20, { awards });
  if (random() < 0.3) tell("UK7", 1 + random() * 5, { awards, update: true });
}

/** Of what both sites tell, which is of the old regime. */
export function awardAfter(
  { story, tell, random }: { story: Story; tell: Tell; random: Random },
  open: Telling,
): void {
  const days = daysUntil(open, open.deadline?.at ?? open.at) + 10 + random() * 40;
  const awards = [award(story, "1", random)];
  if (story.source === "FIND_A_TENDER") tell("F3", days, { awards });
  else tell("CF award", days, { awards, guid: "award" });
}

const SCRIPTS = weighted<Script>([
  [versions, 20],
  [cancelled, 12],
  [direct, 12],
  [plannedFirst, 8],
  [talksOnly, 8],
  [competition, 14],
  [endedAndAwardedAgain, 4],
  [corrected, 10],
  [awardCorrected, 10],
  [market, 4],
  [framework, 5],
  [jointly, 3],
  [updatedAfterAward, 4],
  [manyBuyers, 3],
]);
const CF_SCRIPTS = weighted<Script>([
  [cfTender, 40],
  [cfTenderUnderNewGuid, 15],
  [cfAwardUnderNewGuid, 15],
  [cfTalks, 10],
  [cfEdited, 20],
]);

/** @param script one of its source's where none is given */
export function tellStory(story: Story, start: number, random: Random, given?: Script): void {
  let at = start;
  const tell: Tell = (kind, days, more = {}) => {
    at += Math.max(60, Math.round(days * 86_400)) * SECOND_MS;
    const telling: Telling = { story, kind, at, ...more };
    story.tellings.push(telling);
    return telling;
  };
  const script = given ?? (story.source === "FIND_A_TENDER" ? SCRIPTS(random) : CF_SCRIPTS(random));
  script(story, tell, random);
}

/** A later version replaces the earlier; its deadline is later, or earlier in 20 of 72. */
function versions(story: Story, tell: Tell, random: Random): void {
  let last = call("UK4", tell, random);
  for (let version = 0; version < 1 + Math.floor(random() * 2); version++) {
    const before = last.deadline?.at ?? last.at;
    last = tell("UK4", 0.1 + random() * 3, { update: true });
    const moved = random() < 0.28 ? -(2 + random() * 6) : 1 + random() * 14;
    const at = Math.max(last.at + DAY_MS, before + Math.round(moved * 86_400) * SECOND_MS);
    last.deadline = { at, day: false };
  }
  if (random() < 0.5) {
    decideAndSign({ story, tell, random }, { afterDays: daysUntil(last, last.deadline?.at ?? last.at) });
  }
}

function cancelled(_story: Story, tell: Tell, random: Random): void {
  const open = call("UK4", tell, random);
  const before = random() < 0.6;
  const left = daysUntil(open, open.deadline?.at ?? open.at);
  tell("UK12", before ? left * random() * 0.9 : left + 5 + random() * 30);
}

/** UK5 is published before a direct award: nothing is won yet. */
function direct(story: Story, tell: Tell, random: Random): void {
  const awards = [award(story, "1", random)];
  tell("UK5", 1, { awards });
  if (random() < 0.6) {
    if (random() < 0.5) tell("UK6", 9 + random() * 10, { awards });
    tell("UK7", 9 + random() * 20, { awards });
  }
}

function plannedFirst(story: Story, tell: Tell, random: Random): void {
  const talks = tell("UK2", 1);
  talks.talksUntil = talks.at + Math.round((5 + random() * 20) * 86_400) * SECOND_MS;
  if (random() < 0.5) tell("UK3", 20 + random() * 20);
  competition(story, tell, random);
}

function talksOnly(_story: Story, tell: Tell, random: Random): void {
  const talks = tell("UK2", 1);
  talks.talksUntil = talks.at + Math.round((10 + random() * 40) * 86_400) * SECOND_MS;
}

function competition(story: Story, tell: Tell, random: Random): void {
  const open = call("UK4", tell, random);
  if (random() < 0.75) {
    tell("UK6", daysUntil(open, open.deadline?.at ?? open.at) + 10 + random() * 20, {
      awards: [award(story, "1", random)],
    });
    const [told] = story.tellings.at(-1)?.awards ?? [];
    if (told && random() < 0.8) tell("UK7", 8 + random() * 20, { awards: [told] });
  }
}

/** A termination ends a contract, not a process with another award. */
function endedAndAwardedAgain(story: Story, tell: Tell, random: Random): void {
  decideAndSign({ story, tell, random });
  const awards = story.tellings.at(-1)?.awards ?? [];
  tell("UK11", 30 + random() * 60, { awards });
  if (random() < 0.5) decideAndSign({ story, tell, random }, { id: "2" });
}

const SECTIONS = ["IV.2.2", "IV.2.2)"] as const;
const OTHER_SECTIONS = ["IV.2.6", "IV.2.7", "II.1.4"] as const;

/** F14: six of 25 move the deadline. IV.2.6 is the validity of bids, IV.2.7 their opening. */
function corrected(_story: Story, tell: Tell, random: Random): void {
  const open = call("F2", tell, random);
  for (let correction = 0; correction < 1 + Math.floor(random() * 2); correction++) {
    const moves = random() < 0.5;
    const f14 = tell("F14", 1 + random() * 3, {
      update: true,
      section: pick(random, moves ? SECTIONS : OTHER_SECTIONS),
    });
    if (moves)
      f14.deadline = {
        at: (open.deadline?.at ?? f14.at) + Math.round((2 + random() * 20) * 86_400) * SECOND_MS,
        day: false,
      };
  }
}

/** 16 of 25 corrections correct an award: nobody can bid. */
function awardCorrected(story: Story, tell: Tell, random: Random): void {
  tell("F3", 1, { awards: [award(story, "1", random)] });
  tell("F14", 3 + random() * 30, { update: true, section: pick(random, OTHER_SECTIONS) });
}

/** A dynamic market is set up, members join and leave: no award, and everybody may join until it ends. */
function market(story: Story, tell: Tell, random: Random): void {
  story.isMarket = true;
  tell("UK14", 1);
  for (let change = 0; change < 1 + Math.floor(random() * 3); change++) {
    tell("UK15", 10 + random() * 30, { awards: [award(story, String(change + 1), random)] });
  }
  if (random() < 0.4) tell("UK16", 20 + random() * 60);
}

function framework(story: Story, tell: Tell, random: Random): void {
  story.isFramework = true;
  const open = call("UK4", tell, random);
  tell("UK6", daysUntil(open, open.deadline?.at ?? open.at) + 15, { awards: [award(story, "1", random)] });
}

function jointly(story: Story, tell: Tell, random: Random): void {
  const first = story.buyers[0] ?? 0;
  for (let more = 0; more < 1 + Math.floor(random() * 4); more++)
    story.buyers.push((first + 17 * (more + 1)) % 3000);
  competition(story, tell, random);
}

/** An award followed by an update of the tender stays awarded (075857-2026). */
function updatedAfterAward(story: Story, tell: Tell, random: Random): void {
  const open = call("UK4", tell, random);
  tell("UK7", daysUntil(open, open.deadline?.at ?? open.at) + 10, { awards: [award(story, "1", random)] });
  const late = tell("UK4", 2 + random() * 10, { update: true });
  late.deadline = deadlineAfter(late, 5 + random() * 20, random);
}

/** Utilities file their awards under the ocid of a qualification system: each is a procurement of its own. */
function manyBuyers(story: Story, tell: Tell, random: Random): void {
  const buyers = 2 + Math.floor(random() * 3);
  for (let buyer = 0; buyer < buyers; buyer++) {
    const number = ((story.buyers[0] ?? 0) + 101 * (buyer + 1)) % 3000;
    tell("F3", 5 + random() * 20, {
      buyer: number,
      title: `Works package ${number} of utility ${buyer + 1}`,
      awards: [award(story, String(buyer + 1), random)],
    });
  }
}

function cfTender(story: Story, tell: Tell, random: Random): void {
  const open = call("CF tender", tell, random, { guid: "tender" });
  if (random() < 0.6)
    tell("CF award", daysUntil(open, open.deadline?.at ?? open.at) + 10 + random() * 40, {
      guid: "award",
      awards: [award(story, "1", random)],
    });
}

/** About one edit in ten comes under a new guid, often minutes later: the later replaces the earlier. */
function cfTenderUnderNewGuid(_story: Story, tell: Tell, random: Random): void {
  call("CF tender", tell, random, { guid: "tender" });
  const again = tell("CF tender", random() * 0.5, { guid: "tender again" });
  again.deadline = deadlineAfter(again, 10 + random() * 30, random);
}

function cfAwardUnderNewGuid(story: Story, tell: Tell, random: Random): void {
  const wrong = award(story, "1", random);
  tell("CF award", 1, { guid: "award", awards: [wrong] });
  tell("CF award", random() * 0.5, {
    guid: "award again",
    awards: [{ ...wrong, value: Math.round(wrong.value / 100) }],
  });
}

function cfTalks(_story: Story, tell: Tell, random: Random): void {
  const talks = tell("CF planning", 1, { guid: "planning" });
  talks.talksUntil = talks.at + Math.round((10 + random() * 30) * 86_400) * SECOND_MS;
}

/** An edit under its own guid: a new revision, with another deadline. */
function cfEdited(_story: Story, tell: Tell, random: Random): void {
  call("CF tender", tell, random, { guid: "tender" });
  const edit = tell("CF tender", 1 + random() * 4, { guid: "tender", update: true });
  edit.deadline = deadlineAfter(edit, 5 + random() * 30, random);
}
