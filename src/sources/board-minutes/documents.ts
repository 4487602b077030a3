// A meeting → its documents: the agenda (every meeting has this row, so that one to come can be found before anything is
// published), the minutes once they are out, and each attachment once, however many items it hangs on. Pure.

import { createHash } from "node:crypto";
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { ObjectId } from "mongodb";
import { type Day, instantOf, dayOf as readDay } from "./days.ts";
import type { AgendaItem, LinkedDocument, ListedMeeting, Meeting } from "./meetings.ts";
import { plainText } from "./text.ts";
import { attachmentPdf, meetingPage, minutesOnPage, secure, webAddress } from "./urls.ts";

export const DOCUMENT_TYPES = ["minutes", "agenda", "report", "board_pack"] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

export interface MappedDocument {
  _id: ObjectId;
  site: string;
  meetingId: string;
  title: string;
  meetingDate: Date;
  meetingStatus: string;
  committeeId: string;
  committeeName: string;
  documentType: DocumentType;
  sourceUrl: string;
  text: DocumentText;
}

export type DocumentText =
  | { status: "extracted"; text: string }
  /** Not read, or not there yet. */
  | { status: "pending" }
  | { status: "failed"; reason: string };

export interface MeetingOfSite {
  site: string;
  baseUrl: string;
  listed: ListedMeeting;
  meeting: Meeting;
  /** Today in London: what is still to come may still be published. */
  today: Day;
  /** The minutes' PDF, where their text is in no item. */
  printed?: { url: string; text: DocumentText };
}

/** The same document has the same id, wherever and whenever it is read. */
export function documentId(site: string, meetingId: string, document: string): ObjectId {
  const hash = createHash("sha256").update(`${site}/${meetingId}/${document}`).digest();
  return new ObjectId(hash.subarray(0, 12));
}

export function documentsOf(of: MeetingOfSite): MappedDocument[] {
  const { meeting } = of;
  const attachments = new Map<string, MappedDocument>();
  for (const item of meeting.items) {
    if (!item.shown) continue;
    for (const linked of item.documents) {
      const document = attachmentOf(of, linked);
      if (document && !attachments.has(document.sourceUrl)) attachments.set(document.sourceUrl, document);
    }
  }
  const minutes = minutesOf(of);
  return [agendaOf(of), ...(minutes ? [minutes] : []), ...attachments.values()];
}

function common({ site, listed, meeting }: MeetingOfSite) {
  return {
    site,
    meetingId: meeting.id,
    meetingDate: instantOf(meeting.day, meeting.time),
    meetingStatus: meeting.status,
    committeeId: listed.committeeId,
    committeeName: listed.committeeTitle,
  };
}

function placeOf({ baseUrl, listed, meeting }: MeetingOfSite) {
  return { baseUrl, committeeId: listed.committeeId, meetingId: meeting.id };
}

function titleOf(what: string, { listed, meeting }: MeetingOfSite): string {
  return `${what}: ${listed.committeeTitle}, ${meeting.day}`;
}

export const isCancelled = (status: string) => /\b(?:cancelled|canceled|abandoned|withdrawn)\b/i.test(status);

/** Meetings are read again for so long: minutes come days to weeks later (api clients re-read 4 to 13 weeks). */
export const REREAD_DAYS = 91;

function agendaOf(of: MeetingOfSite): MappedDocument {
  const { site, meeting, today } = of;
  const id = documentId(site, meeting.id, "agenda");
  const entry = { ...common(of), _id: id, title: titleOf("Agenda", of), documentType: "agenda" as const };
  const text = meeting.agendaPublished && meeting.shown ? agendaText(of) : "";
  const over = isCancelled(meeting.status) || daysBetween(meeting.day, today) > REREAD_DAYS;
  const nothing: DocumentText = over
    ? { status: "failed", reason: `nothing was published: the meeting is "${meeting.status}"` }
    : { status: "pending" };
  const read: DocumentText = text ? { status: "extracted", text } : nothing;
  return { ...entry, sourceUrl: secure(meetingPage(placeOf(of))), text: read };
}

function minutesOf(of: MeetingOfSite): MappedDocument | null {
  const { site, meeting, printed } = of;
  if (!meeting.minutesPublished || !meeting.shown) return null;
  const id = documentId(site, meeting.id, "minutes");
  const entry = { ...common(of), _id: id, title: titleOf("Minutes", of), documentType: "minutes" as const };
  if (!needsPrinted(meeting)) {
    const text: DocumentText = { status: "extracted", text: minutesText(of) };
    return { ...entry, sourceUrl: secure(minutesOnPage(placeOf(of))), text };
  }
  if (printed) return { ...entry, sourceUrl: secure(printed.url), text: printed.text };
  return { ...entry, sourceUrl: secure(minutesOnPage(placeOf(of))), text: { status: "pending" } };
}

