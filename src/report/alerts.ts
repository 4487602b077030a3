// Sends each alarm once: the turn to send it is taken by one conditional update, and given back when the webhook fails,
// so that the next run tries again. The one writer of `alerts`. Whatever goes wrong here harms nothing else.
import type { Collection } from "mongodb";
import { type Database, isDuplicate } from "../platform/database.ts";
import type { Logger } from "../platform/logger.ts";
import { payloadFor } from "../platform/payload.ts";
import type { Post } from "../platform/post.ts";
import type { Alert } from "../terms/documents.ts";
import { troublesIn } from "./alarms.ts";
import type { Alarm, Status } from "./schema.ts";

const POST_MS_MAX = 10_000; // the invocation has two minutes left at least
const LINES_MAX = 20; // a message that nobody reads to its end is no alarm

export interface AlertOptions {
  db: Database;
  /** Null: alarms are only shown on the page. */
  webhookUrl: string | null;
  readStatus: () => Promise<Status>;
  post: Post;
  now: Date;
  log: Logger;
}

/** Never throws. */
export async function sendAlerts(options: AlertOptions): Promise<void> {
  const { webhookUrl } = options;
  if (webhookUrl === null) return;
  try {
    await sendNew(options, webhookUrl);
  } catch (error) {
    options.log.warn({ err: error }, "the alarms could not be sent; the next run tries again");
  }
}

async function sendNew(options: AlertOptions, webhookUrl: string): Promise<void> {
  const { db, post, now } = options;
  const alerts = db.db.collection<Alert>("alerts");
  const { alarms } = await options.readStatus();
  const standing = await alerts.find({ clearedAt: null }).toArray();
  const { fresh, over, wellAgain } = compareAlarms(alarms, standing);
  const opened: Alarm[] = [];
  for (const alarm of fresh) if (await takeTurn(alerts, alarm, now)) opened.push(alarm);
  const closed = over.length > 0 && (await close(alerts, over, now));
  if (opened.length === 0 && !(wellAgain && closed)) return;
  try {
    const message = messageOf({ opened, wellAgain: wellAgain && closed, now });
    await post(webhookUrl, JSON.stringify(payloadFor(webhookUrl, message)), { timeoutMs: POST_MS_MAX });
  } catch (error) {
    await alerts.deleteMany({ _id: { $in: opened.map(({ key }) => key) }, firedAt: now });
    await alerts.updateMany({ _id: { $in: over }, clearedAt: now }, { $set: { clearedAt: null } });
    throw error;
  }
}

/** What is new, what is over, and whether that was the last trouble. Pure. */
export function compareAlarms(
  alarms: Alarm[],
  standing: Pick<Alert, "_id" | "severity">[],
): { fresh: Alarm[]; over: string[]; wellAgain: boolean } {
  const known = new Set(standing.map(({ _id }) => _id));
  const current = new Set(alarms.map(({ key }) => key));
  const over = standing.filter(({ _id, severity }) => severity === "trouble" && !current.has(_id));
  return {
    fresh: alarms.filter(({ key }) => !known.has(key)),
    over: over.map(({ _id }) => _id),
    wellAgain: over.length > 0 && troublesIn(alarms).length === 0,
  };
}

/** Makes the case's document, or opens it again; false when another invocation has done so already. */
async function takeTurn(alerts: Collection<Alert>, alarm: Alarm, now: Date): Promise<boolean> {
  const { key, kind, severity, text } = alarm;
  try {
    const { matchedCount, upsertedCount } = await alerts.updateOne(
      { _id: key, clearedAt: { $ne: null } },
      { $set: { kind, severity, text, firedAt: now, clearedAt: null } },
      { upsert: true },
    );
    return matchedCount + upsertedCount > 0;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

async function close(alerts: Collection<Alert>, keys: string[], now: Date): Promise<boolean> {
  const { modifiedCount } = await alerts.updateMany(
    { _id: { $in: keys }, clearedAt: null },
    { $set: { clearedAt: now } },
  );
  return modifiedCount > 0;
}

interface Message {
  text: string;
  alarms: Pick<Alarm, "key" | "kind" | "severity" | "source" | "windowId" | "text" | "advice">[];
  wellAgain: boolean;
  at: string;
}

export function messageOf(options: { opened: Alarm[]; wellAgain: boolean; now: Date }): Message {
  const { opened, wellAgain, now } = options;
  const lines = opened.slice(0, LINES_MAX).map(({ severity, text, advice }) => {
    const sign = severity === "trouble" ? "🔴" : "🟡";
    return `${sign} ${text} ${advice}`;
  });
  if (opened.length > LINES_MAX) lines.push(`… and ${opened.length - LINES_MAX} more: see the status page.`);
  if (wellAgain) lines.push("🟢 All is well again: nothing needs you.");
  return {
    text: ["*Procurement sync*", ...lines].join("\n"),
    alarms: opened,
    wellAgain,
    at: now.toISOString(),
  };
}
