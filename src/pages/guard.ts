// Who may read: a bearer token, or a cookie that signing in with the same token gives. A wrong token and a forged cookie wait,
// and an address with too many of them is not listened to for a while; a right cookie still is, and so is everybody else.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { networkOf } from "./network.ts";

const COOKIE = "status"; // sent as __Host-status: this host only, https (or localhost) only
const SIGNED_IN_SECONDS = 30 * 86_400; // a look once a week must not ask for the token each time
const WRONG_TOKEN_MS = 500; // a person does not notice; one after the other, 20 tries take the limit's ten seconds
export const HELD_SECONDS = 10; // the period of the limit in wrangler.toml
const WRONG_MAX = 20; // and its number: what this isolate counts by itself, should the platform's counter be missing
const ADDRESSES_MAX = 10_000; // remembered; beyond, the oldest is forgotten

export interface GuardOptions {
  token: string;
  /** Another secret: without it nobody can sign a cookie, or try tokens by signing some. */
  secret: string;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Counts a wrong token of this address; false when there are too many. Shared by all isolates of a location. */
  countFailure: (address: string) => Promise<boolean>;
}

export type Admission = "in" | "out" | "held";

// What this isolate has learnt by itself and from the shared count; losing it costs a few more tries.
const wrong = new Map<string, { times: number; untilMs: number }>();
const heldUntil = new Map<string, number>();

/** `session`: what a cookie that was taken is known by; signing out ends it. */
export async function admit(
  c: Context,
  options: GuardOptions,
): Promise<{ admission: Admission; session: string | null }> {
  const cookie = await readCookie(c, options);
  if (cookie !== null && cookie !== "forged") return { admission: "in", session: cookie };
  const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (bearer !== undefined) return { admission: await tryToken(c, bearer, options), session: null };
  if (cookie === null) return { admission: "out", session: null };
  takeCookie(c); // one of before the last change of the token is sent once
  return { admission: await refuse(c, options), session: null };
}

export async function tryToken(c: Context, token: string, options: GuardOptions): Promise<Admission> {
  if (isHeld(c, options)) return "held";
  return isSame(token, options.token) ? "in" : refuse(c, options);
}

const isHeld = (c: Context, { now }: GuardOptions) =>
  (heldUntil.get(networkOf(c.req.header("CF-Connecting-IP"))) ?? 0) > now().getTime();

/** A wrong one: counted here and by the platform, and waited for. */
async function refuse(c: Context, options: GuardOptions): Promise<Admission> {
  if (isHeld(c, options)) return "held";
  const address = networkOf(c.req.header("CF-Connecting-IP"));
  const nowMs = options.now().getTime();
  const untilMs = nowMs + HELD_SECONDS * 1000;
  const known = wrong.get(address);
  const times = known && known.untilMs > nowMs ? known.times + 1 : 1;
  remember(wrong, address, { times, untilMs: times === 1 ? untilMs : (known?.untilMs ?? untilMs) });
  if (times > WRONG_MAX || !(await options.countFailure(address))) {
    remember(heldUntil, address, untilMs);
    return "held";
  }
  await options.sleep(WRONG_TOKEN_MS);
  return "out";
}

function remember<T>(memory: Map<string, T>, address: string, what: T): void {
  memory.delete(address);
  memory.set(address, what);
  const [oldest] = memory.keys();
  if (memory.size > ADDRESSES_MAX && oldest !== undefined) memory.delete(oldest);
}

/** Constant in time: digests of equal length are compared. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** A new token ends all cookies, and so does a new connection string. */
const cookieKey = ({ token, secret }: GuardOptions) =>
  createHmac("sha256", secret).update(`status cookie ${token}`).digest("hex");

/** Null: none, or one that is over. The end stands in it, signed: a browser that keeps it longer is not believed. */
async function readCookie(c: Context, options: GuardOptions): Promise<string | "forged" | null> {
  if (getCookie(c, COOKIE, "host") === undefined) return null;
  const value = await getSignedCookie(c, cookieKey(options), COOKIE, "host");
  if (typeof value !== "string") return "forged";
  const [, until = "0"] = /^(\d+)\.[\da-f]{32}$/.exec(value) ?? [];
  const leftSeconds = Number(until) - options.now().getTime() / 1000;
  if (leftSeconds <= 0 || leftSeconds > SIGNED_IN_SECONDS) return null;
  return createHash("sha256").update(value).digest("hex");
}

export async function giveCookie(c: Context, options: GuardOptions): Promise<void> {
  const until = Math.floor(options.now().getTime() / 1000) + SIGNED_IN_SECONDS;
  const value = `${until}.${randomBytes(16).toString("hex")}`;
  await setSignedCookie(c, COOKIE, value, cookieKey(options), {
    prefix: "host",
    secure: true,
    httpOnly: true,
    sameSite: "Strict",
    maxAge: SIGNED_IN_SECONDS,
  });
}

export function takeCookie(c: Context): void {
  deleteCookie(c, COOKIE, { prefix: "host", secure: true, httpOnly: true, sameSite: "Strict" });
}

/** A form of another site: browsers say so in one way or the other. */
export function isForeign(c: Context): boolean {
  const site = c.req.header("Sec-Fetch-Site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const origin = c.req.header("Origin");
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== new URL(c.req.url).host;
}
