// `npm run picture -- ADDRESS TOKEN`: docs/page.png, the status page of a demo that is left running (`npm run demo -- --keep` prints
// both), as the tests' Chromium shows it.
import { fileURLToPath } from "node:url";
import { launchChromium } from "./kit/chromium.ts";

const FILE = fileURLToPath(new URL("../docs/page.png", import.meta.url));
const VIEW = { width: 1040, height: 760 };

const [address, token] = process.argv.slice(2);
if (address === undefined || token === undefined) throw new RangeError("npm run picture -- ADDRESS TOKEN");
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: VIEW, colorScheme: "light" });
  await page.goto(address);
  await page.locator("#token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("region", { name: "Verdict" }).waitFor();
  await page.screenshot({ path: FILE });
} finally {
  await browser.close();
}
