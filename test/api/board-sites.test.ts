// What a site's client finds out about each kind of site, and that it reads what was held there: on the replica, in a clock
// of its own.
import { describe, expect, it } from "vitest";
import type { HttpOptions } from "../../src/platform/effects.ts";
import { TransportError } from "../../src/platform/effects.ts";
import { USER_AGENT } from "../../src/platform/worker-effects.ts";
import { TRAPS, type Trap } from "../../src/replica/moderngov/made-up.ts";
import { createBoardReplica } from "../../src/replica/moderngov/replica.ts";
import { deliveryOf } from "../../src/sim/board-network.ts";
import { createClient, type SiteClient } from "../../src/sources/board-minutes/client.ts";
import { asDay } from "../../src/sources/board-minutes/days.ts";
import { needsPrinted } from "../../src/sources/board-minutes/documents.ts";
import { findListing, listMeetings } from "../../src/sources/board-minutes/listing.ts";
import { readMeeting } from "../../src/sources/board-minutes/meetings.ts";
import { readPrinted } from "../../src/sources/board-minutes/printed.ts";

const NOW = Date.parse("2026-03-20T12:00:00Z");
const ORIGIN = "http://replica.example";

function worldOf(trap: Trap) {
  const replica = createBoardReplica({
    ...{ seed: 7, sites: 1, traps: [trap] },
    ...{ from: new Date("2025-01-01"), to: new Date("2026-06-01") },
  });
  let now = NOW;
  const sent: { at: number; url: string; options: HttpOptions }[] = [];
  const get = async (url: string, options: HttpOptions) => {
    sent.push({ at: now, url, options });
    const { ms, answer } = deliveryOf(replica, { url, options, now });
    now += ms;
    if (answer instanceof TransportError) throw answer;
    return answer;
  };
  const client = createClient({
    ...{ site: "replica.example/s00", baseUrl: `${ORIGIN}/s00`, via: "GET", slow: false, robotsText: null },
    ...{ contact: "mailto:people@example.org", effects: { get, now: () => new Date(now) } },
    remainingMs: () => 3_600_000,
    wait: async (ms) => {
      now += ms;
    },
    hold: async () => undefined,
    tally: { requests: 0, answers: 0, refusals: 0, retries: 0 },
  });
  return { replica, client, sent, now: () => now };
}

const day = (text: string) => asDay(text) ?? expect.fail(text);
const YEAR = { from: day("2025-03-20"), to: day("2026-04-20") };

async function foundBy(client: SiteClient): Promise<string> {
  try {
    const { listing } = await findListing(client, YEAR);
    return listing ? `${listing.operation} of ${listing.committees} by ${client.via}` : "nothing";
  } catch (error) {
    return `${Reflect.get(Object(error), "state")}`;
  }
}

describe("a site is probed", () => {
  it.each<[Trap, string]>([
    ["plain", "GetAllMeetingsByDate of 0 by GET"],
    ["minus one", "GetAllMeetingsByDate of -1 by GET"],
    ["no list by date", "GetMeetings of 0 by GET"],
    ["one by one", "GetMeetings of each by GET"],
    ["SOAP only", "GetAllMeetingsByDate of 0 by SOAP"],
    ["firewall", "blocked"],
    ["forbidden", "blocked"],
    ["silent", "unknown"],
    ["disallowed", "disallowed"],
    ["slow", "GetAllMeetingsByDate of 0 by GET"],
    ["flaky", "GetAllMeetingsByDate of 0 by GET"],
    ["gone", "unknown"],
  ])("%s: %s", async (trap, expected) => {
    expect(await foundBy(worldOf(trap).client)).toBe(expected);
  });

  it("one request at a time, at most one a second, under a name with a contact; a disallowed one never", async () => {
    const { client, sent } = worldOf("one by one");
    await foundBy(client);
    const gaps = sent.slice(1).map(({ at }, before) => at - (sent[before]?.at ?? 0));
    expect(gaps.length).toBeGreaterThan(5);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
    expect(new Set(sent.map(({ options }) => options.headers?.["User-Agent"]))).toEqual(
      new Set([`${USER_AGENT.split(" ")[0]} (+mailto:people@example.org)`]),
    );
    const disallowed = worldOf("disallowed");
    await foundBy(disallowed.client);
    expect(disallowed.sent.map(({ url }) => url)).toEqual([`${ORIGIN}/robots.txt`]);
  });
});

const READABLE = TRAPS.filter(
  (trap) => !["firewall", "forbidden", "silent", "disallowed", "gone"].includes(trap),
);

describe("what was held is read", () => {
  it.each(READABLE)("of a site that is %s", async (trap) => {
    const { client, replica, now } = worldOf(trap);
    const { listing } = await findListing(client, YEAR);
    const listed = await listMeetings(client, listing ?? expect.fail("nothing"), YEAR);
    const truth = replica
      .truth("s00", { base: `${ORIGIN}/s00`, now: NOW })
      .filter(({ day }) => day >= YEAR.from && day <= YEAR.to);
    const known = ({ id, day: held, committeeId }: { id: string; day: string; committeeId: string }) =>
      `${held} ${id} ${committeeId}`;
    expect(listed.map(known).sort()).toEqual(truth.map(known).sort());
    expect(truth.length).toBeGreaterThan(30);
    for (const one of truth.filter(({ minutes }) => minutes !== null).slice(-8)) {
      const read = readMeeting(await client.ask({ operation: "GetMeeting", meeting: one.id }), one.id);
      if (read.kind !== "read") return expect.fail(read.why);
      expect(needsPrinted(read.value)).toBe(one.minutes !== "items");
      if (one.minutes === "items") continue;
      const place = { baseUrl: `${ORIGIN}/s00`, committeeId: one.committeeId, meetingId: one.id };
      const printed = await readPrinted(client, place);
      expect(printed?.url).toContain(`documents/g${one.id}/`);
      expect(printed?.text.status).toBe(one.minutes === "scan" ? "failed" : "extracted");
      if (printed?.text.status === "extracted")
        for (const said of one.says) expect(printed.text.text).toContain(said);
    }
    expect(now()).toBeGreaterThan(NOW);
  });
});
