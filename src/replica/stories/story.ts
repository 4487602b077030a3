// A procurement as its buyer lives it: what it publishes, when, and what each notice says. Bodies are made from this, and so
// is the truth (replica/truth); neither from the other.

/** FaT: the Act's notices by number, the old regime's tender, award and correction (F14); CF: its three kinds. */
export type NoticeKind =
  | (
      | "UK2"
      | "UK3"
      | "UK4"
      | "UK5"
      | "UK6"
      | "UK7"
      | "UK10"
      | "UK11"
      | "UK12"
      | "UK13"
      | "UK14"
      | "UK15"
      | "UK16"
    )
  | ("F2" | "F3" | "F14")
  | ("CF planning" | "CF tender" | "CF award");

export interface StoryAward {
  /** Its own, over all notices that tell it. */
  key: string;
  /** As the release has it: ids repeat. */
  id: string;
  value: number;
  supplier: number;
  /** Further firms of a framework. */
  others?: number[];
}

export interface Telling {
  story: Story;
  kind: NoticeKind;
  /** ms, whole seconds. */
  at: number;
  /** A later version, a correction, an edit. */
  update?: boolean;
  /** Until when one can bid, as this notice says; `day`: without a clock, so to its end. */
  deadline?: { at: number; day: boolean };
  /** Until when one can speak to the buyer. */
  talksUntil?: number;
  awards?: StoryAward[];
  /** The buyer who tells, where it is not the story's first. */
  buyer?: number;
  title?: string;
  /** CF: which notice of the story this is a revision of; another one is an edit under a new guid. */
  guid?: string;
  /** How an F14 writes the section that it corrects. */
  section?: string;
}

export interface Story {
  ocid: string;
  source: "FIND_A_TENDER" | "CONTRACTS_FINDER";
  seed: number;
  /** The first tells; all buy. */
  buyers: number[];
  value: number;
  isFramework: boolean;
  isMarket: boolean;
  /** The framework that it is called off from. */
  framework: string | null;
  tenderId: string;
  /** Where it is not what its ocid brings with it. */
  title?: string;
  /** The ocid under which the other site tells the same procurement. */
  twin?: string;
  tellings: Telling[];
}
