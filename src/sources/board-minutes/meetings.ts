// What the service's answers say, read and checked: a list is believed only when its count and every date fit what was
// asked, because a date in the wrong form brings the whole history and a wrong name looks like "no meetings". Pure.
import { type Day, dayOf } from "./days.ts";
import { oneLine } from "./text.ts";
import { children, count, type Element, field, flag, listed } from "./xml.ts";

export interface Committee {
  id: string;
  title: string;
  deleted: boolean;
}

export interface ListedMeeting {
  id: string;
  day: Day;
  time: string;
  status: string;
  committeeId: string;
  committeeTitle: string;
}

export interface AgendaItem {
  /** As the meeting's page numbers it; empty for a heading. */
  number: string;
  title: string;
  agendaHtml: string;
  minutesHtml: string;
  decisionHtml: string;
  minutesPublished: boolean | null;
  decisionPublished: boolean | null;
  restricted: boolean;
  shown: boolean;
  documents: LinkedDocument[];
}

export interface LinkedDocument {
  id: string;
  title: string;
  isUrl: boolean;
  url: string;
  restricted: boolean;
  publishedOn: Day | null;
}

export interface Meeting {
  id: string;
  day: Day;
  time: string;
  status: string;
  location: string;
  shown: boolean;
  agendaPublished: boolean;
  minutesPublished: boolean;
  present: string[];
  items: AgendaItem[];
}

export type Read<T> = { kind: "read"; value: T } | { kind: "not believed"; why: string };

const not = (why: string) => ({ kind: "not believed", why }) as const;

/** Answers are cut here without a word (Senedd). */
const ROWS_MAX = 5000;

export function readCommittees(root: Element): Read<Committee[]> {
  const rows = children(root, "committee");
  const said = count(root, "committeescount");
  if (said !== rows.length) return not(`it counts ${said ?? "nothing"} and lists ${rows.length} committees`);
  const value = rows.map((row) => ({
    id: field(row, "committeeid"),
    title: oneLine(field(row, "committeetitle")),
    deleted: flag(row, "committeedeleted") === true,
  }));
  return value.every(({ id }) => isId(id)) ? { kind: "read", value } : not("a committee has no id");
}

/** The meetings of `GetMeetings` or `GetAllMeetingsByDate`, all of days from `from` to `to`. */
export function readMeetings(root: Element, { from, to }: { from: Day; to: Day }): Read<ListedMeeting[]> {
  const rows = rowsOf(root);
  const said = count(root, "meetingscount");
  if (said !== rows.length) return not(`it counts ${said ?? "nothing"} and lists ${rows.length} meetings`);
  if (rows.length >= ROWS_MAX) return not(`${rows.length} meetings: lists are cut at ${ROWS_MAX}`);
  const value: ListedMeeting[] = [];
  for (const { row, committee } of rows) {
    const id = field(row, "meetingid");
    const text = field(row, "meetingdate");
    const day = dayOf(text);
    if (!isId(id) || !day) return not(`a meeting has the id "${id}" and the date "${text}"`);
    if (day < from || day > to)
      return not(`it lists a meeting of ${day}, asked for was ${from} to ${to}: dates are ignored`);
    value.push({
      ...{ id, day, time: field(row, "meetingtime"), status: oneLine(field(row, "meetingstatus")) },
      committeeId: field(row, "committeeid") || field(committee ?? row, "committeeid"),
      committeeTitle: oneLine(field(row, "committeetitle") || field(committee ?? row, "committeetitle")),
    });
  }
  return { kind: "read", value: distinct(value) };
}

function rowsOf(root: Element): { row: Element; committee: Element | null }[] {
  if (root.localName === "getmeetingsbydate")
    return listed(root, "meetings", "meeting").map((row) => ({ row, committee: null }));
  return children(root, "committee").flatMap((committee) =>
    listed(committee, "committeemeetings", "meeting").map((row) => ({ row, committee })),
  );
}

function distinct(meetings: ListedMeeting[]): ListedMeeting[] {
  return [...new Map(meetings.map((meeting) => [meeting.id, meeting])).values()];
}

export function readMeeting(root: Element, id: string): Read<Meeting> {
  const said = field(root, "meetingid");
  if (said !== id) return not(`it is about meeting "${said}", asked for was ${id}`);
  const day = dayOf(field(root, "meetingdate"));
  if (!day) return not(`its date is "${field(root, "meetingdate")}"`);
  const value: Meeting = {
    ...{ id, day, time: field(root, "meetingtime"), status: oneLine(field(root, "meetingstatus")) },
    location: oneLine(field(root, "meetinglocation")),
    shown: flag(root, "isdisplayallowed") !== false,
    agendaPublished: flag(root, "agendapublished") === true,
    minutesPublished: flag(root, "minutepublished") === true,
    present: listed(root, "attendees", "attendee")
      .filter((one) => /^present/i.test(one.getAttribute("attendance") ?? ""))
      .map((one) => oneLine(one.getAttribute("name") ?? ""))
      .filter((name) => name !== ""),
    items: listed(root, "agendaitems", "agendaitem").map(readItem),
  };
  return { kind: "read", value };
}

function readItem(item: Element): AgendaItem {
  const number = field(item, "agendaitemnumber");
  return {
    number: number === "0" ? "" : oneLine(field(item, "fulldisplaynumberformat")) || number,
    title: oneLine(field(item, "agendaitemtitle")),
    agendaHtml: field(item, "agendatext"),
    minutesHtml: field(item, "minutesnonemptyhtmlbody"),
    decisionHtml: field(item, "decisionnonemptyhtmlbody"),
    minutesPublished: flag(item, "isminutepublished"),
    decisionPublished: flag(item, "isdecisionpublished"),
    restricted: flag(item, "isrestricted") === true,
    shown: flag(item, "isdisplayallowed") !== false,
    documents: listed(item, "linkeddocuments", "linkeddoc").map((one) => ({
      id: field(one, "attachmentid"),
      title: oneLine(field(one, "title")),
      isUrl: flag(one, "isurl") === true,
      url: field(one, "url"),
      restricted: flag(one, "isrestricted") === true,
      publishedOn: dayOf(field(one, "publicationdate")),
    })),
  };
}

function isId(text: string): boolean {
  return /^\d+$/.test(text);
}
