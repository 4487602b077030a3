// A person's walk through the pages, in a real browser: signs in, finds what needs one, opens a month, asks a question,
// downloads the answer, signs out; by mouse, and by keyboard alone. And a tab that cannot refresh says so.
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalWorker, startWorker } from "../../src/local/worker.ts";
import { launchChromium } from "../kit/chromium.ts";
import { freshDatabase, type TestDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";
import { setScene } from "./status-data.ts";

const TOKEN = "a-token-that-is-long-enough-0123456789";
let mongo: TestDatabase;
const SCENE_NOW = new Date("2026-06-20T12:00:00Z"); // the Worker's clock, too
let worker: LocalWorker;
let browser: Browser;

beforeAll(async () => {
  mongo = await freshDatabase();
  worker = await startWorker({
    builtDir: await builtWorker(SCENE_NOW),
    vars: { MONGODB_DB: mongo.name },
    secrets: { MONGODB_URI: mongo.uri, STATUS_TOKEN: TOKEN },
  });
  browser = await launchChromium();
  await setScene(mongo.db, "trouble", SCENE_NOW);
  await mongo.db.db.collection("processes").insertOne(
    {
      ...{ source: "FIND_A_TENDER", ocid: "ocds-h6vhtk-000001", state: "open", title: "Roofs of schools" },
      ...{ noticeId: "000001-2026", cpvCodes: ["45000000"], regions: ["UKE42"], buyerName: "Leeds" },
      deadlineDate: new Date("2099-01-01T12:00:00Z"),
    },
    { bypassDocumentValidation: true },
  );
});
afterAll(() => Promise.all([worker?.close(), browser?.close()]));

const heading = (page: Page) => page.locator("h1").textContent();

const FOCUSED = "(document.activeElement?.labels?.[0] ?? document.activeElement)?.textContent?.trim() ?? ''";

/** Tab until what is focused has this name, as somebody without a mouse does. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let presses = 0; presses < 200; presses++) {
    await page.keyboard.press("Tab");
    const focused = String(await page.evaluate(FOCUSED));
    if (typeof name === "string" ? focused === name : name.test(focused)) return;
  }
  throw new Error(`Tab reaches nothing that is called ${name}`);
}

it("by mouse: sign in, what needs somebody, a month, a question, its file, sign out", async () => {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  await page.goto(worker.url);
  await page.locator("#token:focus").waitFor();
  await page.keyboard.type("not-the-token-at-all");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.locator("#token:focus").waitFor();
  await page.keyboard.type(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  const trouble = page.getByRole("region", { name: "Verdict" });
  expect(await trouble.textContent()).toMatch(/could not be read after several attempts/);
  await trouble
    .getByRole("link", { name: /could not be read/ })
    .first()
    .click();
  expect(await heading(page)).toMatch(/^(Find a Tender|Contracts Finder), \w+ \d{4}$/);
  expect(await page.locator("main").textContent()).toMatch(/npm run sync -- retry [A-Z_]+\/\d{4}-\d\d/);
  await page.getByRole("link", { name: "Ask", exact: true }).click();
  await page.getByRole("link", { name: /What can I bid for now/ }).click();
  await page.getByLabel("cpv").fill("45");
  await page.getByRole("button", { name: "Ask" }).click();
  expect(await page.locator("table.answer").textContent()).toContain("Roofs of schools");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download it as CSV" }).click(),
  ]);
  expect(await readFile(await download.path(), "utf8")).toMatch(/Roofs of schools,Leeds,2099/);
  await page.getByRole("button", { name: "Sign out" }).click();
  expect(await heading(page)).toBe("Sign in");
  expect((await page.goto(new URL("/ask/open", worker.url).href))?.status()).toBe(401);
}, 60_000);

it("by keyboard alone, on a telephone's width", async () => {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 800 } })).newPage();
  await page.goto(worker.url);
  await page.locator("#token:focus").waitFor();
  await page.keyboard.type(TOKEN);
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Verdict" }).waitFor();
  await tabTo(page, "Ask");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/ask$/);
  await tabTo(page, /What can I bid for now/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/ask\/open/);
  await tabTo(page, "cpv");
  await page.keyboard.type("roofs");
  await page.keyboard.press("Enter");
  expect(await page.getByRole("alert").textContent()).toMatch(/expected CPV codes/);
  await tabTo(page, "Sign out");
  await page.keyboard.press("Enter");
  await page.getByLabel("Status token").waitFor();
}, 60_000);

it("a tab that cannot be refreshed says since when, turns grey, and is well again by itself", async () => {
  const known = { extraHTTPHeaders: { Authorization: `Bearer ${TOKEN}` } };
  const page = await (await browser.newContext(known)).newPage();
  await page.clock.install();
  await page.goto(worker.url);
  await page.getByRole("region", { name: "Verdict" }).waitFor();
  await page.route("**/*", (route) => route.abort());
  await page.clock.runFor(61_000);
  const stale = page.locator("#stale");
  await stale.waitFor();
  expect(await stale.textContent()).toMatch(/could not be refreshed since \d\d:\d\d, London time/);
  expect(await page.locator("body.stale").count()).toBe(1);
  await page.unroute("**/*");
  await page.clock.runFor(61_000);
  await stale.waitFor({ state: "detached" });
}, 60_000);
