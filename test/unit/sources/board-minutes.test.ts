// Board minutes, pure: what a site's answers say and what becomes of them, on made-up and recorded answers.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makePdf } from "../../../src/replica/moderngov/pdf.ts";
import { asDay, clockOf, dayOf, instantOf } from "../../../src/sources/board-minutes/days.ts";
import {
  documentId,
  documentsOf,
  type MappedDocument,
} from "../../../src/sources/board-minutes/documents.ts";
import { judgeAnswer } from "../../../src/sources/board-minutes/judge.ts";
import { readCommittees, readMeeting, readMeetings } from "../../../src/sources/board-minutes/meetings.ts";
import { pdfText } from "../../../src/sources/board-minutes/pdf.ts";
import { readRobots } from "../../../src/sources/board-minutes/robots.ts";
import { baseUrlOf, requestFor, siteOf } from "../../../src/sources/board-minutes/service.ts";
import { oneLine, plainText } from "../../../src/sources/board-minutes/text.ts";
import { printedMinutesLink, secure } from "../../../src/sources/board-minutes/urls.ts";
import { type Element, rootOf } from "../../../src/sources/board-minutes/xml.ts";
import { CORPUS } from "../../kit/corpus.ts";

const MODERNGOV = join(CORPUS, "moderngov");
const recorded = (name: string) => root(readFileSync(join(MODERNGOV, name), "utf8"));
const day = (text: string) => asDay(text) ?? expect.fail(`${text} is not a day`);

function root(text: string): Element {
  return rootOf(text) ?? expect.fail("this is not XML");
}

const list = (rows: string, count: number) =>
  root(
    `<getmeetingsbydate><meetingscount> ${count}</meetingscount><meetings>${rows}</meetings></getmeetingsbydate>`,
  );
const row = (id: string, date: string) =>
  `<meeting><meetingid>${id}</meetingid><meetingdate>${date}</meetingdate><meetingstatus>Confirmed</meetingstatus>` +
  "<meetingtime>10.00 am</meetingtime><committeeid>144</committeeid><committeetitle>Audit</committeetitle></meeting>";
const march = { from: day("2026-03-01"), to: day("2026-03-31") };

describe("a list of meetings", () => {
  it("is read, one meeting or several", () => {
    const one = readMeetings(list(row("7", "02/03/2026"), 1), march);
    expect(one).toMatchObject({ kind: "read", value: [{ id: "7", day: "2026-03-02", committeeId: "144" }] });
    const empty = root(
      "<getmeetings><meetingscount> 0</meetingscount><committeescount> 0</committeescount></getmeetings>",
    );
    expect(readMeetings(empty, march)).toEqual({ kind: "read", value: [] });
  });

  it.each([
    ["more rows than it counts", list(row("7", "02/03/2026") + row("8", "03/03/2026"), 1)],
    ["no count", root("<getmeetingsbydate><meetings/></getmeetingsbydate>")],
    ["a day that was not asked for: the date was ignored", list(row("7", "02/03/2019"), 1)],
    ["an American date", list(row("7", "03/31/2026"), 1)],
    ["an ISO date", list(row("7", "2026-03-02"), 1)],
    ["a meeting without an id", list(row("", "02/03/2026"), 1)],
    ["as many rows as lists are cut at", list(row("7", "02/03/2026").repeat(5000), 5000)],
  ])("is not believed with %s", (_, given) => {
    expect(readMeetings(given, march).kind).toBe("not believed");
  });
});

describe("an answer", () => {
  const question = { operation: "GetMeeting", meeting: "7" } as const;
  const answer = (status: number, body: string) =>
    judgeAnswer(question, {
      ...{ status, contentType: null, retryAfter: null, location: null },
      body: new TextEncoder().encode(body),
    }).kind;
  it.each([
    ["answered", 200, '\ufeff<?xml version="1.0"?><meeting><meetingid>7</meetingid></meeting>'],
    [
      "answered",
      200,
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetMeetingResponse><GetMeetingResult><meeting/></GetMeetingResult></GetMeetingResponse></s:Body></s:Envelope>',
    ],
    [
      "blocked",
      200,
      '<html><head><META NAME="ROBOTS"></head><iframe src="/_Incapsula_Resource?x=1"></iframe></html>',
    ],
    ["blocked", 403, "<title>Just a moment...</title>"],
    ["no service", 404, "not here"],
    ["no service", 200, "<!DOCTYPE html><html><title>Welcome</title></html>"],
    ["no service", 302, ""],
    ["no service", 500, "GetMeeting Web Service method name is not valid."],
    ["GET is off", 500, "Request format is unrecognized for URL unexpectedly ending in '/GetMeeting'."],
    ["trouble", 500, "Missing parameter: lMeetingId."],
    ["trouble", 200, ""],
    ["trouble", 200, "<meeting><meetingid>7</meetingid>"],
    ["trouble", 200, "<getmeetings/>"],
    ["trouble", 503, "Service Unavailable"],
    ["wait", 429, ""],
  ])("means %s with status %i", (kind, status, body) => {
    expect(answer(status, body)).toBe(kind);
  });

  it("is about the meeting that was asked for", () => {
    const other = root("<meeting><meetingid>8</meetingid><meetingdate>02/03/2026</meetingdate></meeting>");
    expect(readMeeting(other, "7").kind).toBe("not believed");
    expect(readMeeting(root("<meeting/>"), "7").kind).toBe("not believed");
  });
});

