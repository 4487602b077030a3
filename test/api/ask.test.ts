// The clients of both APIs against msw: each fault of the facts, asked for as the Worker asks.
import { gzipSync } from "node:zlib";
import { delay, HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { pageUrl, type Question } from "../../src/fetch/api.ts";
import { type Asker, ask, askUrl } from "../../src/fetch/ask.ts";
import type { Pacer } from "../../src/fetch/pacer.ts";
import { TransportError } from "../../src/platform/effects.ts";
import { BODY_BYTES_MAX, workerEffects } from "../../src/platform/worker-effects.ts";
import type { Source } from "../../src/replica/sources.ts";
import { ApiError, DeadlineReached } from "../../src/terms/errors.ts";
import { APIS } from "../kit/apis.ts";
import { fixture } from "../kit/fixtures.ts";
import { question } from "../kit/pages.ts";

const ORIGINS: Record<Source, string> = {
  FIND_A_TENDER: "https://fat.example",
  CONTRACTS_FINDER: "https://cf.example",
};
const asked = question("2026-06-01T00:00:00", "2026-06-30T23:59:59");
const server = setupServer();
const requests: Request[] = [];

beforeAll(() => server.listen());
afterEach(() => {
  server.resetHandlers();
  requests.length = 0;
});
afterAll(() => server.close());

type Reply = () => Response | Promise<Response>;

/** Answers the requests in turn; the last answer stays. */
function answering(source: Source, ...replies: Reply[]): void {
  let at = 0;
  server.use(
    http.get(`${ORIGINS[source]}/*`, ({ request }) => {
      requests.push(request);
      return (replies[Math.min(at++, replies.length - 1)] as Reply)();
    }),
  );
}

interface Watched {
  asker: Asker;
  waits: number[];
  refusals: number[];
}

/** An asker whose waits are noted and not waited. */
function asker(source: Source, options: { remainingMs?: number; cooldownSeconds?: number } = {}): Watched {
  const [waits, refusals]: [number[], number[]] = [[], []];
  const pacer: Pacer = {
    slot: async () => undefined,
    refused: async (ms) => {
      refusals.push(ms);
    },
    answered: async () => undefined,
    intervalMs: () => 10_000,
  };
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  return {
    waits,
    refusals,
    asker: {
      api: APIS[source],
      origin: ORIGINS[source],
      effects: { ...workerEffects, now: () => new Date("2026-06-01T12:00:00Z"), random: () => 0.5 },
      pacer,
      cooldownSeconds: options.cooldownSeconds ?? null,
      remainingMs: () => options.remainingMs ?? 700_000,
      wait,
      tally: { requests: 0, refusals: 0, retries: 0, answers: 0 },
    },
  };
}

const page: Reply = () => HttpResponse.json(JSON.parse(fixture("page.json")));
const text =
  (status: number, body: string, headers: Record<string, string> = {}): Reply =>
  () =>
    new HttpResponse(body, { status, headers });

describe("a request", () => {
  it("asks Find a Tender in London's time, without a cursor, and says who asks", async () => {
    answering("FIND_A_TENDER", page);
    const { asker: one } = asker("FIND_A_TENDER");
    expect((await ask(one, asked)).kind).toBe("page");
    expect(requests[0]?.url).toBe(
      "https://fat.example/api/1.0/ocdsReleasePackages?updatedFrom=2026-06-01T00:00:00&updatedTo=2026-06-30T23:59:59&limit=100",
    );
    expect(requests[0]?.headers.get("user-agent")).toContain("tendhunt-data-sync");
  });

  it("asks Contracts Finder lane by lane", () => {
    const lane: Question = { ...asked, stage: "tender" };
    expect(pageUrl(APIS.CONTRACTS_FINDER, "https://cf.example", lane)).toBe(
      "https://cf.example/Published/Notices/OCDS/Search?publishedFrom=2026-06-01T00:00:00&publishedTo=2026-06-30T23:59:59&limit=100&stages=tender",
    );
  });
});

describe("a refusal", () => {
  it.each([
    [
      "429 with seconds",
      "FIND_A_TENDER",
      text(429, fixture("rate-limit.txt"), { "retry-after": "77" }),
      77_000,
    ],
    [
      "429 with a date",
      "FIND_A_TENDER",
      text(429, "", { "retry-after": "Mon, 01 Jun 2026 12:01:30 GMT" }),
      90_000,
    ],
    ["429 without a header", "FIND_A_TENDER", text(429, fixture("rate-limit.txt")), 120_000],
    ["429 with a header of nonsense", "FIND_A_TENDER", text(429, "", { "retry-after": "soon" }), 120_000],
    ["429 with a day", "FIND_A_TENDER", text(429, "", { "retry-after": "86400" }), 3_600_000],
    ["403 of Contracts Finder", "CONTRACTS_FINDER", text(403, fixture("forbidden.html")), 300_000],
  ] as const)("by %s is waited out by the pacer, and the page comes", async (_, source, refusal, waitMs) => {
    answering(source, refusal, page);
    const { asker: one, refusals } = asker(source);
    expect((await ask(one, asked)).kind).toBe("page");
    expect(refusals).toEqual([waitMs]);
    expect(one.tally).toEqual({ requests: 2, refusals: 1, retries: 0, answers: 1 });
  });

  it("that names no wait takes COOLDOWN_SECONDS where that is set", async () => {
    answering("CONTRACTS_FINDER", text(403, ""), page);
    const { asker: one, refusals } = asker("CONTRACTS_FINDER", { cooldownSeconds: 5 });
    await ask(one, asked);
    expect(refusals).toEqual([5000]);
  });
});

describe("trouble", () => {
  it.each([
    ["500", text(500, "")],
    ["503", text(503, "<html>")],
    ["504", text(504, "")],
    ["an empty body", text(200, "")],
    ["a reset", () => HttpResponse.error()],
    ["a body that ends early, once", text(200, fixture("truncated.txt"))],
  ])("by %s is asked again", async (_, reply) => {
    answering("FIND_A_TENDER", reply, page);
    const { asker: one, waits } = asker("FIND_A_TENDER");
    expect((await ask(one, asked)).kind).toBe("page");
    expect(one.tally).toMatchObject({ requests: 2, retries: 1 });
    expect(waits).toEqual([5000]);
  });

  it("that stays ends after a bounded number of tries, with growing waits, and says what it was", async () => {
    answering("FIND_A_TENDER", text(503, ""));
    const { asker: one, waits } = asker("FIND_A_TENDER");
    const answer = ask(one, asked);
    await expect(answer).rejects.toThrow(ApiError);
    await expect(answer).rejects.toMatchObject({
      kind: "broken",
      message: expect.stringContaining("status 503"),
    });
    expect(requests).toHaveLength(6);
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 80_000]);
  });

  it("is not waited for beyond the deadline", async () => {
    answering("FIND_A_TENDER", text(503, ""));
    const { asker: one, waits } = asker("FIND_A_TENDER", { remainingMs: 4000 });
    await expect(ask(one, asked)).rejects.toThrow(DeadlineReached);
    expect(waits).toEqual([]);
  });

  it("by a maintenance page with status 200 is trouble like a 503", async () => {
    answering("FIND_A_TENDER", text(200, fixture("forbidden.html")));
    const { asker: one } = asker("FIND_A_TENDER");
    await expect(ask(one, asked)).rejects.toMatchObject({ kind: "broken", facts: { attempts: 6 } });
    expect(one.tally).toMatchObject({ requests: 6, answers: 0 });
  });

  it("by no connection six times says so", async () => {
    const { asker: one } = asker("FIND_A_TENDER");
    const get = async () => {
      throw new TransportError("getaddrinfo ENOTFOUND fat.example", { timedOut: false });
    };
    const cut = ask({ ...one, effects: { ...one.effects, get } }, asked);
    await expect(cut).rejects.toMatchObject({ kind: "unreachable" });
  });

  it("by a page that cannot be read, twice, asks for less", async () => {
    answering("FIND_A_TENDER", text(200, '{"uri":"u","releases":[{"ocid":"o","id":"1'));
    const { asker: one } = asker("FIND_A_TENDER");
    expect(await ask(one, asked)).toMatchObject({ kind: "unreadable", reason: expect.any(String) });
    expect(requests).toHaveLength(2);
  });

  it("by something that is not a package of releases is trouble, like a 503", async () => {
    answering("FIND_A_TENDER", text(200, fixture("forbidden.html")), page);
    const { asker: one } = asker("FIND_A_TENDER");
    expect(await ask(one, asked)).toMatchObject({ kind: "page" });
    expect(requests).toHaveLength(2);
  });

  it.each([
    ["as it is", (body: Uint8Array<ArrayBuffer>) => new HttpResponse(body)],
    [
      "packed",
      (body: Uint8Array<ArrayBuffer>) =>
        new HttpResponse(gzipSync(body), { headers: { "content-encoding": "gzip" } }),
    ],
  ])("of more bytes than a page can have, %s, is read no further, and asks for less", async (_how, reply) => {
    const body = new Uint8Array(3 * BODY_BYTES_MAX).fill(0x20);
    body.set(new TextEncoder().encode('{"releases":['));
    answering("CONTRACTS_FINDER", () => reply(body));
    const answer = await ask(asker("CONTRACTS_FINDER").asker, asked);
    expect(answer).toMatchObject({ kind: "unreadable", reason: "the answer has more than 8000000 bytes" });
    expect(answer.kind === "unreadable" && answer.body.length).toBe(BODY_BYTES_MAX);
    expect(requests).toHaveLength(2);
  });

  it("by a release that is not valid JSON, twice, leaves the page whole, and its text as evidence", async () => {
    answering("FIND_A_TENDER", text(200, fixture("broken-release.txt")));
    const { asker: one } = asker("FIND_A_TENDER");
    const rawText = expect.stringContaining('"id":"000001-2026"');
    expect(await ask(one, asked)).toMatchObject({
      kind: "page",
      page: { rows: [{ releaseId: "000001-2026", broken: { rawText } }], unidentified: [] },
    });
    expect(requests).toHaveLength(2);
  });

  it("by an answer that does not come in time, three times, asks for less", async () => {
    answering("FIND_A_TENDER", async () => {
      await delay(200);
      return HttpResponse.json({});
    });
    const { asker: one } = asker("FIND_A_TENDER");
    const hasty = { ...one.effects, get: (url: string) => workerEffects.get(url, { timeoutMs: 20 }) };
    expect(await ask({ ...one, effects: hasty }, asked)).toMatchObject({ kind: "too slow" });
    expect(requests).toHaveLength(3);
  });

  it.each([
    ["400", text(400, fixture("unknown-parameter.json"))],
    ["401", text(401, "")],
    ["a redirect", text(302, "", { location: "https://elsewhere.example" })],
  ])("by %s is a wrong question: it is not asked again", async (_, reply) => {
    answering("FIND_A_TENDER", reply);
    const { asker: one } = asker("FIND_A_TENDER");
    await expect(ask(one, asked)).rejects.toMatchObject({
      kind: "rejected",
      message: expect.stringContaining("FAT_API_URL"),
    });
    expect(requests).toHaveLength(1);
  });
});

