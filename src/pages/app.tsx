// The Worker's pages: who may see them, what they answer to, and the headers around them. Closed without a token.
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Child } from "hono/jsx";
import { secureHeaders } from "hono/secure-headers";
import type { Database } from "../platform/database.ts";
import { summaryOf } from "../report/describe.ts";
import { readQuarantine, readWindow } from "../report/facts.ts";
import { health } from "../report/health.ts";
import { METRICS_TYPE, metricsOf } from "../report/metrics.ts";
import type { Status } from "../report/schema.ts";
import type { NamedSource } from "../report/words.ts";
import type { SearchMode } from "../terms/search.ts";
import type { NoticePage } from "./ask.tsx";
import { addAskRoutes } from "./ask-routes.tsx";
import { ICON, SCRIPT, STYLE } from "./assets.ts";
import { QuarantinePage, WindowPage } from "./details.tsx";
import {
  admit,
  type GuardOptions,
  giveCookie,
  HELD_SECONDS,
  isForeign,
  takeCookie,
  tryToken,
} from "./guard.ts";
import { MessagePage, SignInPage } from "./layout.tsx";
import { inTurn, lastSeenWell } from "./looks.ts";
import { OverviewPage } from "./overview.tsx";
import { endSession, isEnded } from "./sessions.ts";

export interface AppOptions extends Omit<GuardOptions, "token"> {
  /** Null: everything but `/healthz` is closed. */
  token: string | null;
  readStatus: (db: Database) => Promise<Status>;
  sources: readonly NamedSource[];
  noticePage: NoticePage;
  /** SEARCH_INDEX; `off` where it is not said. */
  search?: SearchMode;
  /** Connects, hands over the database and closes. */
  withData: <T>(use: (db: Database) => Promise<T>, options?: { connections: number }) => Promise<T>;
  /** False when the pages of this place have looked too often for strangers. */
  mayLook: () => Promise<boolean>;
  noteError: (error: unknown, where: string) => void;
}

const HEADERS = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: "DENY",
  referrerPolicy: "same-origin", // with "no-referrer" a browser posts its own forms with `Origin: null`, as foreign ones
  permissionsPolicy: { camera: [], geolocation: [], microphone: [] },
});

const SMALL_BODY = bodyLimit({ maxSize: 4096, onError: (c) => c.text("Too much", 413) });
const POSTED = new Set(["/sign-in", "/sign-out"]);

interface Signed {
  Variables: { session: string | null };
}

export function createApp(options: AppOptions): Hono<Signed> {
  const { token, noteError } = options;
  const app = new Hono<Signed>();
  app.use(HEADERS);
  app.use(async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
  });
  app.onError((error, c) => {
    if (error instanceof SignedOut) {
      takeCookie(c);
      return deny(c, "out", null);
    }
    noteError(error, c.req.path);
    return refuse(c, 503, "The status cannot be read just now. The Worker's log says why.");
  });
  app.notFound((c) => (token === null ? c.text("Not found", 404) : refuse(c, 404, "There is no such page.")));

  app.use(async (c, next) => {
    const { method, path } = { method: c.req.raw.method, path: c.req.path };
    if (token === null && path !== "/healthz") return c.text("Not found", 404);
    const allowed = POSTED.has(path) ? ["GET", "HEAD", "POST"] : ["GET", "HEAD"];
    if (!allowed.includes(method)) return c.text("Method not allowed", 405, { Allow: allowed.join(", ") });
    if (method === "POST" && isForeign(c)) return c.text("Forbidden", 403);
    return next();
  });
  app.get("/healthz", async (c) => {
    const well = await lastSeenWell(options, {
      look: () => options.withData((db) => health(db, options.now()), { connections: 1 }),
      mayLook: options.mayLook,
      note: (error) => noteError(error, "/healthz"),
    });
    if (well !== null) return c.json({ ok: well }, well ? 200 : 503);
    return c.json({ error: "Too many have asked" }, 429, { "Retry-After": "60" });
  });
  if (token === null) return app;

  addSignIn(app, options, { ...options, token });
  addPages(app, options);
  return app;
}

