// How many connections pages may take: however many ask, one looks for `/healthz` and its answer is kept for a while, and few
// pages are made at a time. What a request had begun is lost when its client goes away, so nothing here waits for ever.

export interface Clock {
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
}

const KEPT_MS = { well: 30_000, ill: 10_000 }; // uptime monitors ask every minute at most
const KEPT_WHILE_LOOKING_MS = 120_000;
const LOOK_MS_MAX = 30_000; // the driver gives up after ten seconds
const POLL_MS = 200;
const NOTED_EVERY_MS = 60_000;

// Of this isolate.
const seen: {
  answer: { well: boolean; atMs: number } | null;
  lookingSinceMs: number | null;
  notedAtMs: number;
} = {
  answer: null,
  lookingSinceMs: null,
  notedAtMs: 0,
};

/** Well or not, as last seen; null when others have looked too often. A failed look is noted once a minute. */
export async function lastSeenWell(
  { now, sleep }: Clock,
  options: { look: () => Promise<boolean>; mayLook: () => Promise<boolean>; note: (error: unknown) => void },
): Promise<boolean | null> {
  for (;;) {
    const nowMs = now().getTime();
    const { answer, lookingSinceMs } = seen;
    const ageMs = answer ? nowMs - answer.atMs : Number.POSITIVE_INFINITY;
    if (answer && ageMs < (answer.well ? KEPT_MS.well : KEPT_MS.ill)) return answer.well;
    const looking = lookingSinceMs !== null && nowMs - lookingSinceMs < LOOK_MS_MAX;
    if (!looking) break;
    if (answer && ageMs < KEPT_WHILE_LOOKING_MS) return answer.well;
    await sleep(POLL_MS);
  }
  seen.lookingSinceMs = now().getTime();
  try {
    if (!(await options.mayLook())) return seen.answer?.well ?? null;
    const well = await options.look();
    seen.answer = { well, atMs: now().getTime() };
    return well;
  } catch (error) {
    const nowMs = now().getTime();
    seen.answer = { well: false, atMs: nowMs };
    if (nowMs - seen.notedAtMs >= NOTED_EVERY_MS) {
      seen.notedAtMs = nowMs;
      options.note(error);
    }
    return false;
  } finally {
    seen.lookingSinceMs = null;
  }
}

const AT_ONCE_MAX = 2;
const TURN_MS_MAX = 60_000;
const turns = new Set<{ sinceMs: number }>();

/** Runs `work` when few others run. @throws Error when that takes too long */
export async function inTurn<T>({ now, sleep }: Clock, work: () => Promise<T>): Promise<T> {
  const untilMs = now().getTime() + TURN_MS_MAX / 2;
  for (;;) {
    const nowMs = now().getTime();
    for (const turn of turns) if (nowMs - turn.sinceMs > TURN_MS_MAX) turns.delete(turn);
    if (turns.size < AT_ONCE_MAX) break;
    if (nowMs > untilMs)
      throw new Error("Too many pages were asked for at once: the next look will be answered");
    await sleep(POLL_MS);
  }
  const turn = { sinceMs: now().getTime() };
  turns.add(turn);
  try {
    return await work();
  } finally {
    turns.delete(turn);
  }
}
