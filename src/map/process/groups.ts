// Which notices of one ocid are one procurement. Utilities file their awards under the ocid of another's qualification system
// (ocds-h6vhtk-02874c: 29 buyers), so notices go together that share a buyer, or the title.
import { titleKey } from "./notice.ts";
import type { ToldNotice } from "./told.ts";

/** Each group in the order of its notices, the groups in the order of their first. */
export function groupsOf(ordered: readonly ToldNotice[]): ToldNotice[][] {
  const links = linksOf(ordered);
  const roots = new Map<number, ToldNotice[]>();
  const orphans: { notice: ToldNotice; title: string | undefined }[] = [];
  const byTitle = new Map<string, ToldNotice[]>();
  const rooted = ordered.map((notice, at) => {
    if (notice.buyerId === undefined) return null;
    const group = roots.get(links.find(at)) ?? [];
    roots.set(links.find(at), group);
    group.push(notice);
    const title = titleKey(notice);
    if (title !== undefined) byTitle.set(title, group);
    return group;
  });
  // What names no buyer, as a cancellation does, goes on with what has its title, else with what came last before it.
  let latest: ToldNotice[] | undefined;
  const first = rooted.find((group) => group !== null);
  ordered.forEach((notice, at) => {
    latest = rooted[at] ?? latest;
    if (notice.buyerId !== undefined) return;
    const title = titleKey(notice);
    const group = (title === undefined ? undefined : byTitle.get(title)) ?? latest ?? first;
    if (group) group.push(notice);
    else orphans.push({ notice, title });
  });
  const groups = [...roots.values()];
  if (groups.length === 0 && orphans.length > 0) return [orphans.map(({ notice }) => notice)];
  return groups;
}

/** Two utilities may have bought "Cables" under one qualification system: under the old regime a title tells nothing of awards. */
function isApart({ stage, noticeType, told }: ToldNotice): boolean {
  return stage === "AWARD" && noticeType === undefined && told?.tender === undefined;
}

/** Notices that share a buyer or a title, joined. */
function linksOf(notices: readonly ToldNotice[]): { find: (at: number) => number } {
  const parents = notices.map((_, at) => at);
  const find = (at: number): number => {
    let root = at;
    while (parents[root] !== undefined && parents[root] !== root) root = parents[root] ?? root;
    let here = at;
    while (here !== root) {
      const next = parents[here] ?? root;
      parents[here] = root;
      here = next;
    }
    return root;
  };
  const known = new Map<string, number>();
  notices.forEach((notice, at) => {
    if (notice.buyerId === undefined) return;
    const title = isApart(notice) ? undefined : titleKey(notice);
    const keys = [notice.buyerId, ...(notice.jointBuyerIds ?? [])].map((id) => `buyer ${String(id)}`);
    for (const key of title === undefined ? keys : [...keys, `title ${title}`]) {
      const other = known.get(key);
      if (other === undefined) known.set(key, at);
      else {
        const [a, b] = [find(other), find(at)];
        parents[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  return { find };
}
