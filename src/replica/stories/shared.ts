// Procurements that a buyer publishes on both sites, as was the law above the thresholds until the Procurement Act, and some of
// one site alone that look like them. Each site's story is made by itself from what both know.
import { buyerNumbered, themeOf } from "../made-up.ts";
import { createRandom, hash, pick, type Random } from "../random.ts";
import type { Source } from "../sources.ts";
import { awardAfter, type Tell } from "./scripts.ts";
import type { Story } from "./story.ts";

const PROCUREMENT_ACT_MS = Date.UTC(2025, 1, 24);
const SHARED_SHARE = 0.2; // of a site's stories
const MOVED_SHARE = 0.15; // of deadlines: the buyer says it on one site alone
const LOOKALIKES = 0.5; // of Contracts Finder's, for each that is on both

/** What both sites say, each in its own way. */
export interface Shared {
  /** Its number among those of its history. */
  number: number;
  buyer: number;
  title: string;
  value: number;
  start: number;
  deadline: number;
  /** Of this one, a procurement of its own that looks like it. */
  lookalike: boolean;
}

interface Span {
  seed: number;
  from: Date;
  to: Date;
  stories: number;
}

/** What the site's story of this number shares with the other site; null for most, and for all that begin under the Act. */
export function sharedBy(source: Source, index: number, { seed, from, to, stories }: Span): Shared | null {
  const until = Math.min(to.getTime(), PROCUREMENT_ACT_MS);
  const span = until - from.getTime();
  const both = Math.floor(stories * SHARED_SHARE);
  const alike = source === "CONTRACTS_FINDER" ? Math.floor(both * LOOKALIKES) : 0;
  if (span <= 0 || index >= both + alike) return null;
  const number = index % both;
  const random = createRandom(hash(`${seed} both ${number}`));
  const start = Math.floor((from.getTime() + random() * span * 0.9) / 1000) * 1000;
  return {
    number,
    buyer: Math.floor(random() ** 3 * 300),
    title: themeOf(`${seed} both ${number}`).title,
    value: Math.round(10 ** (5 + random() * 2)),
    start,
    deadline: start + Math.round((15 + random() * 30) * 86_400) * 1000,
    lookalike: index >= both,
  };
}

/** The story as this site has it; @returns when it begins */
export function shareStory(story: Story, shared: Shared, random: Random): number {
  story.buyers = [shared.buyer];
  story.title = shared.title;
  story.value = shared.value;
  if (story.source === "FIND_A_TENDER") return shared.start;
  if (shared.lookalike) lookAlike(story, shared, random);
  else {
    if (random() < 0.3) story.value = Math.round(shared.value / 1000) * 1000;
    story.title = retold(shared, random);
  }
  return shared.start + Math.round(random() * 2 * 86_400) * 1000;
}

/** As a clerk types it the second time. */
function retold({ title, buyer }: Shared, random: Random): string {
  const { name } = buyerNumbered(buyer);
  return pick(random, [
    title,
    title,
    title.toUpperCase(),
    `${name} - ${title}`,
    `REF${Math.floor(random() * 9000)} ${title}`,
    `Provision of ${title.toLowerCase()} for ${name}`,
    title.replace(/^\S+ /, ""),
  ]);
}

/** The same words at another time and price; or the same deadline, as a buyer's portal sets them, for something else. */
function lookAlike(story: Story, shared: Shared, random: Random): void {
  story.value = Math.round(shared.value * (0.3 + random() * 0.5));
  if (random() < 0.5) shared.deadline += Math.round((3 + random() * 20) * 86_400) * 1000;
  else story.title = themeOf(`${story.ocid} another`).title;
}

export function tellShared(
  story: Story,
  shared: Shared,
  { tell, random }: { tell: Tell; random: Random },
): void {
  const onFat = story.source === "FIND_A_TENDER";
  const open = tell(onFat ? "F2" : "CF tender", 0, onFat ? {} : { guid: "tender" });
  open.deadline = { at: shared.deadline, day: !onFat && random() < 0.3 };
  if (onFat && random() < MOVED_SHARE) {
    const f14 = tell("F14", 1 + random() * 3, { update: true, section: "IV.2.2" });
    f14.deadline = { at: shared.deadline + Math.round((2 + random() * 10) * 86_400) * 1000, day: false };
  }
  if (random() < 0.5) awardAfter({ story, tell, random }, open);
}
