// Made-up councils: committees, meetings, minutes and attachments by a seed, and when each becomes public.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { createRandom, hash, pick, type Random } from "../random.ts";

/** What a site does that misleads; each is a fact of the real service (docs/board-minutes.md). */
export const TRAPS = [
  "plain",
  "minus one", // 0 lists nothing, -1 all
  "no list by date", // GetAllMeetingsByDate is no operation
  "one by one", // neither 0 nor -1 lists anything
  "SOAP only", // GET is switched off
  "firewall", // status 200 with a page of 212 bytes
  "forbidden", // 403 "Just a moment…"
  "silent", // connects, never answers
  "disallowed", // by robots.txt
  "slow", // 30 to 90 s a call
  "flaky", // now and then a broken answer
  "PDF only", // the minutes' text is in no item; some PDFs are scans
  "two councils",
  "gone", // 404
] as const;
export type Trap = (typeof TRAPS)[number];

export interface MadeAttachment {
  id: number;
  title: string;
  restricted: boolean;
  url: string | null;
}

export interface MadeItem {
  id: number;
  number: number;
  title: string;
  minutes: string;
  attachments: MadeAttachment[];
}

export interface MadeMeeting {
  id: number;
  committee: MadeCommittee;
  /** First millisecond of its day, UTC. */
  day: number;
  time: string;
  cancelled: boolean;
  /** From then on it is on another day. */
  moved: { at: number; day: number } | null;
  agendaAt: number;
  /** Null: its minutes never come. */
  minutesAt: number | null;
  /** Where the text of the minutes is. */
  minutesIn: "items" | "PDF" | "scan";
  items: MadeItem[];
}

export interface MadeCommittee {
  id: number;
  title: string;
  expired: boolean;
}

export interface MadeSite {
  key: string;
  name: string;
  councils: string[];
  trap: Trap;
  committees: MadeCommittee[];
  meetings: MadeMeeting[];
}

const PLACES = [
  "Ashford Vale",
  "Bramley",
  "Carrick",
  "Dunmere",
  "Elmstead",
  "Farleigh",
  "Grantwick",
  "Holme Valley",
];
const COMMITTEES = [
  "Cabinet",
  "Audit Committee",
  "Planning Committee",
  "Children&#39;s Services Board",
  "Full Council",
];
const WORKS = [
  "highway resurfacing",
  "a new leisure centre",
  "school meals",
  "adult social care",
  "IT equipment",
];
const TIMES = ["10.00 am", "13:30", "6.30pm", "7pm", "12 noon"];

export interface SiteOptions {
  key: string;
  trap: Trap;
  seed: number;
  from: Date;
  to: Date;
  meetingsPerMonth: number;
}

export function makeSite({ key, trap, seed, from, to, meetingsPerMonth }: SiteOptions): MadeSite {
  const random = createRandom(seed ^ hash(key));
  const place = `${pick(random, PLACES)} ${key}`;
  const councils = trap === "two councils" ? [`${place} East`, `${place} West`] : [place];
  const committees = councils.flatMap((council, which) =>
    COMMITTEES.map((title, at) => ({
      id: 100 + which * 10 + at,
      title: councils.length > 1 && at < 4 ? `${council} ${title}` : title, // the last one is a joint committee's
      expired: at === 3,
    })),
  );
  const gaps = (DAY_MS * 30.4) / meetingsPerMonth;
  const meetings: MadeMeeting[] = [];
  for (
    let at = from.getTime() + random() * gaps, id = 1000;
    at < to.getTime();
    at += gaps * (0.5 + random()), id++
  ) {
    const day = Math.floor(at / DAY_MS) * DAY_MS;
    meetings.push(makeMeeting(random, { id, day, committee: pick(random, committees), trap }));
  }
  return {
    key,
    name: `${place} Council`,
    councils: councils.map((one) => `${one} Council`),
    trap,
    committees,
    meetings,
  };
}

function makeMeeting(
  random: Random,
  { id, day, committee, trap }: { id: number; day: number; committee: MadeCommittee; trap: Trap },
): MadeMeeting {
  const cancelled = random() < 0.06;
  const agendaAt = day - 7 * DAY_MS;
  const minutesAt = cancelled || random() < 0.05 ? null : day + (4 + random() * 60) * DAY_MS;
  const moved =
    random() < 0.05 ? { at: day - 3 * DAY_MS, day: day + Math.floor(random() * 20) * DAY_MS } : null;
  const pdf = trap === "PDF only" && random() < 0.7;
  const minutesIn = pdf ? (random() < 0.3 ? "scan" : "PDF") : "items";
  const items = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, at) => makeItem(random, { id, at }));
  // One attachment hangs on two items.
  const [first, last] = [items[0], items.at(-1)];
  if (first && last && first !== last) last.attachments.push(...first.attachments.slice(0, 1));
  return {
    id,
    committee,
    day,
    time: pick(random, TIMES),
    cancelled,
    moved,
    agendaAt,
    minutesAt,
    minutesIn,
    items,
  };
}

function makeItem(random: Random, { id, at }: { id: number; at: number }): MadeItem {
  const work = pick(random, WORKS);
  const title = at === 0 ? "Minutes" : `Procurement of ${work} &amp; related works`;
  const cost = Math.round(random() * 900 + 50) * 1000;
  const minutes =
    at === 0
      ? "<p>The minutes of the previous meeting were agreed as a correct record.</p>"
      : `<div class="WordSection1"><p>The Board&#39;s members considered a report on ${work}.</p>\n<p>RESOLVED: that spending of £${cost.toLocaleString("en-GB")} on ${work} be approved.</p></div>`;
  const attachmentId = id * 10 + at;
  const attachment = {
    id: attachmentId,
    title: at === 0 ? "Draft Minutes of the previous meeting" : `Report on ${work}`,
    restricted: random() < 0.1,
    url: random() < 0.1 ? `http://elsewhere.example.gov.uk/papers/${attachmentId}.pdf` : null,
  };
  return { id: attachmentId, number: at, title, minutes, attachments: [attachment] };
}

/** The day that the list says at `now`. */
export function dayAt(meeting: MadeMeeting, now: number): number {
  return meeting.moved && now >= meeting.moved.at ? meeting.moved.day : meeting.day;
}

export function statusAt(meeting: MadeMeeting, now: number): string {
  if (meeting.cancelled) return "Cancelled";
  return meeting.moved && now >= meeting.moved.at
    ? `Confirmed; Rescheduled from ${new Date(meeting.day).toUTCString().slice(5, 16)}`
    : "Confirmed";
}