describe("a request", () => {
  it("has every parameter by GET, and the service's own namespace by SOAP", () => {
    const dates = { from: "01/03/2026", to: "31/03/2026" };
    const question = { operation: "GetAllMeetingsByDate" as const, committee: "0", ...dates };
    expect(requestFor("https://a.example", question, "GET").url).toBe(
      "https://a.example/mgWebService.asmx/GetAllMeetingsByDate?lCommitteeId=0&sFromDate=01%2F03%2F2026&sToDate=31%2F03%2F2026&bIsAscendingDateOrder=true",
    );
    const soap = requestFor("https://a.example", question, "SOAP");
    expect(soap.headers["SOAPAction"]).toBe('"http://moderngov.co.uk/namespaces/GetAllMeetingsByDate"');
    expect(soap.body).toContain('<GetAllMeetingsByDate xmlns="http://moderngov.co.uk/namespaces">');
  });

  it.each([
    ["democracy.example.gov.uk", "https://democracy.example.gov.uk"],
    ["https://www.example.gov.uk/moderngov/", "https://www.example.gov.uk/moderngov"],
    ["http://d.example/mgWebService.asmx?WSDL", "http://d.example"],
    ["https://d.example/x/mgWebServiceW.asmx/GetMeetings", "https://d.example/x"],
    ["https://d.example/mgCalendarMonthView.aspx?M=1", "https://d.example"],
  ])("of %s begins with %s", (given, base) => {
    expect(baseUrlOf(given)).toBe(base);
    expect(siteOf(base)).not.toMatch(/^http|\/$/);
  });
});

describe("days and clocks", () => {
  it.each([
    ["13/01/2026", "2026-01-13"],
    [" 1/2/2026 ", "2026-02-01"],
    ["30/02/2026", null],
    ["2026-01-13", null],
    ["01/13/2026", null],
  ])("%s is %s", (text, expected) => expect(dayOf(text)).toBe(expected));
  it.each([
    ["10.00 am", "10:00"],
    ["13:30", "13:30"],
    ["6.30pm", "18:30"],
    ["7pm", "19:00"],
    ["12.00 pm", "12:00"],
    ["12.15 a.m.", "00:15"],
    ["12 noon", "12:00"],
    ["Noon", "12:00"],
    ["7", "07:00"],
    ["on rising of the Cabinet", null],
    ["25:00", null],
    ["", null],
  ])("%s is %s o'clock", (text, expected) => expect(clockOf(text)).toBe(expected));
  it("is London's", () => {
    expect(instantOf(day("2026-07-01"), "10.00 am").toISOString()).toBe("2026-07-01T09:00:00.000Z");
    expect(instantOf(day("2026-01-13"), "").toISOString()).toBe("2026-01-13T00:00:00.000Z");
  });
});

describe("text", () => {
  it.each([
    ["Children&#39;s Services &amp; Education", "Children's Services & Education"],
    ["<p>One</p><p>Two&nbsp;&pound;3</p>", "One\n\nTwo £3"],
    ["&lt;p&gt;Escaped once more&lt;/p&gt;", "Escaped once more"],
    ["a < b and c > d", "a < b and c > d"],
    ["<style>p {color: red}</style><p>Read <a href='x'>this</a></p>", "Read this"],
    ["<ul><li>first</li><li>second</li></ul>", "* first\n* second"],
    ["\n  ", ""],
  ])("%s", (html, text) => expect(plainText(html)).toBe(text));
  it("is one line in titles", () => expect(oneLine("<div>A\n title</div>")).toBe("A title"));
});

describe("addresses", () => {
  it("finds the printed minutes on the meeting's page, whatever stands in the href", () => {
    const place = { baseUrl: "http://d.example/mg", committeeId: "1", meetingId: "42" };
    const html =
      '<a href="documents/g42/Agenda.pdf?T=0">A</a><a href="documents/g421/Printed.pdf?T=1">B</a>' +
      '<a class="x" href="documents/g42/Printed minutes 1st\n Mar.pdf?T=1&amp;CT=2">C</a>';
    const found = printedMinutesLink(html, place);
    expect(secure(found ?? "")).toBe(
      "https://d.example/mg/documents/g42/Printed%20minutes%201st%20Mar.pdf?T=1&CT=2",
    );
    expect(printedMinutesLink('<a href="documents/g42/x.pdf?T=10">pack</a>', place)).toBeNull();
  });
  it("obeys robots.txt for its own name and for all", () => {
    const robots = readRobots("https://d.example/mg", "User-agent: *\nDisallow: /mg/\nCrawl-delay: 5");
    expect(robots.allows("https://d.example/mg/mgWebService.asmx")).toBe(false);
    expect(robots.allows("https://d.example/other")).toBe(true);
    expect(robots.pauseMs).toBe(5000);
    expect(readRobots("https://d.example", "").allows("https://d.example/x")).toBe(true);
  });
});

