// A replica of ModernGov's web service with the ways in which it misleads, and the truth of what was held and published.
// Sites are folders of one origin: `/s07/mgWebService.asmx`.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import * as answers from "./answers.ts";
import { dayAt, type MadeMeeting, type MadeSite, makeSite, TRAPS, type Trap } from "./made-up.ts";
import { makePdf } from "./pdf.ts";

export interface BoardRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string;
  now: number;
}

export interface BoardAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  transport?: { kind: "slow"; ms: number } | { kind: "truncated" } | { kind: "reset" };
}

export interface BoardReplicaOptions {
  seed: number;
  sites: number;
  from: Date;
  to: Date;
  meetingsPerMonth?: number;
  /** By site, in turn; all of them when it is left out. */
  traps?: readonly Trap[];
  /** What a call of a slow site takes. */
  slowMs?: number;
  /** Printed minutes have so many pages of text. */
  printedPages?: number;
}

/** A meeting as it stands, and where its minutes are. */
export interface TrueMeeting {
  id: string;
  day: string;
  committeeId: string;
  cancelled: boolean;
  minutes: "items" | "PDF" | "scan" | null;
  /** What the text of the minutes says, without markup. */
  says: string[];
  /** Addresses, as they must be stored. */
  attachments: string[];
}

export interface BoardReplica {
  sites: readonly MadeSite[];
  handle(request: BoardRequest): BoardAnswer;
  truth(key: string, options: { base: string; now: number }): TrueMeeting[];
  /** Requests by site, and the shortest time between two of one site, and how often two were open at once. */
  stats(): { requests: Record<string, number>; shortestGapMs: number };
}

const HTML = { "content-type": "text/html" };
const TEXT = { "content-type": "text/plain; charset=utf-8" };

export function createBoardReplica(options: BoardReplicaOptions): BoardReplica {
  const { seed, from, to, meetingsPerMonth = 4, traps = TRAPS, slowMs = 40_000, printedPages = 1 } = options;
  const sites = Array.from({ length: options.sites }, (_, at) => {
    const key = `s${String(at).padStart(2, "0")}`;
    return makeSite({ key, trap: traps[at % traps.length] ?? "plain", seed, from, to, meetingsPerMonth });
  });
  const byKey = new Map(sites.map((site) => [site.key, site]));
  const requests: Record<string, number> = {};
  const lastAt = new Map<string, number>();
  let shortestGapMs = Number.POSITIVE_INFINITY;
  return {
    sites,
    handle(request) {
      const { pathname, origin } = new URL(request.url);
      if (pathname === "/robots.txt") return text(200, robotsOf(sites), TEXT);
      const [, key = "", ...rest] = pathname.split("/");
      const site = byKey.get(key);
      if (!site) return text(404, "<title>Not found</title>", HTML);
      requests[key] = (requests[key] ?? 0) + 1;
      shortestGapMs = Math.min(shortestGapMs, request.now - (lastAt.get(key) ?? Number.NEGATIVE_INFINITY));
      lastAt.set(key, request.now);
      const at = { site, base: `${origin}/${key}`, rest: rest.join("/"), request, printedPages };
      return trapped(at, { slowMs, nth: requests[key] ?? 0 }) ?? answerOf(at);
    },
    truth: (key, at) => (byKey.get(key)?.meetings ?? []).map((meeting) => trueMeeting(meeting, at)),
    stats: () => ({ requests, shortestGapMs }),
  };
}

interface At {
  site: MadeSite;
  base: string;
  /** The path below the site's folder. */
  rest: string;
  request: BoardRequest;
  printedPages: number;
}

function robotsOf(sites: MadeSite[]): string {
  const disallowed = sites.filter(({ trap }) => trap === "disallowed").map(({ key }) => `Disallow: /${key}/`);
  return ["User-agent: *", ...disallowed].join("\n");
}

function text(status: number, body: string, headers: Record<string, string>): BoardAnswer {
  return { status, headers, body: new TextEncoder().encode(body) };
}

const INCAPSULA =
  '<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"></head><body>' +
  '<iframe src="/_Incapsula_Resource?CWUDNSAI=9&incident_id=0" width="100%">Request unsuccessful.</iframe></body></html>';

