// The history of Contracts Finder: notices, their edits under new revisions, drafts that were numbered early.
import { type Published, published, type Stage, type ToldHistoryOptions } from "./published.ts";
import { type Random, weighted } from "./random.ts";
import { tagsOfCf } from "./stories/cf-bodies.ts";
import { guidOf as guidFor } from "./stories/stories.ts";

const pickStage = weighted([
  ["planning", 5],
  ["tender", 48],
  ["award", 46],
  ["implementation", 1],
] as const);
const EDITED_TAGS: Partial<Record<Stage, readonly string[]>> = {
  tender: ["tenderAmendment"],
  award: ["awardUpdate"],
};
const FIRST_TAGS: Record<Stage, readonly string[]> = {
  planning: ["planning"],
  tender: ["tender"],
  award: ["award"],
  implementation: ["implementation"],
};
const EDIT_SHARE = 0.32; // 610,000 notices, 900,000 revisions
const DRAFT_SHARE = 0.01; // a recorded page has 819603 between 819946 and 819945: numbered as a draft, published later
const DRAFTS_KEPT = 3;

interface Notice {
  guid: string;
  ocid: string;
  stage: Stage;
}

export function contractsFinderHistory(
  options: ToldHistoryOptions,
  times: Float64Array,
  random: Random,
): Published[] {
  const notices: Notice[] = [];
  const drafts: number[] = [];
  const rows: Published[] = [];
  let newest = 100_000;
  times.forEach((at) => {
    newest += 1 + Math.floor(random() * 3);
    const telling = options.tellingAt(at);
    if (telling) {
      const { story, guid: name = "notice" } = telling;
      const place = {
        ocid: story.ocid,
        releaseId: `${guidFor(`${story.ocid} ${name}`)}-${newest}`,
        number: newest,
      };
      const tags = tagsOfCf(telling);
      const [stage = "tender"] = STAGES.filter((one) => tags[0]?.startsWith(one));
      rows.push({ ...published(options, at, random, { ...place, stage, tags, noticeType: null }), telling });
      return;
    }
    // Edits are mostly of recent notices.
    const recent = Math.floor(notices.length - 1 - random() ** 2 * Math.min(notices.length, 3000));
    const edited = random() < EDIT_SHARE ? notices[recent] : undefined;
    const notice = edited ?? newNotice(random, notices[notices.length - Math.ceil(random() * 500)]);
    if (!edited) notices.push(notice);
    const draft = !edited && drafts.length >= DRAFTS_KEPT ? drafts.shift() : undefined;
    if (random() < DRAFT_SHARE) drafts.push(newest++);
    const number = draft ?? newest;
    const { guid, ocid, stage } = notice;
    const tags = (edited && EDITED_TAGS[stage]) ?? FIRST_TAGS[stage];
    const place = { ocid, releaseId: `${guid}-${number}`, number };
    rows.push(published(options, at, random, { ...place, stage, tags, noticeType: null }));
  });
  return rows;
}

const STAGES = ["planning", "tender", "award"] as const;

function newNotice(random: Random, earlier: Notice | undefined): Notice {
  const guid = guidOf(random);
  const stage = pickStage(random);
  // One process can have several notices: its tender, then its award.
  const follows = stage === "award" && earlier && random() < 0.4;
  return { guid, stage, ocid: follows ? earlier.ocid : `ocds-b5fd17-${guidOf(random)}` };
}

// Written into bytes and read at once: a million guids put together from pieces would take three times the memory.
const guidBytes = Buffer.alloc(36, "-");
const GUID_DIGITS = [...guidBytes.keys()].filter((at) => ![8, 13, 18, 23].includes(at));
const HEX = Buffer.from("0123456789abcdef");

function guidOf(random: Random): string {
  let bits = 0;
  GUID_DIGITS.forEach((at, digit) => {
    bits = digit % 8 === 0 ? Math.floor(random() * 2 ** 32) : bits >>> 4;
    guidBytes[at] = HEX[bits & 15] ?? 0;
  });
  guidBytes.write("4", 14);
  guidBytes.write("a", 19);
  return guidBytes.toString("latin1");
}
