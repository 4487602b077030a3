// The smallest PDF that holds text, or a scan: a picture a page and no text at all.

export const LINES_PER_PAGE = 48;

/** @param lines of text; null lines make pages that are only pictures */
export function makePdf(lines: string[] | null, pages = 1): Uint8Array {
  const contents =
    lines === null
      ? Array.from({ length: pages }, () => "q 200 0 0 100 60 600 cm /Im1 Do Q")
      : paged(lines).map(textPage);
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Count ${contents.length} /Kids [${contents.map((_, at) => `${5 + at * 2} 0 R`).join(" ")}] >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    stream(
      "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8",
      "\u0080",
    ),
    ...contents.flatMap((content, at) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${6 + at * 2} 0 R ` +
        "/Resources << /Font << /F1 3 0 R >> /XObject << /Im1 4 0 R >> >> >>",
      stream("", content),
    ]),
  ];
  return withTable(objects);
}

function paged(lines: string[]): string[][] {
  const pages = [];
  for (let at = 0; at < lines.length; at += LINES_PER_PAGE) pages.push(lines.slice(at, at + LINES_PER_PAGE));
  return pages.length > 0 ? pages : [[]];
}

function textPage(lines: string[]): string {
  const shown = lines.map((line) => `(${line.replaceAll(/[\\()]/g, "\\$&")}) Tj T*`);
  return `BT /F1 11 Tf 15 TL 50 790 Td ${shown.join("\n")} ET`;
}

function stream(dictionary: string, content: string): string {
  return `<< ${dictionary} /Length ${content.length} >>\nstream\n${content}\nendstream`;
}

function withTable(objects: string[]): Uint8Array {
  let text = "%PDF-1.4\n";
  const offsets = objects.map((object, at) => {
    const offset = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const table = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join("")}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
