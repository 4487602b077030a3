// The pages of the built Worker: who gets in, what they answer to, what never shows. Takes about 25 s, most of it for
// 10,000 sign-ins.
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalWorker, startWorker } from "../../src/local/worker.ts";
import { METRICS_TYPE } from "../../src/report/metrics.ts";
import { statusSchema } from "../../src/report/schema.ts";
import { monthName } from "../../src/report/words.ts";
import { freshDatabase, type TestDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";
import { HOSTILE, monthsOf, setScene } from "./status-data.ts";

const builtDir = await builtWorker();

const TOKEN = "a-token-that-is-long-enough-0123456789";
const PASSWORD = "pa55word-that-must-not-leak";
/** `SIGN_INS=10000` for the long form. */
const SIGN_INS = Number(process.env["SIGN_INS"] ?? 1000);
const SCENE_NOW = new Date();
const MONTHS = monthsOf("FIND_A_TENDER", SCENE_NOW);
const MONTH = MONTHS[8] ?? ""; // the one that failed in "trouble"
const PATHS = ["/", "/status.json", "/metrics", `/windows/FIND_A_TENDER/${MONTH}`, "/quarantine", "/nothing"];

let mongo: TestDatabase;
let open: LocalWorker;
let closed: LocalWorker;
let broken: LocalWorker;
let fromBroken: Promise<Response[]>;

beforeAll(async () => {
  mongo = await freshDatabase();
  await setScene(mongo.db, "trouble", SCENE_NOW);
  const vars = { MONGODB_DB: mongo.name };
  open = await startWorker({ builtDir, vars, secrets: { MONGODB_URI: mongo.uri, STATUS_TOKEN: TOKEN } });
  closed = await startWorker({ builtDir, vars, secrets: { MONGODB_URI: mongo.uri } });
  const nowhere = `mongodb://somebody:${PASSWORD}@127.0.0.1:9/?directConnection=true`;
  broken = await startWorker({ builtDir, vars, secrets: { MONGODB_URI: nowhere, STATUS_TOKEN: TOKEN } });
  // The driver takes ten seconds to give up: meanwhile the other tests run.
  const asked = ["/", "/status.json", "/healthz"].map((path) => ask(broken, path, bearer(TOKEN)));
  const tick = broken.tick();
  fromBroken = Promise.all(asked).then(async (answers) => {
    await tick;
    return answers;
  });
});
afterAll(() => Promise.all([open, closed, broken].map((worker) => worker.close())));

const ask = (worker: LocalWorker, path: string, init: RequestInit = {}) =>
  fetch(new URL(path, worker.url), { redirect: "manual", ...init });
const bearer = (token: string, from = "192.0.2.1") => ({
  headers: { Authorization: `Bearer ${token}`, "CF-Connecting-IP": from },
});
const withCookie = (value: string, from = "192.0.2.4") => ({
  headers: { Cookie: `__Host-status=${encodeURIComponent(value)}`, "CF-Connecting-IP": from },
});
const signIn = (token: string, from: string) =>
  ask(open, "/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "CF-Connecting-IP": from },
    body: new URLSearchParams({ token }).toString(),
  });

const SESSION = "0123456789abcdef".repeat(2);
function signed(until: string, token = TOKEN): string {
  const key = createHmac("sha256", mongo.uri).update(`status cookie ${token}`).digest("hex");
  const value = `${until}.${SESSION}`;
  return `${value}.${createHmac("sha256", key).update(value).digest("base64")}`;
}
const inSeconds = (seconds: number) => String(Math.floor(Date.now() / 1000) + seconds);

describe("without STATUS_TOKEN", () => {
  it.each([...PATHS, "/sign-in", "/status.css"])("%s is not there", async (path) => {
    const answer = await ask(closed, path, bearer(TOKEN));
    expect([answer.status, await answer.text()]).toEqual([404, "Not found"]);
  });

  it("signing in is not there either, and /healthz says well or not and nothing else", async () => {
    expect((await ask(closed, "/sign-in", { method: "POST", body: "token=" })).status).toBe(404);
    const answer = await ask(closed, "/healthz");
    expect([answer.status, await answer.text()]).toEqual([503, '{"ok":false}']);
  });
});

