// The web service's answers as XML, with its ways: a blank before counts, text escaped twice, addresses with http://,
// elements that hold only a line break.

import {
  dayAt,
  type MadeCommittee,
  type MadeItem,
  type MadeMeeting,
  type MadeSite,
  statusAt,
} from "./made-up.ts";
import { LINES_PER_PAGE } from "./pdf.ts";

export const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function asDate(day: number): string {
  const [year, month, date] = new Date(day).toISOString().slice(0, 10).split("-");
  return `${date}/${month}/${year}`;
}

const truth = (value: boolean) => (value ? "True" : "False");

export function committeesXml(committees: MadeCommittee[]): string {
  const rows = committees.map(
    ({ id, title, expired }) =>
      `<committee><committeeid>${id}</committeeid><committeetitle>${escaped(title)}</committeetitle>` +
      `<committeedeleted>False</committeedeleted><committeeexpired>${truth(expired)}</committeeexpired>` +
      "<committeecategory>Governance</committeecategory></committee>",
  );
  return `<committees><committeescount> ${rows.length}</committeescount>${rows.join("")}</committees>`;
}

function meetingRow(meeting: MadeMeeting, now: number, committee: boolean): string {
  const { id, title } = meeting.committee;
  return (
    `<meeting><meetingid>${meeting.id}</meetingid><meetingdate>${asDate(dayAt(meeting, now))}</meetingdate>` +
    `<meetingstatus>${escaped(statusAt(meeting, now))}</meetingstatus><meetingtime>${meeting.time}</meetingtime>` +
    (committee ? `<committeeid>${id}</committeeid><committeetitle>${escaped(title)}</committeetitle>` : "") +
    "<iswebcast>False</iswebcast></meeting>"
  );
}

export function byDateXml(meetings: MadeMeeting[], now: number): string {
  const rows = meetings.map((meeting) => meetingRow(meeting, now, true)).join("");
  return `<getmeetingsbydate><meetingscount> ${meetings.length}</meetingscount><meetings>${rows}</meetings></getmeetingsbydate>`;
}

/** An empty range gives counts and no `committee` at all. */
export function byCommitteeXml(meetings: MadeMeeting[], now: number): string {
  const groups = Map.groupBy(meetings, ({ committee }) => committee);
  const parts = [...groups].map(
    ([{ id, title }, own]) =>
      `<committee><committeeid>${id}</committeeid><committeetitle>${escaped(title)}</committeetitle>` +
      `<committeemeetingcount> ${own.length}</committeemeetingcount><committeemeetings>` +
      `${own.map((meeting) => meetingRow(meeting, now, false)).join("")}</committeemeetings></committee>`,
  );
  return (
    `<getmeetings><meetingscount> ${meetings.length}</meetingscount><committeescount> ${groups.size}</committeescount>` +
    `${parts.join("")}</getmeetings>`
  );
}

export function meetingXml(
  site: MadeSite,
  meeting: MadeMeeting,
  { base, now }: { base: string; now: number },
): string {
  const agenda = !meeting.cancelled && now >= meeting.agendaAt;
  const minutes = meeting.minutesAt !== null && now >= meeting.minutesAt;
  const text = minutes && meeting.minutesIn === "items";
  const date = asDate(dayAt(meeting, now));
  const items = agenda ? meeting.items.map((item) => itemXml(item, { base, date, text })) : [];
  return (
    `<meeting><meetingid>${meeting.id}</meetingid><meetingdate>${date}</meetingdate>` +
    `<meetingstatus>${escaped(statusAt(meeting, now))}</meetingstatus><isdisplayallowed>True</isdisplayallowed>` +
    `<meetingtime>${meeting.time}</meetingtime><meetingactualstarttime>\n  </meetingactualstarttime>` +
    `<meetinglocation><div>Council Chamber, ${escaped(site.name)}</div></meetinglocation>` + // raw markup, as some have
    `<agendapublished>${truth(agenda)}</agendapublished><decisionpublished>False</decisionpublished>` +
    `<minutepublished>${truth(minutes)}</minutepublished><agendaitems>\n${items.join("")}\n</agendaitems>` +
    '<attendees><attendee name="Councillor A. N. Other" attendance="Present, as expected"></attendee></attendees></meeting>'
  );
}

function itemXml(
  item: MadeItem,
  { base, date, text }: { base: string; date: string; text: boolean },
): string {
  const documents = item.attachments.map(
    ({ id, title, restricted, url }) =>
      `<linkeddoc><attachmentid>${id}</attachmentid><title>${escaped(title)}</title><isurl>${truth(url !== null)}</isurl>` +
      `<url>${escaped(url ?? `${base}/mgConvert2PDF.aspx?ID=${id}`)}</url><isrestricted>${truth(restricted)}</isrestricted>` +
      `<restrictionsRef>\n</restrictionsRef><publicationdate>${date}</publicationdate></linkeddoc>`,
  );
  return (
    `<agendaitem><agendaitemid>${item.id}</agendaitemid><agendaitemtitle>${escaped(item.title)}</agendaitemtitle>` +
    `<agendatext>${escaped("<p>Report of the Director of Finance.</p>")}</agendatext>` +
    `<agendaitemnumber>${item.number}</agendaitemnumber><minutesitemnumber>${item.number}</minutesitemnumber>` +
    `<minutesnonemptyhtmlbody>${text ? escaped(item.minutes) : "\n"}</minutesnonemptyhtmlbody>` +
    `<isminutepublished>${truth(text)}</isminutepublished><isrestricted>False</isrestricted>` +
    `<isdisplayallowed>True</isdisplayallowed><linkeddocuments>${documents.join("")}</linkeddocuments></agendaitem>`
  );
}

/** The meeting's page: only here is the link to the printed minutes, with blanks and a line break in it. */
export function meetingPageHtml(meeting: MadeMeeting, now: number): string {
  const printed =
    meeting.minutesAt !== null && now >= meeting.minutesAt
      ? `<a href="documents/g${meeting.id}/Printed minutes ${asDate(meeting.day).replaceAll("/", " ")}\n.pdf?T=1">Printed minutes PDF</a>`
      : "";
  return `<!DOCTYPE html><html><head><title>Agenda</title></head><body>${printed}<a href="documents/g${meeting.id}/Public reports pack.pdf?T=10">Pack</a></body></html>`;
}

/** What the printed minutes say: lines of a PDF. */
export function printedLines(meeting: MadeMeeting, pages: number): string[] {
  const items = meeting.items.flatMap(({ title, minutes }) => [
    title.replaceAll("&amp;", "&"),
    ...minutes
      .replaceAll(/<[^>]+>/g, "")
      .replaceAll("&#39;", "'")
      .split("\n"),
  ]);
  const said = ["Minutes of the meeting", ...items];
  const more = Math.max(0, pages * LINES_PER_PAGE - said.length - 1);
  const discussion = Array.from(
    { length: more },
    (_, at) => `${at + 1}. A member asked about it; the officer replied.`,
  );
  return [...said, ...discussion, "The meeting closed at nine o'clock."];
}