describe("a PDF", () => {
  it("has its text, page by page", async () => {
    const lines = Array.from({ length: 100 }, (_, at) => `Line ${at} of the minutes (item ${at})`);
    const read = await pdfText(makePdf(lines));
    expect(read).toMatchObject({ status: "extracted" });
    if (read.status === "extracted") expect(read.text.split("\n").filter(Boolean)).toEqual(lines);
  });
  it("says why it has none", async () => {
    expect(await pdfText(makePdf(null, 4))).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/4 pages.*scan/),
    });
    expect(await pdfText(new TextEncoder().encode("<html>login</html>"))).toMatchObject({
      status: "failed",
      reason: "what came is not a PDF",
    });
    expect(await pdfText(new TextEncoder().encode("%PDF-1.4 broken"))).toMatchObject({ status: "failed" });
    expect(await pdfText(new Uint8Array(9 * 1024 * 1024))).toMatchObject({ status: "failed" });
  });
});

describe.skipIf(!existsSync(MODERNGOV))("the recorded answers", () => {
  const span = { from: day("2026-01-01"), to: day("2026-02-28") };

  function mapped(name: string, id: string): MappedDocument[] {
    const meetings = readMeetings(recorded("manchester-getmeetings-144.xml"), span);
    const meeting = readMeeting(recorded(name), id);
    if (meetings.kind !== "read" || meeting.kind !== "read") return expect.fail("not believed");
    const listed = meetings.value.find((one) => one.id === id) ?? expect.fail("not listed");
    const site = "democracy.manchester.gov.uk";
    return documentsOf({
      ...{ site, baseUrl: `https://${site}`, listed },
      meeting: meeting.value,
      today: day("2026-03-01"),
    });
  }

  it("lists committees and meetings", () => {
    const committees = readCommittees(recorded("manchester-getcommittees.xml"));
    expect(committees).toMatchObject({
      kind: "read",
      value: [
        { id: "312", title: "Appointment Sub Committee for Director of Adult Social Services" },
        { id: "163", title: "Art Galleries Committee", deleted: false },
        { id: "144", title: "Audit Committee", deleted: false },
      ],
    });
  });

  it("become minutes, agenda and reports that a person would recognise", () => {
    const [agenda, minutes, ...reports] = mapped("manchester-getmeeting-4967-minutes.xml", "4967");
    expect(minutes).toMatchObject({
      _id: documentId("democracy.manchester.gov.uk", "4967", "minutes"),
      title: "Minutes: Audit Committee, 2026-02-10",
      committeeId: "144",
      committeeName: "Audit Committee",
      meetingDate: new Date("2026-02-10T10:00:00Z"),
      meetingStatus: "Confirmed",
      documentType: "minutes",
      sourceUrl: "https://democracy.manchester.gov.uk/ieListDocuments.aspx?CId=144&MId=4967#minutes",
    });
    expect(minutes?.text).toEqual({
      status: "extracted",
      text: [
        "Audit Committee\n10/02/2026, 10.00 am\nCouncil Antechamber, Level 2, Town Hall Extension",
        "1. Minutes",
        "To approve the minutes of the meeting held on 25 November 2025 as a correct record.",
        "9. Work Programme",
        "The Committee considered a report of the Governance and Scrutiny Support Unit which set out its future Work Programme for the remainder of 2025/26 municipal year.",
      ].join("\n\n"),
    });
    expect(agenda).toMatchObject({ documentType: "agenda", text: { status: "extracted" } });
    expect(reports.map(({ documentType, title, sourceUrl }) => [documentType, title, sourceUrl])).toEqual([
      [
        "report", // the previous meeting's minutes
        "6 - CHAIR APPROVED Minutes Audit Committee 25 Nov 2025",
        "https://democracy.manchester.gov.uk/mgConvert2PDF.aspx?ID=60860",
      ],
      ["report", "DRAFT WP FEBRUARY 2026", "https://democracy.manchester.gov.uk/mgConvert2PDF.aspx?ID=60909"],
    ]);
  });

  it("say that a cancelled meeting has published nothing", () => {
    expect(mapped("manchester-getmeeting-4966-cancelled.xml", "4966")).toMatchObject([
      { documentType: "agenda", meetingStatus: "Cancelled", text: { status: "failed" } },
    ]);
  });
});
