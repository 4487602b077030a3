// Sessions that were signed out of: a copied cookie does not outlive them. Kept by a hash until the cookie itself is over.
import type { Collection } from "mongodb";
import type { Database } from "../platform/database.ts";

interface EndedSession {
  _id: string;
  endedAt: Date;
}

const KEPT_SECONDS = 31 * 86_400; // a cookie is good for 30 days

const sessionsOf = ({ db }: Database): Collection<EndedSession> => db.collection("endedSessions");

export async function endSession(db: Database, session: string, endedAt: Date): Promise<void> {
  const sessions = sessionsOf(db);
  await sessions.createIndex({ endedAt: 1 }, { name: "kept31Days", expireAfterSeconds: KEPT_SECONDS });
  await sessions.updateOne({ _id: session }, { $setOnInsert: { endedAt } }, { upsert: true });
}

export async function isEnded(db: Database, session: string | null): Promise<boolean> {
  return session !== null && (await sessionsOf(db).findOne({ _id: session })) !== null;
}