/** The minutes are out, but no item has their text: they are only a PDF. */
export function needsPrinted(meeting: Meeting): boolean {
  const { minutesPublished, shown, items } = meeting;
  return minutesPublished && shown && !items.some((item) => saidOf(item) !== "");
}

function attachmentOf(of: MeetingOfSite, linked: LinkedDocument): MappedDocument | null {
  const { baseUrl, site, meeting } = of;
  if (linked.restricted) return null; // its link is a login
  const own = linked.isUrl || !linked.id ? null : attachmentPdf(baseUrl, linked.id);
  const address = webAddress(linked.url, `${baseUrl}/`) ?? own;
  if (!address) return null;
  const id = documentId(site, meeting.id, linked.id || address);
  const documentType = typeOf(linked.title, meeting.day);
  const title = linked.title || titleOf("Attachment", of);
  return {
    ...common(of),
    _id: id,
    title,
    documentType,
    sourceUrl: secure(address),
    text: { status: "pending" },
  };
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WRITTEN_DAY = /(\d{1,2})(?:st|nd|rd|th)?[ .\-/](?:of )?([a-z]{3})[a-z]*[ .\-/](\d{4}|\d{2})\b/i;
const NUMERIC_DAY = /(\d{1,2})[./-](\d{1,2})[./-](\d{4})/;

/** "Minutes" in a title are usually the previous meeting's, to be approved: a report to this one, unless it says this day. */
function typeOf(title: string, day: Day): DocumentType {
  if (/\b(?:board|agenda|document|reports?|public) ?packs?\b/i.test(title)) return "board_pack";
  if (/\bminutes\b/i.test(title)) return dayIn(title) === day ? "minutes" : "report";
  return /\bagenda\b/i.test(title) && !/\b(?:item|supplement)/i.test(title) ? "agenda" : "report";
}

function dayIn(title: string): Day | null {
  const [, date, name, year] = WRITTEN_DAY.exec(title) ?? [];
  const month = name ? MONTHS.indexOf(name.toLowerCase()) + 1 : 0;
  if (date && year && month > 0) return readDay(`${date}/${month}/${year.length === 2 ? `20${year}` : year}`);
  const numeric = NUMERIC_DAY.exec(title);
  return numeric ? readDay(`${numeric[1]}/${numeric[2]}/${numeric[3]}`) : null;
}

function headOf({ listed, meeting }: MeetingOfSite): string[] {
  const when = [meeting.day.split("-").reverse().join("/"), meeting.time].filter(Boolean).join(", ");
  return [listed.committeeTitle, when, meeting.location].filter((line) => line !== "");
}

function headingOf({ number, title }: AgendaItem): string {
  return [number && (/\d$/.test(number) ? `${number}.` : number), title].filter(Boolean).join(" ");
}

function agendaText(of: MeetingOfSite): string {
  const items = of.meeting.items.filter(({ shown }) => shown);
  if (items.length === 0) return "";
  const parts = items.map((item) => [headingOf(item), item.restricted ? "" : plainText(item.agendaHtml)]);
  return [headOf(of).join("\n"), ...parts.map(paragraphs)].filter(Boolean).join("\n\n");
}

function minutesText(of: MeetingOfSite): string {
  const { items, present } = of.meeting;
  const attended = present.length > 0 ? `Present: ${present.join(", ")}` : "";
  const parts = items
    .filter((item) => item.shown && (saidOf(item) !== "" || item.title !== ""))
    .map((item) => [headingOf(item), saidOf(item)]);
  return [headOf(of).join("\n"), attended, ...parts.map(paragraphs)].filter(Boolean).join("\n\n");
}

/** What the minutes say under an item, as far as it is published. */
function saidOf(item: AgendaItem): string {
  if (item.restricted || !item.shown) return "";
  const minutes = item.minutesPublished === false ? "" : plainText(item.minutesHtml);
  const decision = item.decisionPublished === true ? plainText(item.decisionHtml) : "";
  if (decision === "" || minutes.includes(decision)) return minutes;
  return paragraphs([minutes, `Decision:\n${decision}`]);
}

function paragraphs(parts: string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

function daysBetween(a: Day, b: Day): number {
  return (Date.parse(b) - Date.parse(a)) / DAY_MS;
}
