import { describe, expect, it } from "vitest";
import { wrapped } from "../../../src/cli/print.ts";

const sentence = "  Read to its start in about 11 hours, 25 November, 03:15, give or take two hours.";

describe("a sentence in a terminal", () => {
  it("breaks between words, and what goes on is set in by two", () => {
    expect(wrapped(sentence, 50)).toBe(
      "  Read to its start in about 11 hours, 25\n    November, 03:15, give or take two hours.",
    );
  });

  it("stays whole where nobody looks, and a line that fits stays as it is", () => {
    expect(wrapped(sentence, null)).toBe(sentence);
    expect(wrapped("a\n\n  b  c\n", 80)).toBe("a\n\n  b  c\n");
  });

  it("never breaks a word: an address can be copied", () => {
    const address = `https://example.org/${"x".repeat(90)}`;
    expect(wrapped(`The page: ${address}`, 80)).toBe(`The page:\n  ${address}`);
  });

  it.each([40, 80, 100, 120, 160])("fits %i columns, and loses no word", (columns) => {
    const text = sentence.repeat(4);
    const lines = wrapped(text, columns).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines.join(" ").split(/ +/)).toEqual(text.split(/ +/));
  });
});
