// What a database of board minutes lacks, or has wrong, against the truth of the replica's sites.
import type { Db } from "mongodb";
import type { BoardReplica, TrueMeeting } from "../replica/moderngov/replica.ts";
import type { BoardDocument } from "../sources/board-minutes/records.ts";
import { boardDocuments } from "../sources/board-minutes/store.ts";

export interface Seen {
  /** The site's address, as it stands in windows. */
  site: string;
  key: string;
  base: string;
}

/** A line for each meeting, minutes or attachment that is missing, and for each document that should not be so. */
export async function boardDifferences(
  db: Db,
  boards: BoardReplica,
  options: {
    sites: Seen[];
    from: string;
    to: string;
    now: number;
    /** What came out after it may not have been read yet. */
    publishedBefore?: number;
  },
): Promise<string[]> {
  const { sites, from, to, now, publishedBefore = now } = options;
  const lines: string[] = [];
  for (const { site, key, base } of sites) {
    const documents = await boardDocuments(db).find({ site }).toArray();
    const byMeeting = Map.groupBy(documents, ({ meetingId }) => meetingId);
    const addresses = new Set(documents.map(({ sourceUrl }) => sourceUrl));
    if (addresses.size < documents.length) lines.push(`${site}: an address stands twice`);
    const before = new Map(
      boards.truth(key, { base, now: publishedBefore }).map((meeting) => [meeting.id, meeting]),
    );
    for (const meeting of boards.truth(key, { base, now })) {
      if (meeting.day < from || meeting.day > to) continue;
      if (JSON.stringify(before.get(meeting.id)) !== JSON.stringify(meeting)) continue;
      const own = byMeeting.get(meeting.id) ?? [];
      lines.push(
        ...lacking(meeting, own, addresses).map((what) => `${site} ${meeting.day} ${meeting.id}: ${what}`),
      );
    }
  }
  return lines;
}

function lacking(meeting: TrueMeeting, own: BoardDocument[], addresses: Set<string>): string[] {
  const minutes = own.filter(({ documentType }) => documentType === "minutes");
  const lines = meeting.attachments.filter((one) => !addresses.has(one)).map((one) => `without ${one}`);
  if (!own.some(({ documentType }) => documentType === "agenda")) return [...lines, "it is not there"];
  const [first] = minutes;
  if (minutes.length > 1) lines.push("its minutes are there twice");
  if (meeting.minutes === null)
    return minutes.length > 0 ? [...lines, "it has minutes that are not out"] : lines;
  if (!first) return [...lines, "its minutes are missing"];
  const status = meeting.minutes === "scan" ? "failed" : "extracted";
  if (first.extractionStatus !== status)
    lines.push(`its minutes are ${first.extractionStatus}, not ${status}`);
  const text = first.textContent ?? "";
  if (status === "extracted" && !meeting.says.every((said) => text.includes(said)))
    lines.push("its text is another");
  return lines;
}