/** Signing in and out, what that page needs, and the door before everything that is added behind. */
function addSignIn(app: Hono<Signed>, options: AppOptions, guard: GuardOptions): void {
  app.get("/status.css", (c) => c.body(STYLE, 200, { "Content-Type": "text/css; charset=utf-8" }));
  app.get("/status.js", (c) => c.body(SCRIPT, 200, { "Content-Type": "text/javascript; charset=utf-8" }));
  app.get("/status.svg", (c) => c.body(ICON, 200, { "Content-Type": "image/svg+xml" }));
  app.get("/sign-in", (c) => page(c, 200, <SignInPage problem={null} />));
  app.post("/sign-in", SMALL_BODY, async (c) => {
    const given = new URLSearchParams(await c.req.text()).get("token") ?? "";
    const admission = await tryToken(c, given.trim(), guard);
    if (admission !== "in") return deny(c, admission, "That is not the token.");
    await giveCookie(c, guard);
    return c.redirect("/", 303);
  });
  app.post("/sign-out", async (c) => {
    const { session } = await admit(c, guard);
    if (session !== null)
      await inTurn(options, () => options.withData((db) => endSession(db, session, options.now())));
    takeCookie(c);
    return c.redirect("/sign-in", 303);
  });

  app.use(async (c, next) => {
    const { admission, session } = await admit(c, guard);
    if (admission !== "in") return deny(c, admission, null);
    c.set("session", session);
    return next();
  });
}

/** The pages behind the sign-in. */
function addPages(app: Hono<Signed>, options: AppOptions): void {
  const { readStatus, sources } = options;
  /** @throws SignedOut where the cookie's session is over */
  const withData = <T,>(c: Context<Signed>, use: (db: Database) => Promise<T>): Promise<T> =>
    inTurn(options, () =>
      options.withData(async (db) => {
        if (await isEnded(db, c.get("session"))) throw new SignedOut();
        return use(db);
      }),
    );
  const status = (c: Context<Signed>) => withData(c, readStatus);
  app.get("/", async (c) => page(c, 200, <OverviewPage status={await status(c)} />));
  app.get("/status.json", async (c) => c.json(await status(c)));
  app.get("/metrics", async (c) => c.body(metricsOf(await status(c)), 200, { "Content-Type": METRICS_TYPE }));
  const showWindow = async (c: Context<Signed>, id: string) => {
    const detail = await withData(c, (db) => readWindow(db, id));
    if (detail === null) return c.notFound();
    return page(c, 200, <WindowPage {...detail} summary={summaryOf(detail.window)} sources={sources} />);
  };
  app.get("/windows/:source/:month", (c) => {
    const { source, month } = c.req.param();
    return showWindow(c, `${source}/${month}`);
  });
  app.get("/windows/:source/:site/:month", (c) => {
    const { source, site, month } = c.req.param();
    return showWindow(c, `${source}/${site}/${month}`);
  });
  app.get("/quarantine", async (c) =>
    page(c, 200, <QuarantinePage rows={await withData(c, (db) => readQuarantine(db))} sources={sources} />),
  );
  const { now, noticePage, search = "off" } = options;
  const sourceIds = sources.map(({ source }) => source);
  addAskRoutes(app, { now, sourceIds, search, noticePage, withData, page });
}

class SignedOut extends Error {
  override readonly name = "SignedOut";
}

function page(c: Context, status: 200 | 401 | 404 | 429 | 503, content: Child) {
  return c.html(`<!doctype html>${content}`, status);
}

const forPrograms = (c: Context) =>
  ["/status.json", "/metrics"].includes(c.req.path) || c.req.header("Authorization") !== undefined;

/** No token, a wrong one, or too many wrong ones: the sign-in form for people, a line for programs. */
function deny(c: Context, admission: "out" | "held", problem: string | null) {
  const status = admission === "held" ? 429 : 401;
  if (admission === "held") c.header("Retry-After", String(HELD_SECONDS));
  else c.header("WWW-Authenticate", 'Bearer realm="status"');
  const held = `Too many wrong tokens came from here. Wait ${HELD_SECONDS} seconds.`;
  if (forPrograms(c)) return c.json({ error: admission === "held" ? held : "Unauthorised" }, status);
  return page(c, status, <SignInPage problem={admission === "held" ? held : problem} />);
}

function refuse(c: Context, status: 404 | 503, text: string) {
  if (forPrograms(c)) return c.json({ error: text }, status);
  const title = status === 404 ? "Not found" : "Not available";
  return page(c, status, <MessagePage title={title} text={text} signedIn={status === 503} />);
}
