import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { volumesOf } from "../../../src/sources/index.ts";
import { ConfigError } from "../../../src/terms/errors.ts";

const now = new Date("2026-11-24T12:00:00Z");
const least = { MONGODB_URI: "mongodb://127.0.0.1:27017" };

describe("readConfig", () => {
  it("fills in every default of the design", () => {
    const config = readConfig(least, now);
    expect(config).toMatchObject({
      mongodbDb: "tendhunt",
      requestsPerMinute: 6,
      runBudgetSeconds: 780,
      leaseSeconds: 90,
      cooldownSeconds: null,
      pageLimit: 100,
      storeRaw: "none",
      storageBudgetMb: 0,
      verifyRequestsPerRun: 20,
      verifyAfterHours: 3,
      statusToken: null,
      logLevel: "info",
    });
    expect(config.sources.map(({ source, start, stages }) => [source, start.toISOString(), stages])).toEqual([
      ["FIND_A_TENDER", "2021-01-01T00:00:00.000Z", ["all"]],
      ["CONTRACTS_FINDER", "2016-11-01T00:00:00.000Z", ["planning", "tender", "award", "implementation"]],
    ]);
  });

  it.each([
    [{ BACKFILL_START_DATE: "2024-06-15" }, "2024-06-14T23:00:00.000Z", "2024-06-14T23:00:00.000Z"],
    [{ BACKFILL_START_DATE: "2018-01-01" }, "2021-01-01T00:00:00.000Z", "2018-01-01T00:00:00.000Z"],
    [
      { BACKFILL_START_DATE: "2024-01-01", CF_BACKFILL_START_DATE: "2020-02-01" },
      "2024-01-01T00:00:00.000Z",
      "2020-02-01T00:00:00.000Z",
    ],
  ])("starts the sources by %j", (settings, fat, cf) => {
    const starts = readConfig({ ...least, ...settings }, now).sources.map(({ start }) => start.toISOString());
    expect(starts).toEqual([fat, cf]);
  });

  it.each([
    ["BACKFILL_START_DATE", "2024-13-01", "day of the calendar"],
    ["BACKFILL_START_DATE", "2027-01-01", "not in the future"],
    ["PAGE_LIMIT", "0", "from 2 to 100"],
    ["PAGE_LIMIT", "1", "from 2 to 100: a page of a single row never says whether it was all"],
    ["PAGE_LIMIT", "12.5", "whole numbers"],
    ["PAGE_LIMIT", "abc", "from 2 to 100"],
    ["REQUESTS_PER_MINUTE", "0", "from 0.1"],
    ["RUN_BUDGET_SECONDS", "901", "to 870"],
    ["FAT_API_URL", "https://example.org/path", "an origin"],
    ["FAT_API_URL", "file:///etc", "an origin"],
    ["FAT_API_URL", "http://www.find-tender.service.gov.uk", "http only on this machine"],
    ["CF_API_URL", "https://:pw@example.org", "an origin"],
    ["MONGODB_DB", "admin", "not admin, local or config"],
    ["MONGODB_DB", "Config", "not admin, local or config"],
    ["CF_STAGES", "planning,planning", "list of different ones"],
    ["CF_STAGES", "all,tender", "list of different ones"],
    ["FAT_STAGES", "implementation", "list of different ones"],
    ["STORE_RAW", "zip", "none, gzip, full"],
    ["STORE_DETAILS", "lots,photos", "lots, documents, contact"],
    ["MONGODB_DB", "a.b", "letters"],
    ["LOG_LEVEL", "loud", "trace"],
  ])("names %s, its value %s and what is allowed", (name, value, allowed) => {
    expect(() => readConfig({ ...least, [name]: value }, now)).toThrow(ConfigError);
    expect(() => readConfig({ ...least, [name]: value }, now)).toThrow(`${name} is "${value}"`);
    expect(() => readConfig({ ...least, [name]: value }, now)).toThrow(allowed);
  });

  it("names every wrong setting at once", () => {
    const wrong = () => readConfig({ ...least, PAGE_LIMIT: "0", STORE_RAW: "x" }, now);
    expect(wrong).toThrow(/PAGE_LIMIT.*STORE_RAW/);
  });

  it("never shows a secret", () => {
    const secrets = {
      MONGODB_URI: "http://user:hunter2@host",
      STATUS_TOKEN: "short",
      ALERT_WEBHOOK_URL: "ftp://hook",
    };
    for (const [name, value] of Object.entries(secrets)) {
      const read = () => readConfig({ ...least, [name]: value }, now);
      expect(read).toThrow(`${name} is wrong (a secret, not shown)`);
      expect(read).not.toThrow(value);
    }
    expect(() => readConfig({}, now)).toThrow("MONGODB_URI is missing");
  });

  it("adds to what a release should weigh what STORE_DETAILS keeps of it", () => {
    const weight = (details: string) =>
      [...volumesOf(readConfig({ ...least, STORE_DETAILS: details }, now).sources)].map(
        ([, { releaseBytes }]) => releaseBytes.none,
      );
    const [without, withTwo] = [weight(""), weight("lots, contact")];
    expect(withTwo.map((bytes, at) => bytes - (without[at] ?? 0)).slice(0, 2)).toEqual([453 + 71, 100]);
  });
});

describe("secrets that are no good", () => {
  it.each([
    ...[
      "aaaaaaaaaaaaaaaa",
      "passwordpassword",
      "1234567890123456",
      "abcdabcdabcdabcd",
      "a token with spaces 1234",
      "short",
    ],
    ...["a-token-with-\u00e9-0123456789", "0101010101010101010101"],
  ])("STATUS_TOKEN %j is refused and not shown", (token) => {
    const read = () => readConfig({ ...least, STATUS_TOKEN: token }, now);
    expect(read).toThrow(/STATUS_TOKEN is wrong \(a secret, not shown\): allowed are 16 characters/);
    expect(read).not.toThrow(token);
  });

  it.each([
    ["http://hooks.example.com/x", false],
    ["https://user:pw@hooks.example.com/x", false],
    ["https://169.254.169.254/latest", false],
    ["file:///etc/passwd", false],
    ["https://hooks.slack.com/services/x", true],
    ["http://127.0.0.1:4000/hook", true],
  ])("ALERT_WEBHOOK_URL %s: %s", (url, isTaken) => {
    const read = () => readConfig({ ...least, ALERT_WEBHOOK_URL: url }, now);
    if (isTaken) expect(read().alertWebhookUrl).toBe(url);
    else expect(read).toThrow(/ALERT_WEBHOOK_URL is wrong/);
  });
});
