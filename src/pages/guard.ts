// Who may read: a bearer token, or a cookie that signing in with the same token gives. A wrong token waits, and an
// address with too many of them is not listened to for a while; a cookie still is, and so is everybody else.
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";

const COOKIE = "status"; // sent as __Host-status: this host only, https (or localhost) only
const SIGNED_IN_SECONDS = 30 * 86_400; // a look once a week must not ask for the token each time
const WRONG_TOKEN_MS = 500; // a person does not notice; one after the other, 20 tries take the limit's ten seconds
export const HELD_SECONDS = 10; // the period of the limit in wrangler.toml
const HELD_MAX = 10_000; // addresses remembered; beyond, the oldest is forgotten

export interface GuardOptions {
  token: string;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Counts a wrong token of this address; false when there are too many. Shared by all isolates of a location. */
  countFailure: (address: string) => Promise<boolean>;
}

export type Admission = "in" | "out" | "held";

// What this isolate has learnt from the shared count; losing it costs one more question there.
const heldUntil = new Map<string, number>();

export async function admit(c: Context, options: GuardOptions): Promise<Admission> {
  if (await hasCookie(c, options)) return "in";
  const bearer = /^Bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  return bearer === undefined ? "out" : tryToken(c, bearer, options);
}

export async function tryToken(c: Context, token: string, options: GuardOptions): Promise<Admission> {
  const address = addressOf(c);
  const nowMs = options.now().getTime();
  if ((heldUntil.get(address) ?? 0) > nowMs) return "held";
  if (isSame(token, options.token)) return "in";
  if (!(await options.countFailure(address))) {
    hold(address, nowMs + HELD_SECONDS * 1000);
    return "held";
  }
  await options.sleep(WRONG_TOKEN_MS);
  return "out";
}

function hold(address: string, untilMs: number): void {
  heldUntil.delete(address);
  heldUntil.set(address, untilMs);
  const [oldest] = heldUntil.keys();
  if (heldUntil.size > HELD_MAX && oldest !== undefined) heldUntil.delete(oldest);
}

/** The client's address as Cloudflare saw it; of IPv6 the half that one household or server shares. */
function addressOf(c: Context): string {
  const address = c.req.header("CF-Connecting-IP") ?? "unknown";
  return address.includes(":") ? address.split(":").slice(0, 4).join(":") : address;
}

/** Constant in time: digests of equal length are compared. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Cookies are signed with a key that the token gives: a new token ends them all. */
const cookieKey = (token: string) => createHash("sha256").update(`status cookie ${token}`).digest("hex");

async function hasCookie(c: Context, { token, now }: GuardOptions): Promise<boolean> {
  const value = await getSignedCookie(c, cookieKey(token), COOKIE, "host");
  return typeof value === "string" && /^\d+$/.test(value) && Number(value) * 1000 > now().getTime();
}

/** The cookie says when it ends, signed: a browser that keeps it longer is not believed. */
export async function giveCookie(c: Context, { token, now }: GuardOptions): Promise<void> {
  const until = Math.floor(now().getTime() / 1000) + SIGNED_IN_SECONDS;
  await setSignedCookie(c, COOKIE, String(until), cookieKey(token), {
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
