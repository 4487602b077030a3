// The page as people see it, in a real browser: axe, width, signing in, and all of it without JavaScript. Without a Chromium it fails, and says how to get one.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalWorker, startWorker } from "../../src/local/worker.ts";
import { monthName } from "../../src/report/words.ts";
import { launchChromium } from "../kit/chromium.ts";
import { freshDatabase, type TestDatabase } from "../kit/database.ts";
import { builtWorker } from "../kit/shared.ts";
import { monthsOf, type Scene, setScene } from "./status-data.ts";

const TOKEN = "a-token-that-is-long-enough-0123456789";
const SCENE_NOW = new Date("2026-06-20T12:00:00Z"); // the Worker's clock, too
const MONTH = monthsOf("FIND_A_TENDER", SCENE_NOW)[8] ?? ""; // the one that failed in "trouble"
/** `SCREENSHOTS=1` keeps a picture of each page in .data/screenshots. */
const SHOTS = process.env["SCREENSHOTS"] === "1";
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SCREENSHOTS = fileURLToPath(new URL("../../.data/screenshots", import.meta.url));

describe("in a browser", () => {
  let mongo: TestDatabase;
  let worker: LocalWorker;
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    mongo = await freshDatabase();
    worker = await startWorker({
      builtDir: await builtWorker(SCENE_NOW),
      vars: { MONGODB_DB: mongo.name, STORAGE_BUDGET_MB: "1200" },
      secrets: { MONGODB_URI: mongo.uri, STATUS_TOKEN: TOKEN },
    });
    browser = await launchChromium();
  });
  afterAll(() => Promise.all([worker?.close(), browser?.close()]));

  /** The contracts of a scene are only counted: in a picture their size is made of this. */
  const fill = async () => {
    const filler = mongo.client.db(mongo.name).collection("filler");
    for (let at = 0; at < 8; at++) await filler.insertOne({ zeros: Buffer.alloc(12_000_000) });
  };

  const open = async (options: BrowserContextOptions = {}) => {
    const page = await (await browser.newContext(options)).newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    return { page, complaints, at: (path: string) => new URL(path, worker.url).href };
  };
  const known = { extraHTTPHeaders: { Authorization: `Bearer ${TOKEN}` } };
  const ways = [390, 1280].flatMap((width) =>
    (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme })),
  );
  // axe takes a second or two a page: each scene in one way, the one with every state in two.
  const AUDITED: Record<Scene, string[]> = {
    begun: ["390-light"],
    middle: ["390-dark"],
    done: ["1280-light"],
    trouble: ["390-light", "1280-dark"],
  };
  /** Colours change no width: where nothing is photographed, each width is looked at once. */
  const waysOf = (scene: Scene) =>
    ways.filter(({ width, colorScheme }) => {
      const audited = AUDITED[scene].find((way) => way.startsWith(`${width}-`)) ?? `${width}-light`;
      return SHOTS || audited === `${width}-${colorScheme}`;
    });
  const PAGES = { overview: "/", window: `/windows/FIND_A_TENDER/${MONTH}`, quarantine: "/quarantine" };

  it.each<Scene>(["begun", "middle", "done", "trouble"])(
    "%s: reads well at 390 and 1280 px, light and dark",
    async (scene) => {
      await mongo.clear();
      await setScene(mongo.db, scene, SCENE_NOW);
      if (SHOTS && scene !== "begun") await fill();
      for (const { width, colorScheme } of waysOf(scene)) {
        const { page, complaints, at } = await open({
          ...known,
          colorScheme,
          viewport: { width, height: 844 },
        });
        for (const [name, path] of Object.entries(PAGES)) {
          if (name !== "overview" && scene !== "trouble") continue;
          const file = `${scene}-${name}-${width}-${colorScheme}.png`;
          await page.goto(at(path));
          if (SHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${file}`, fullPage: true });
          const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          expect(overflow, `${file} is wider than its screen`).toBeLessThanOrEqual(0);
          if (!AUDITED[scene].includes(`${width}-${colorScheme}`)) continue;
          const { violations } = await new AxeBuilder({ page }).withTags(AXE_TAGS).analyze();
          const found = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`);
          expect(found, file).toEqual([]);
        }
        expect(complaints).toEqual([]);
        await page.context().close();
      }
    },
    60_000,
  );

  it("signs in by hand, stays signed in, signs out; a wrong token is told so", async () => {
    const { page, at } = await open();
    await page.goto(at("/"));
    await page.getByLabel("Status token").fill("not-the-token-but-long-enough");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("That is not the token.").waitFor();
    if (SHOTS) await page.screenshot({ path: `${SCREENSHOTS}/sign-in.png` });
    await page.getByLabel("Status token").fill(TOKEN);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Find a Tender" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Find a Tender" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    const answer = await page.goto(at("/status.json"));
    expect(answer?.status()).toBe(401);
  });

  it("says the same without JavaScript, and a month leads to its page", async () => {
    const { page, at } = await open({ ...known, javaScriptEnabled: false });
    await page.goto(at("/"));
    await page
      .getByRole("link", { name: `${monthName(MONTH)}: failed`, exact: false })
      .first()
      .click();
    await page.getByRole("heading", { name: `Find a Tender, ${monthName(MONTH)}` }).waitFor();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByText("As a table").click();
    expect(await page.getByRole("row").count()).toBeGreaterThan(40);
  });

  it("sorts a table by a click on its heading, and keeps itself fresh", async () => {
    const { page, complaints, at } = await open(known);
    await page.clock.install();
    await page.goto(at("/"));
    const table = page.locator("section[aria-labelledby=runs] table");
    await table.getByRole("button", { name: "Requests" }).click();
    const requests = await table.locator("tbody td:nth-child(4)").allInnerTexts();
    expect(requests).toEqual(requests.toSorted((a, b) => Number(b) - Number(a)));
    await mongo.db.syncJobs.updateMany({}, { $set: { paused: true } });
    await page.evaluate("document.activeElement.blur()");
    await page.clock.fastForward(61_000);
    await page.getByText("Paused: nothing new is read").first().waitFor();
    expect(complaints).toEqual([]);
  });
});
