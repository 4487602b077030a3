// Finds its way in the text of JSON that may be broken, in linear time whatever the text holds: no position is looked at
// more often than a fixed number of times, and nothing here calls itself.

export type Parsed = { ok: true; value: unknown } | { ok: false; reason: string };

/** JSON, with padded numbers read as what they can only mean. */
export function parseLenient(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    try {
      return { ok: true, value: JSON.parse(withoutPadding(text)) };
    } catch (again) {
      if (!(again instanceof SyntaxError)) throw again;
      return { ok: false, reason: again.message.slice(0, 200) };
    }
  }
}

// A number with leading zeros. `000` has occurred (api-facts): it can only mean 0, and 007 only 7.
const padding = /(?<![\w.+-])(-?)0+(?=\d)/g;

/** The text with the padding of its numbers taken away, and its strings untouched. */
function withoutPadding(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const until = quote < 0 ? text.length : quote;
    const between = text.slice(at, until);
    const repaired = between.includes("0") ? between.replace(padding, "$1") : between;
    if (repaired !== between) {
      parts.push(text.slice(copied, at), repaired);
      copied = until;
    }
    at = quote < 0 ? until : stringEnd(text, quote);
  }
  return parts.join("") + text.slice(copied);
}

const [BACKSLASH, QUOTE, COMMA] = [0x5c, 0x22, 0x2c];
const [BRACE, BRACKET, BRACE_END, BRACKET_END] = [0x7b, 0x5b, 0x7d, 0x5d];

/** Behind the string that begins at `start`; the text's end when it does not close. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

export interface Element {
  text: string;
  /** How many values it holds, near enough to know whether it is too many. */
  values: number;
}

/** What stands in the array that begins behind `from`, and where it ends: at its bracket, or with the text. */
export function elementsOf(text: string, from: number): { elements: Element[]; end: number } {
  const elements: Element[] = [];
  let [start, values, depth, at] = [from, 1, 0, from];
  const close = (end: number) => {
    const element = text.slice(start, end).trim();
    if (element !== "") elements.push({ text: element, values });
    [start, values] = [end + 1, 1];
  };
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at) - 1;
    else if (code === BRACE || code === BRACKET) {
      depth++;
      values++;
    } else if (code === BRACE_END || code === BRACKET_END) {
      if (depth === 0 && code === BRACKET_END) break;
      depth = Math.max(0, depth - 1);
    } else if (code === COMMA) {
      if (depth === 0) close(at);
      else values++;
    }
  }
  close(at);
  return { elements, end: Math.min(at, text.length) };
}

/** Where these members of the outermost object stand: behind the colon of each. The last of a name stands. */
export function membersOf(text: string, names: readonly string[]): Map<string, number> {
  const members = new Map<string, number>();
  for (let next = nextMember(text, names, null); next; next = nextMember(text, names, next.colon))
    members.set(next.name, next.colon);
  return members;
}

interface Member {
  name: string;
  /** Behind its colon. */
  colon: number;
}

/** The next of these members of the outermost object. @param behind where to go on within it; null: from its beginning */
export function nextMember(text: string, names: readonly string[], behind: number | null): Member | null {
  const lengthMax = Math.max(...names.map((name) => name.length));
  let depth = behind === null ? 0 : 1;
  for (let at = behind ?? 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BRACE || code === BRACKET) depth++;
    else if (code === BRACE_END || code === BRACKET_END) depth--;
    else if (code === QUOTE) {
      const end = stringEnd(text, at);
      const name = depth === 1 && end - at - 2 <= lengthMax ? text.slice(at + 1, end - 1) : "";
      const colon = names.includes(name) ? behindColon(text, end) : null;
      if (colon !== null) return { name, colon };
      at = end - 1;
    }
  }
  return null;
}

function behindColon(text: string, from: number): number | null {
  const at = behindSpaces(text, from);
  return text[at] === ":" ? at + 1 : null;
}

const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

function behindSpaces(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Behind the bracket of the array that stands at `from`, behind spaces; null when there is none. */
export function listAt(text: string, from: number): number | null {
  const at = behindSpaces(text, from);
  return text[at] === "[" ? at + 1 : null;
}

/** The string that stands at `from`, behind spaces; null when there is none, or it holds an escape. */
export function plainStringAt(text: string, from: number | undefined): string | null {
  if (from === undefined) return null;
  const at = behindSpaces(text, from);
  if (text[at] !== '"') return null;
  const string = text.slice(at + 1, stringEnd(text, at) - 1);
  return string.includes("\\") ? null : string;
}

/** A broken text is tried from its braces on; all tries together may look at this many times its length. */
const TRIES_LENGTH = 12;

/**
 * The objects in a broken text that `isWanted` takes, in their order, and the text between them. A quote that is not
 * closed turns strings inside out: so each brace may be a beginning, unless a try before it has met it as an object that
 * did not end well. A try ends at the first character that JSON does not allow.
 */
export function objectsApart(text: string, isWanted: (value: unknown) => boolean): string[] {
  const parts: string[] = [];
  const hopeless = new Uint8Array(text.length);
  let [from, next, left] = [0, 0, TRIES_LENGTH * text.length];
  for (let at = text.indexOf("{"); at >= 0 && left > 0; at = text.indexOf("{", next)) {
    next = at + 1;
    if (hopeless[at] === 1) continue;
    const { end, reached, open } = followObject(text, at);
    left -= reached - at;
    if (end === null) {
      for (const one of open) hopeless[one] = 1;
      continue;
    }
    const json = parseLenient(text.slice(at, end));
    if (!json.ok) continue;
    next = end;
    if (!isWanted(json.value)) continue;
    parts.push(text.slice(from, at), text.slice(at, end));
    from = end;
  }
  return [...parts, text.slice(from)];
}

// What may stand where a value begins, beside strings and brackets: the letters of true, false, null, and of numbers.
const scalar = /[-+.\w]*/y;

type Expected = "key" | "first key" | "colon" | "value" | "first value" | "after";

/**
 * Follows the object that begins at `start` as far as it is JSON: where it ends, or how far it came and which of its
 * objects stayed open.
 */
function followObject(text: string, start: number): { end: number | null; reached: number; open: number[] } {
  const open: number[] = [];
  let state: Expected | null = null;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      at++;
      continue;
    }
    const inArray = text[open.at(-1) ?? start] === "[";
    const ends = code === BRACE_END ? !inArray : code === BRACKET_END && inArray;
    if (ends && (state === "after" || state === "first key" || state === "first value")) {
      open.pop();
      state = "after";
      at++;
      if (open.length === 0) return { end: at, reached: at, open };
    } else if (state === "after") {
      if (code !== COMMA) break;
      state = inArray ? "value" : "key";
      at++;
    } else if (state === "colon") {
      if (text[at] !== ":") break;
      state = "value";
      at++;
    } else if (code === QUOTE) {
      at = stringEnd(text, at);
      state = state === "key" || state === "first key" ? "colon" : "after";
    } else if (state === "key" || state === "first key") break;
    else if (code === BRACE || code === BRACKET) {
      open.push(at);
      state = code === BRACE ? "first key" : "first value";
      at++;
    } else {
      scalar.lastIndex = at;
      const length = scalar.exec(text)?.[0].length ?? 0;
      if (length === 0) break;
      at += length;
      state = "after";
    }
  }
  return { end: null, reached: Math.min(at, text.length), open };
}
