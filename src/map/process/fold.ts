// The notices of one ocid → its procurements, with what each notice is as things stand. Pure, and the same in whatever order
// the notices are handed in: they are folded in the order of publication. Linear in their number: some ocids have thousands.
import { groupsOf } from "./groups.ts";
import { publishedAt } from "./notice.ts";
import { Story } from "./story.ts";
import type { Procurement, ToldNotice } from "./told.ts";

export function foldOcid(notices: readonly ToldNotice[], now: Date): Procurement[] {
  const ordered = [...notices].sort(byPublication);
  const groups = ordered.length === 1 ? [ordered] : groupsOf(ordered);
  return groups.map((group) => {
    const story = new Story();
    for (const notice of group.sort(byPublication)) story.tell(notice);
    return story.asOf(now);
  });
}

function byPublication(a: ToldNotice, b: ToldNotice): number {
  const later = Number(publishedAt(a)) - Number(publishedAt(b));
  if (later !== 0 || a.noticeId === b.noticeId) return later;
  return a.noticeId < b.noticeId ? -1 : 1;
}