/** What a site answers that does not let the service through; null: it does. */
function trapped(at: At, { slowMs, nth }: { slowMs: number; nth: number }): BoardAnswer | null {
  switch (at.site.trap) {
    case "firewall":
      return text(200, INCAPSULA, HTML);
    case "forbidden":
      return text(403, "<html><title>Just a moment...</title></html>", HTML);
    case "silent":
      return { ...text(200, "", HTML), transport: { kind: "slow", ms: HOUR_MS } };
    case "gone":
      return text(404, "<html><title>404 - File or directory not found.</title></html>", HTML);
    case "slow":
      return { ...answerOf(at), transport: { kind: "slow", ms: slowMs } };
    case "flaky":
      return brokenNow(at, nth);
    default:
      return null;
  }
}

/** Every seventh answer is broken, in one way after the other; the next is whole again. */
function brokenNow(at: At, nth: number): BoardAnswer | null {
  if (nth % 7 !== 3) return null;
  switch (Math.floor(nth / 7) % 4) {
    case 0:
      return text(500, "System.InvalidOperationException: Thread was being aborted.", TEXT);
    case 1:
      return { ...answerOf(at), transport: { kind: "truncated" } };
    case 2:
      return { ...answerOf(at), transport: { kind: "reset" } };
    default:
      return text(200, "", { "content-type": "text/xml; charset=utf-8" });
  }
}

function answerOf(at: At): BoardAnswer {
  const { rest, request } = at;
  if (/^mgWebService\.asmx(?:\/|$)/i.test(rest)) return serviceAnswer(at);
  const query = new URL(request.url).searchParams;
  if (/^ieListDocuments\.aspx$/i.test(rest)) {
    const meeting = meetingOf(at.site, query.get("MId"));
    return meeting
      ? text(200, answers.meetingPageHtml(meeting, request.now), HTML)
      : text(404, "<title>Not found</title>", HTML);
  }
  return documentAnswer(at, query);
}

/** The printed minutes by `T=1`; the same number without it is an attachment's. */
function documentAnswer({ site, rest, request, printedPages }: At, query: URLSearchParams): BoardAnswer {
  const [, folder] = /^documents\/g(\d+)\//i.exec(rest) ?? [];
  const converted = /^mgConvert2PDF\.aspx$/i.test(rest) ? query.get("ID") : null;
  const meeting = meetingOf(site, folder ?? converted);
  const isMinutes = query.get("T") === "1" && meeting?.minutesAt && request.now >= meeting.minutesAt;
  const pdf = { "content-type": "application/pdf" };
  if (isMinutes && meeting) {
    const lines = meeting.minutesIn === "scan" ? null : answers.printedLines(meeting, printedPages);
    return { status: 200, headers: pdf, body: makePdf(lines, 3) };
  }
  if (converted === null) return text(404, "<title>Not found</title>", HTML);
  return {
    status: 200,
    headers: pdf,
    body: makePdf([`Attachment ${converted}, which is another document.`]),
  };
}

function meetingOf(site: MadeSite, id: string | null): MadeMeeting | undefined {
  return site.meetings.find((meeting) => String(meeting.id) === id);
}

const NAMESPACE = "http://moderngov.co.uk/namespaces";

function serviceAnswer(at: At): BoardAnswer {
  const { site, request, rest } = at;
  const asked = new URL(request.url);
  if (request.method === "POST") {
    const action = request.headers["soapaction"] ?? request.headers["SOAPAction"] ?? "";
    const [, operation = ""] = new RegExp(`^"?${NAMESPACE}/(\\w+)"?$`).exec(action) ?? [];
    if (!operation || !request.body.includes(`<${operation} xmlns="${NAMESPACE}">`))
      return text(
        500,
        "<soap:Fault>Server did not recognize the value of HTTP Header SOAPAction</soap:Fault>",
        TEXT,
      );
    const fields = [...request.body.matchAll(/<(l\w+|s\w+Date|b\w+)>([^<]*)</g)];
    const parameters = new Map(fields.map(([, name = "", value = ""]) => [name, value]));
    const inner = operationXml(at, operation, parameters);
    if (typeof inner !== "string") return inner;
    return xml(
      `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><${operation}Response xmlns="${NAMESPACE}">` +
        `<${operation}Result>${inner}</${operation}Result></${operation}Response></soap:Body></soap:Envelope>`,
    );
  }
  if (site.trap === "SOAP only")
    return text(500, "Request format is unrecognized for URL unexpectedly ending in '/GetMeeting'.", TEXT);
  const bare = operationXml(at, rest.split("/")[1] ?? "", new Map(asked.searchParams));
  return typeof bare === "string" ? xml(bare) : bare;
}

