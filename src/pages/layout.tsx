// What every page shares: head, title, signs, footer; and the pages that say no.
import type { Child } from "hono/jsx";
import { STATE_MEANINGS, WINDOW_STATES, type WindowState } from "../report/words.ts";

export function Layout(props: { title: string; signedIn: boolean; children: Child }) {
  const { title, signedIn, children } = props;
  return (
    <html lang="en-GB">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        <link rel="icon" href="/status.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/status.css" />
        {signedIn && <script src="/status.js" defer />}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <Signs />
        <header class="top">
          <a class="name" href="/">
            <img src="/status.svg" width="28" height="28" alt="" />
            Procurement sync
          </a>
          {signedIn && (
            <nav aria-label="Pages">
              <a href="/ask">Ask</a>
            </nav>
          )}
          {signedIn && (
            <form method="post" action="/sign-out">
              <button type="submit">Sign out</button>
            </form>
          )}
        </header>
        <main id="main">{children}</main>
      </body>
    </html>
  );
}

/** Shapes, so that a state is told by more than its colour. */
const SIGNS: Record<WindowState, string> = {
  exact: "M1.5 8.5l3 3 5.5-7M7.5 11l.8.5 6-7",
  done: "M3 8.5l3.5 3.5L13 4.5",
  running: "M5 3.5l7 4.5-7 4.5z",
  pending: "M8 7.2v1.6",
  deferred: "M5.5 4v8M10.5 4v8",
  failed: "M8 3v6M8 12v.6",
  cancelled: "M4.5 4.5l7 7M11.5 4.5l-7 7",
};

function Signs() {
  return (
    <svg class="hidden" aria-hidden="true">
      {WINDOW_STATES.map((state) => (
        <symbol id={`sign-${state}`} viewBox="0 0 16 16">
          <path d={SIGNS[state]} />
        </symbol>
      ))}
    </svg>
  );
}

export function Sign({ state }: { state: WindowState }) {
  return (
    <svg class="sign" aria-hidden="true">
      <use href={`#sign-${state}`} />
    </svg>
  );
}

export function State({ state }: { state: WindowState }) {
  return (
    <span class="state">
      <span class={`chip ${state}`}>
        <Sign state={state} />
      </span>
      {state}
    </span>
  );
}

export function Legend({ states }: { states: WindowState[] }) {
  return (
    <ul class="legend">
      {states.map((state) => (
        <li>
          <State state={state} />
          <span class="soft">{STATE_MEANINGS[state]}</span>
        </li>
      ))}
    </ul>
  );
}

/** Text with `commands` in it. */
export function Advice({ text }: { text: string }) {
  return <>{text.split("`").map((part, at) => (at % 2 === 1 ? <Code text={part} /> : part))}</>;
}

/** A command breaks between its words only: `--` in two would be another one. */
function Code({ text }: { text: string }) {
  return (
    <code>
      {text.split(" ").map((word, at) => (
        <>
          {at > 0 && " "}
          <span class="word">{word}</span>
        </>
      ))}
    </code>
  );
}

/** A table that may be wider than a phone: it scrolls by itself, by keyboard too. */
export function Scroll({ name, children }: { name: string; children: Child }) {
  return (
    <section class="scroll" aria-label={name} tabindex={0}>
      {children}
    </section>
  );
}

export function SignInPage({ problem }: { problem: string | null }) {
  return (
    <Layout title="Sign in – Procurement sync" signedIn={false}>
      <section class="card narrow">
        <h1>Sign in</h1>
        {problem !== null && (
          <p class="problem" role="alert" id="problem">
            {problem}
          </p>
        )}
        <form method="post" action="/sign-in">
          <label for="token">Status token</label>
          <input
            id="token"
            name="token"
            type="password"
            required
            autocomplete="current-password"
            maxlength={512}
            autofocus
            aria-describedby={problem === null ? undefined : "problem"}
          />
          <button type="submit">Sign in</button>
        </form>
        <p class="soft">
          It is the secret <code>STATUS_TOKEN</code> of this Worker. Followed a link and already signed in?{" "}
          <a href="/">Open the page</a>.
        </p>
      </section>
    </Layout>
  );
}

export function MessagePage(props: { title: string; text: string; signedIn: boolean }) {
  const { title, text, signedIn } = props;
  return (
    <Layout title={`${title} – Procurement sync`} signedIn={signedIn}>
      <section class="card narrow">
        <h1>{title}</h1>
        <p>{text}</p>
        <p>
          <a href="/">To the overview</a>
        </p>
      </section>
    </Layout>
  );
}
