// robots.txt, obeyed: what it disallows is not asked for, and the pause it names is kept. Pure; a kept library reads it.
import robotsParser from "robots-parser";

/** The name that a robots.txt would call this client by. */
export const ROBOT_NAME = "tendhunt-data-sync";
const PAUSE_SECONDS_MIN = 1;
const PAUSE_SECONDS_MAX = 60; // a longer one would keep a month from ever being read: it is as good as a refusal

export interface Robots {
  allows(url: string): boolean;
  pauseMs: number;
}

export function readRobots(baseUrl: string, text: string): Robots {
  const parsed = robotsParser(`${new URL(baseUrl).origin}/robots.txt`, text);
  const pause = Math.max(PAUSE_SECONDS_MIN, parsed.getCrawlDelay(ROBOT_NAME) ?? 0);
  return {
    allows: (url) => pause <= PAUSE_SECONDS_MAX && parsed.isAllowed(url, ROBOT_NAME) !== false,
    pauseMs: pause * 1000,
  };
}

/** What an answer for /robots.txt says: its text, that there is none, or that nobody can tell now (RFC 9309 §2.3.1). */
export function robotsTextOf({ status, body }: { status: number; body: Uint8Array }): string | null {
  const text = new TextDecoder().decode(body);
  if (status === 200) return /^\s*<(?:!doctype|html)/i.test(text) ? "" : text.slice(0, 100_000);
  return status >= 400 && status < 500 && status !== 429 ? "" : null;
}