function xml(inner: string): BoardAnswer {
  return text(200, `<?xml version="1.0" encoding="utf-8"?>\n${inner}`, {
    "content-type": "text/xml; charset=utf-8",
  });
}

const PARAMETERS: Record<string, string[]> = {
  GetCommittees: [],
  GetMeetings: ["lCommitteeId", "sFromDate", "sToDate"],
  GetAllMeetingsByDate: ["lCommitteeId", "sFromDate", "sToDate", "bIsAscendingDateOrder"],
  GetMeeting: ["lMeetingId"],
};

function operationXml(at: At, operation: string, given: Map<string, string>): string | BoardAnswer {
  const { site, base, request } = at;
  const wanted =
    site.trap === "no list by date" && operation === "GetAllMeetingsByDate"
      ? undefined
      : PARAMETERS[operation];
  if (!wanted) return text(500, `${operation} Web Service method name is not valid.`, TEXT);
  const missing = wanted.find((name) => !given.has(name));
  if (missing) return text(500, `System.InvalidOperationException: Missing parameter: ${missing}.`, TEXT);
  const { now } = request;
  if (operation === "GetCommittees") return answers.committeesXml(site.committees);
  if (operation === "GetMeeting") {
    const meeting = meetingOf(site, given.get("lMeetingId") ?? "");
    const http = base.replace(/^https:/, "http:"); // some sites say http
    return meeting ? answers.meetingXml(site, meeting, { base: http, now }) : "<meeting></meeting>";
  }
  const meetings = listed(site, given, now);
  return operation === "GetMeetings"
    ? answers.byCommitteeXml(meetings, now)
    : answers.byDateXml(meetings, now);
}

const ROWS_MAX = 5000;

function listed(site: MadeSite, given: Map<string, string>, now: number): MadeMeeting[] {
  const committee = given.get("lCommitteeId") ?? "";
  const [from, to] = [given.get("sFromDate"), given.get("sToDate")].map((one) => dayIn(one ?? ""));
  const all = site.trap === "minus one" ? "-1" : site.trap === "one by one" ? null : "0";
  return site.meetings
    .filter((meeting) => {
      if (committee !== all && String(meeting.committee.id) !== committee) return false;
      const day = dayAt(meeting, now);
      // A date in another form is accepted and ignored: the whole history comes.
      return (
        (from === null || from === undefined || day >= from) && (to === null || to === undefined || day <= to)
      );
    })
    .toSorted((a, b) => dayAt(a, now) - dayAt(b, now))
    .slice(0, ROWS_MAX);
}

function dayIn(date: string): number | null {
  const [, day, month, year] = /^(\d\d)\/(\d\d)\/(\d{4})$/.exec(date) ?? [];
  return day && month && year ? Date.UTC(Number(year), Number(month) - 1, Number(day)) : null;
}

function trueMeeting(meeting: MadeMeeting, { base, now }: { base: string; now: number }): TrueMeeting {
  const published = meeting.minutesAt !== null && now >= meeting.minutesAt;
  const visible = meeting.cancelled || now < meeting.agendaAt ? [] : meeting.items;
  const attachments = visible.flatMap((item) => item.attachments).filter(({ restricted }) => !restricted);
  const addresses = attachments.map(({ id, url }) => url ?? `${base}/mgConvert2PDF.aspx?ID=${id}`);
  return {
    id: String(meeting.id),
    day: new Date(dayAt(meeting, now)).toISOString().slice(0, 10),
    committeeId: String(meeting.committee.id),
    cancelled: meeting.cancelled,
    minutes: published ? meeting.minutesIn : null,
    says: published
      ? meeting.items.slice(1).map(({ minutes }) => /RESOLVED: ([^<]*)/.exec(minutes)?.[1] ?? "")
      : [],
    attachments: [...new Set(addresses)].map((address) => address.replace(/^http:/, "https:")),
  };
}
