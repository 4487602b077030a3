// What ModernGov calls text, as a person reads it. Text fields are escaped twice, and any of them may hold HTML. Pure.
import { decodeHTML } from "entities";
import { convert, type HtmlToTextOptions } from "html-to-text";

const heading = { options: { uppercase: false } };
const OPTIONS: HtmlToTextOptions = {
  wordwrap: false,
  selectors: [
    { selector: "a", options: { ignoreHref: true } },
    { selector: "img", format: "skip" },
    { selector: "style", format: "skip" },
    { selector: "script", format: "skip" },
    { selector: "table", options: { uppercaseHeaderCells: false } },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, ...heading })),
  ],
  limits: { maxInputLength: 4_000_000 }, // an item of the largest meeting seen has 0.3 MB
};

const TAG = /<\/?[a-z][^<>]*>|<!--/i;
const ESCAPED_TAG = /&lt;\/?[a-z][^<>]*?&gt;/i;
const TIMES_ESCAPED_MAX = 2;

/** HTML, or text that was escaped once too often, as plain text: paragraphs stay, markup goes. */
export function plainText(field: string): string {
  let html = field;
  for (let times = 0; times < TIMES_ESCAPED_MAX && !TAG.test(html) && ESCAPED_TAG.test(html); times++)
    html = decodeHTML(html);
  const text = TAG.test(html) ? convert(html, OPTIONS) : html;
  return decodeHTML(text)
    .replaceAll("\u00a0", " ")
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/ ?\n ?/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

/** The same in one line: titles, names, places. */
export function oneLine(field: string): string {
  return plainText(field).replaceAll(/\s+/g, " ").trim();
}
