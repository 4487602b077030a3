// Procurements over a span of time: each with its own ocid, buyers, value and script.
import { createRandom, hash } from "../random.ts";
import type { Source } from "../sources.ts";
import { tellStory } from "./scripts.ts";
import { sharedBy, shareStory, tellShared } from "./shared.ts";
import type { Story, Telling } from "./story.ts";

const CALL_OFF_SHARE = 0.06; // of Find a Tender's, once there is a framework

export interface StoriesOptions {
  source: Source;
  seed: number;
  from: Date;
  to: Date;
  stories: number;
}

/** What is told within the span, by the second in which it is published. */
export function tellingsOf(options: StoriesOptions): Map<number, Telling[]> {
  const { from, to } = options;
  const bySecond = new Map<number, Telling[]>();
  for (const telling of createStories(options).flatMap(({ tellings }) => tellings)) {
    if (telling.at < from.getTime() || telling.at >= to.getTime()) continue;
    const others = bySecond.get(telling.at);
    if (others) others.push(telling);
    else bySecond.set(telling.at, [telling]);
  }
  return bySecond;
}

function createStories(options: StoriesOptions): Story[] {
  const { source, seed, from, to, stories } = options;
  const frameworks: string[] = [];
  return Array.from({ length: stories }, (_, index) => {
    const random = createRandom(hash(`${seed} ${source} story ${index}`));
    const called = source === "FIND_A_TENDER" && random() < CALL_OFF_SHARE;
    const story: Story = {
      ocid: ocidOf(source, seed, index),
      source,
      seed: Math.floor(random() * 2 ** 31),
      buyers: [Math.floor(random() ** 3 * 3000)],
      value: Math.round(10 ** (4 + random() * 3)),
      isFramework: false,
      isMarket: false,
      framework: called ? (frameworks.at(-1) ?? null) : null,
      tenderId: `tender_${index}/${seed}`,
      tellings: [],
    };
    const shared = sharedBy(source, index, options);
    if (shared) {
      if (!shared.lookalike) story.twin = ocidOf(other(source), seed, index);
      const start = shareStory(story, shared, random);
      tellStory(story, start, random, (_, tell) => tellShared(story, shared, { tell, random }));
      return story;
    }
    const start = from.getTime() + random() * (to.getTime() - from.getTime()) * 0.8;
    tellStory(story, Math.floor(start / 1000) * 1000, random);
    if (story.isFramework) frameworks.push(story.ocid);
    return story;
  });
}

const other = (source: Source): Source => (source === "FIND_A_TENDER" ? "CONTRACTS_FINDER" : "FIND_A_TENDER");

function ocidOf(source: Source, seed: number, index: number): string {
  if (source === "CONTRACTS_FINDER") return `ocds-b5fd17-${guidOf(`${seed} ${index}`)}`;
  return `ocds-h6vhtk-f${(seed * 100_000 + index).toString(16).slice(-5).padStart(5, "0")}`;
}

/** The same text, the same guid. */
export function guidOf(text: string): string {
  const digits = [0, 1, 2, 3].map((part) => hash(`${text} ${part}`).toString(16).padStart(8, "0")).join("");
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}