describe("who gets in", () => {
  it.each(PATHS)("%s asks for a token and tells nothing", async (path) => {
    const answer = await ask(open, path);
    const text = await answer.text();
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="status"']);
    expect(text).not.toMatch(/Find a Tender|notices|months/);
  });

  it("lets the right bearer in, and answers what is not there with 404", async () => {
    const statuses = await Promise.all(
      PATHS.map(async (path) => (await ask(open, path, bearer(TOKEN))).status),
    );
    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
  });

  it("refuses tokens that are one letter off, longer, shorter, empty or in another case", async () => {
    const wrong = [
      `${TOKEN.slice(0, -1)}8`,
      `b${TOKEN.slice(1)}`,
      `${TOKEN}0`,
      TOKEN.slice(0, -1),
      TOKEN.toUpperCase(),
    ];
    const statuses = wrong.map(async (token) => (await ask(open, "/", bearer(token, "192.0.2.2"))).status);
    expect(await Promise.all(statuses)).toEqual(wrong.map(() => 401));
    const other = { headers: { Authorization: `Basic ${btoa(`x:${TOKEN}`)}` } };
    expect((await ask(open, "/", other)).status).toBe(401);
    expect((await ask(open, `/?token=${TOKEN}`)).status).toBe(401);
  });

  it("signs in with a cookie that scripts and other sites cannot use, and out again", async () => {
    const answer = await signIn(TOKEN, "192.0.2.3");
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    expect(cookie).toMatch(
      /^__Host-status=\d+\.[^;]+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(cookie).not.toContain(TOKEN);
    const pair = cookie.split(";")[0] ?? "";
    expect((await ask(open, "/", { headers: { Cookie: pair } })).status).toBe(200);
    const out = await ask(open, "/sign-out", { method: "POST", headers: { Cookie: pair } });
    expect(out.headers.get("set-cookie")).toMatch(/^__Host-status=; Max-Age=0/);
    // A copy of the cookie does not outlive the session, and another one is not ended with it.
    expect((await ask(open, "/", { headers: { Cookie: pair } })).status).toBe(401);
    expect((await ask(open, "/", withCookie(signed(inSeconds(60))))).status).toBe(200);
  });

  it("believes a cookie only as it was signed, until its end", async () => {
    const good = signed(inSeconds(60));
    const [until = "", session = "", signature = ""] = good.split(".");
    const value = `${until}.${session}`;
    const withoutSecret = createHmac("sha256", TOKEN).update(value).digest("base64");
    const cases = {
      good,
      "a later end": `${Number(until) + 1}.${session}.${signature}`,
      "another session": `${until}.${"0".repeat(32)}.${signature}`,
      "the token as its key": `${value}.${withoutSecret}`,
      "an end in a hundred years": signed(inSeconds(100 * 365 * 86_400)),
      "another signature": `${value}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
      "no signature": value,
      expired: signed(inSeconds(-1)),
      "not a time": signed("for ever"),
      "another secret": signed(inSeconds(60), `${TOKEN.slice(0, -1)}8`),
    };
    const statuses = Object.entries(cases).map(async ([name, cookie], at) => [
      name,
      (await ask(open, "/", withCookie(cookie, `198.51.100.${at + 20}`))).status,
    ]);
    expect(Object.fromEntries(await Promise.all(statuses))).toEqual({
      good: 200,
      "a later end": 401,
      "another session": 401,
      "the token as its key": 401,
      "an end in a hundred years": 401,
      "another signature": 401,
      "no signature": 401,
      expired: 401,
      "not a time": 401,
      "another secret": 401,
    });
  });

  it("thousands of failed sign-ins are slowed down and hurt nobody else", async () => {
    const flooder = "198.51.100.9";
    const cookie = withCookie(signed(inSeconds(600)));
    const statuses = new Map<number, number>();
    const began = Date.now();
    for (let batch = 0; batch < SIGN_INS / 100; batch++) {
      const answers = Array.from({ length: 100 }, async (_, at) => {
        const answer = await signIn(`wrong-token-number-${batch}-${at}`, flooder);
        await answer.arrayBuffer();
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      });
      await Promise.all(answers);
    }
    const periods = Math.ceil((Date.now() - began) / 10_000) + 1;
    expect([...statuses.values()].reduce((sum, one) => sum + one)).toBe(SIGN_INS);
    expect(statuses.get(401) ?? 0).toBeLessThanOrEqual(20 * periods);
    expect(statuses.get(429)).toBeGreaterThan(SIGN_INS - 100 - 20 * periods);
    const held = await signIn(TOKEN, flooder);
    expect([held.status, held.headers.get("retry-after")]).toEqual([429, "10"]);
    expect(
      (await ask(open, "/", { headers: { ...cookie.headers, "CF-Connecting-IP": flooder } })).status,
    ).toBe(200);
    expect((await signIn(TOKEN, "203.0.113.5")).status).toBe(303);
    expect((await ask(open, "/status.json", bearer(TOKEN))).status).toBe(200);
  }, 240_000);

  it("tells addresses apart by what the platform says of them, by nothing that a client sends", async () => {
    const flooder = "198.51.100.10";
    await Promise.all(Array.from({ length: 25 }, (_, at) => signIn(`wrong-${at}-xxxxxxxxxxxxxxxx`, flooder)));
    const disguises = ["X-Forwarded-For", "X-Real-IP", "True-Client-IP", "Forwarded"].map((name) =>
      ask(open, "/", {
        headers: { ...bearer(TOKEN, flooder).headers, [name]: "203.0.113.77" },
      }),
    );
    expect((await Promise.all(disguises)).map(({ status }) => status)).toEqual([429, 429, 429, 429]);
  }, 300_000);

  it("lets in nothing that only looks like a token or a cookie", async () => {
    const good = signed(inSeconds(60));
    const headers: Record<string, string>[] = [
      { Cookie: `status=${encodeURIComponent(good)}` }, // without its prefix any subdomain could set it
      { Cookie: `__Secure-status=${encodeURIComponent(good)}` },
      { Cookie: "__Host-status=" },
      { Cookie: `__Host-status=${encodeURIComponent(signed(""))}` },
      { Cookie: `__Host-status=${encodeURIComponent(signed("9".repeat(400)))}.x` },
      { Authorization: TOKEN },
      { Authorization: `Bearer ${TOKEN} ${TOKEN}` },
      { Authorization: `Bearer "${TOKEN}"` },
      { Authorization: `Bearer ${"x".repeat(7000)}` },
      { "X-Status-Token": TOKEN },
      { "X-Original-URL": "/healthz" },
      { "X-HTTP-Method-Override": "GET", "X-Forwarded-Host": "localhost" },
    ];
    const from = { "CF-Connecting-IP": "192.0.2.77" };
    const statuses = headers.map(
      async (given) => (await ask(open, "/status.json", { headers: { ...from, ...given } })).status,
    );
    expect(await Promise.all(statuses)).toEqual(headers.map(() => 401));
  });

  it("reads no more than a token from a sign-in", async () => {
    const huge = await ask(open, "/sign-in", { method: "POST", body: "x".repeat(100_000) });
    expect(huge.status).toBe(413);
  });
});

describe("methods and headers", () => {
  it.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])(
    "%s is for signing in and out at most",
    async (method) => {
      for (const path of ["/", "/status.json", "/metrics", "/healthz", "/quarantine"]) {
        const answer = await ask(open, path, { method, ...bearer(TOKEN) });
        expect([path, answer.status, answer.headers.get("allow")]).toEqual([path, 405, "GET, HEAD"]);
      }
    },
  );

  it("HEAD answers like GET, without a body", async () => {
    const answer = await ask(open, "/", { method: "HEAD", ...bearer(TOKEN) });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });

  it.each([...PATHS, "/sign-in", "/status.css", "/status.js", "/status.svg", "/healthz"])(
    "%s comes with a strict policy and is kept nowhere",
    async (path) => {
      const { headers } = await ask(open, path, bearer(TOKEN));
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("same-origin");
    },
  );
});

describe("what is shown", () => {
  it("escapes every text of the APIs and needs no inline code", async () => {
    for (const path of [
      "/",
      "/quarantine",
      `/windows/FIND_A_TENDER/${MONTH}`,
      "/windows/FIND_A_TENDER/2026-04",
    ]) {
      const text = await (await ask(open, path, bearer(TOKEN))).text();
      expect(text).not.toContain("<script>");
      expect(text).not.toMatch(/<img src=x|<[^>]+\s(?:on\w+|style)=/i);
      expect(text).not.toMatch(/(?:href|src|action)="(?![/#])/);
    }
    const quarantine = await (await ask(open, "/quarantine", bearer(TOKEN))).text();
    expect(quarantine).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
  });

  it("shows no error's text, only what it was about", async () => {
    for (const path of ["/", `/windows/FIND_A_TENDER/${MONTH}`, "/status.json", "/metrics"]) {
      const text = await (await ask(open, path, bearer(TOKEN))).text();
      expect(text).not.toMatch(/user:secret|api\.example|tries failed|refused 8 times|alert\(/);
    }
    const window = await (await ask(open, `/windows/FIND_A_TENDER/${MONTH}`, bearer(TOKEN))).text();
    expect(window).toContain("answer was broken or incomplete");
  });

  it("looks up hostile paths without falling over", async () => {
    const paths = [
      "/windows/x/y",
      `/windows/${encodeURIComponent(HOSTILE)}/2026-01`,
      "/windows/$where/%00",
      "/%ff",
      "/windows/FIND_A_TENDER/2026-03/..%2f..%2fstatus.json",
      "/windows/FIND_A_TENDER%2f2026-03",
      "/status.json/",
      "/STATUS.JSON",
      "/.env",
      "/windows/FIND_A_TENDER/2026-03%0d%0aSet-Cookie:%20x=y",
    ];
    for (const path of paths) {
      const answer = await ask(open, path, bearer(TOKEN));
      expect([path, answer.status, answer.headers.get("set-cookie")]).toEqual([path, 404, null]);
      expect([path, (await ask(open, path)).status]).toEqual([path, 401]);
    }
  });

  it.each(["/", "/status.json"])("%s takes four queries at most, and looks at no contract", async (path) => {
    const database = mongo.client.db(mongo.name);
    await database.command({ profile: 2 });
    const answer = await ask(open, path, bearer(TOKEN));
    await database.command({ profile: 0 });
    const profiled = await database
      .collection("system.profile")
      .find({ appName: "tendhunt-data-sync" })
      .toArray();
    await database.collection("system.profile").drop();
    expect(answer.status).toBe(200);
    expect(profiled.map(({ command }) => Object.keys(command)[0]).sort()).toEqual([
      "aggregate",
      "aggregate",
      "dbStats",
      "find",
    ]);
    expect(JSON.stringify(profiled)).not.toMatch(/contracts|buyers/);
  });

  it("/status.json keeps its schema, /metrics its format", async () => {
    const json = await (await ask(open, "/status.json", bearer(TOKEN))).json();
    const status = statusSchema.parse(json);
    expect(status.windows).toHaveLength(MONTHS.length + monthsOf("CONTRACTS_FINDER", SCENE_NOW).length);
    expect(status.sources[0]?.sentence).toContain(`${monthName(MONTH)} could not be read.`);
    const metrics = await ask(open, "/metrics", bearer(TOKEN));
    expect(metrics.headers.get("content-type")).toBe(METRICS_TYPE);
    expect(await metrics.text()).toContain('tendhunt_windows{source="FIND_A_TENDER",state="failed"} 1\n');
  });

  it("without its database says only that, and its log holds no password", async () => {
    const answers = await fromBroken;
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts.join("\n")).not.toMatch(/127\.0\.0\.1|ECONN|Mongo|stack|somebody|pa55word|at \w+ \(/);
    const log = broken.logs().join("\n");
    expect(log).toMatch(/MongoDB cannot be reached/);
    expect(log).not.toContain(PASSWORD);
    expect(log).not.toContain(TOKEN);
  }, 300_000);
});