describe("a page", () => {
  it.each([
    ["bare zeros", "bare-zeros.txt", { tender: { value: { amount: 0 } } }],
    ["1e9999", "infinity.txt", { tender: { value: { amount: Number.POSITIVE_INFINITY } } }],
  ])("with %s is read", async (_, name, release) => {
    answering("FIND_A_TENDER", text(200, fixture(name)));
    const answer = await ask(asker("FIND_A_TENDER").asker, asked);
    expect(answer.kind === "page" && answer.page.rows[0]?.release).toMatchObject(release);
  });

  it("in windows-1252 is read", async () => {
    const latin = Uint8Array.from(Buffer.from(fixture("page.json").replace("Roof", "Café"), "latin1"));
    answering("CONTRACTS_FINDER", () => new HttpResponse(latin));
    const answer = await ask(asker("CONTRACTS_FINDER").asker, asked);
    expect(answer.kind === "page" && JSON.stringify(answer.page.rows[0]?.release)).toContain("Café");
  });

  it("of an id that nobody knows is not found, as 404 and as an empty page", async () => {
    const { asker: one } = asker("FIND_A_TENDER");
    const url = `${ORIGINS.FIND_A_TENDER}/api/1.0/ocdsReleasePackages/000001-2026`;
    answering("FIND_A_TENDER", text(404, fixture("not-found.json")));
    expect((await askUrl(one, url)).kind).toBe("not found");
    answering("FIND_A_TENDER", text(200, fixture("no-releases.json")));
    expect(await askUrl(one, url)).toMatchObject({ kind: "page", page: { rows: [] } });
  });
});
