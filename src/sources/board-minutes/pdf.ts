// A PDF's text, within what a Worker can bear. A scan has no text: that is said, not guessed.
import type { DocumentText } from "./documents.ts";

/** Measured in workerd: docs/board-minutes.md. */
export const PDF_BYTES_MAX = 8 * 1024 * 1024;
const PAGES_MAX = 300;
const TEXT_CHARACTERS_MAX = 4_000_000; // a document of the database may have 16 MB
/** Fewer characters a page than a heading has: pictures of pages. */
const CHARACTERS_PER_PAGE_MIN = 25;

export const TOO_BIG: DocumentText = {
  status: "failed",
  reason: `the PDF has more than ${PDF_BYTES_MAX} bytes`,
};

export function looksLikePdf(bytes: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(0, 1024)).includes("%PDF-");
}

export async function pdfText(bytes: Uint8Array): Promise<DocumentText> {
  if (bytes.length > PDF_BYTES_MAX) return TOO_BIG;
  if (!looksLikePdf(bytes)) return failed("what came is not a PDF");
  const { getDocumentProxy } = await import("unpdf"); // 1.6 MB that only sites with printed minutes need
  let pdf: Awaited<ReturnType<typeof getDocumentProxy>>;
  try {
    pdf = await getDocumentProxy(bytes, { verbosity: 0 });
  } catch (error) {
    return failed(`the PDF cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    if (pdf.numPages > PAGES_MAX)
      return failed(`the PDF has ${pdf.numPages} pages, the limit is ${PAGES_MAX}`);
    return await textOf(pdf);
  } catch (error) {
    return failed(`a page cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await pdf.loadingTask.destroy();
  }
}

interface Pages {
  numPages: number;
  getPage(number: number): Promise<{
    getTextContent(): Promise<{ items: object[] }>;
    cleanup(): boolean;
  }>;
}

async function textOf(pdf: Pages): Promise<DocumentText> {
  const pages: string[] = [];
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    pages.push(items.map(pieceOf).join(""));
    page.cleanup(); // or every page's fonts and glyphs stay in memory
  }
  const text = tidy(pages.join("\n\n"));
  if (text.length < CHARACTERS_PER_PAGE_MIN * pdf.numPages)
    return failed(`no text in ${pdf.numPages} pages: it looks like a scan`);
  return { status: "extracted", text: text.slice(0, TEXT_CHARACTERS_MAX) };
}

function pieceOf(item: object): string {
  if (!("str" in item) || typeof item.str !== "string") return "";
  return "hasEOL" in item && item.hasEOL ? `${item.str}\n` : item.str;
}

function tidy(text: string): string {
  return text
    .replaceAll("\u0000", "")
    .replaceAll(/[ \t\u00a0]+/g, " ")
    .replaceAll(/ ?\n ?/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

function failed(reason: string): DocumentText {
  return { status: "failed", reason };
}
