// Visitors without a token, many at once: what they may cost, and that the run does not notice.
// LOOKS=3000 AT_ONCE=500 npx vitest run test/worker/strangers.test.ts is the whole of it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalWorker, startWorker } from "../../src/local/worker.ts";
import { networkOf } from "../../src/pages/network.ts";
import { type CountingDoor, openCountingDoor } from "../kit/counting-door.ts";
import { freshDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";
import { setScene } from "./status-data.ts";

const LOOKS = Number(process.env["LOOKS"] ?? 300);
const AT_ONCE = Number(process.env["AT_ONCE"] ?? 100);
const TOKEN = "a-token-that-is-long-enough-0123456789";

let door: CountingDoor;
let worker: LocalWorker;
beforeAll(async () => {
  const mongo = await freshDatabase();
  door = await openCountingDoor(mongo.uri);
  await setScene(mongo.db, "done", new Date());
  const vars = { MONGODB_DB: mongo.name, LOG_LEVEL: "error" };
  worker = await startWorker({
    builtDir: await builtWorker(),
    vars,
    secrets: { MONGODB_URI: door.uri, STATUS_TOKEN: TOKEN },
  });
});
afterAll(async () => {
  await worker.close();
  await door.close();
});

const ask = (path: string, init: RequestInit = {}) =>
  fetch(new URL(path, worker.url), { redirect: "manual", ...init });

async function flood(one: (at: number) => Promise<Response>): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  let begun = 0;
  const side = async () => {
    while (begun < LOOKS) {
      const answer = await one(begun++);
      await answer.arrayBuffer();
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, side));
  return statuses;
}

describe("many at once", () => {
  it("are told by /healthz what one look has seen, over a handful of connections", async () => {
    const before = door.count();
    expect(await flood((at) => ask("/healthz", { method: at % 3 === 0 ? "HEAD" : "GET" }))).toEqual({
      200: LOOKS,
    });
    const made = door.count() - before;
    expect(made).toBeGreaterThan(0); // or the Worker takes another way than the one that is counted
    expect(made).toBeLessThanOrEqual(10);
  }, 300_000);

  it.each([
    ["/", 401],
    ["/status.json", 401],
    ["/metrics", 401],
    ["/sign-in", 200],
    ["/status.css", 200],
  ])("take no connection by %s", async (path, status) => {
    const before = door.count();
    expect(await flood(() => ask(path))).toEqual({ [status]: LOOKS });
    expect(door.count() - before).toBe(0);
  });
});

describe("guesses", () => {
  const from = (address: string, headers: Record<string, string>) => ({
    headers: { "CF-Connecting-IP": address, ...headers },
  });
  const count = async (answers: Promise<Response>[]) => {
    const statuses: Record<number, number> = {};
    for (const { status } of await Promise.all(answers)) statuses[status] = (statuses[status] ?? 0) + 1;
    return statuses;
  };

  it("by forged cookies are counted like wrong tokens", async () => {
    const guesses = Array.from({ length: 60 }, (_, at) => {
      const cookie = `9999999999.${"0".repeat(32)}.${btoa(String(at).padStart(32, "x"))}`;
      return ask("/", from("198.51.100.77", { Cookie: `__Host-status=${encodeURIComponent(cookie)}` }));
    });
    expect(await count(guesses)).toEqual({ 401: 20, 429: 40 });
  });

  it("from one IPv6 network are those of one address, however it is written", async () => {
    const guesses = Array.from({ length: 60 }, (_, at) =>
      ask(
        "/",
        from(`2001:db8::${(at + 1).toString(16)}:1`, { Authorization: `Bearer wrong-${at}-0123456789` }),
      ),
    );
    expect(await count(guesses)).toEqual({ 401: 20, 429: 40 });
  });

  it.each([
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001:0DB8:0:0:1:2:3:4", "2001:db8:0:0"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["fe80::1:2:3:4:5", "fe80:0:0:1"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["192.0.2.7", "192.0.2.7"],
    [undefined, "unknown"],
  ])("%s is of %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

it.each(["/sign-out", "/sign-in"])("another site cannot use %s", async (path) => {
  const post = (headers: Record<string, string>) => ask(path, { method: "POST", body: "token=x", headers });
  expect((await post({ "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
  expect((await post({ Origin: "https://evil.example" })).status).toBe(403);
  expect((await post({ Origin: "null" })).status).toBe(403);
  expect(
    (await post({ "Sec-Fetch-Site": "same-origin", Origin: new URL(worker.url).origin })).status,
  ).not.toBe(403);
});
