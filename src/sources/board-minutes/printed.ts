// Minutes that are only a PDF: found on the meeting's page, where it can be read, else under the address that pages link to.
import type { SiteClient } from "./client.ts";
import type { DocumentText } from "./documents.ts";
import { looksLikePdf, pdfText, TOO_BIG } from "./pdf.ts";
import { type MeetingPlace, meetingPage, printedMinutes, printedMinutesLink } from "./urls.ts";

/** Null when they could not be fetched now; the next reading tries again. */
export async function readPrinted(
  client: SiteClient,
  place: MeetingPlace,
): Promise<{ url: string; text: DocumentText } | null> {
  const page = await client.download(meetingPage(place)); // some sites let the service through, and not their pages
  const linked = page && printedMinutesLink(new TextDecoder().decode(page.bytes), place);
  const url = linked ?? printedMinutes(place);
  const pdf = await client.download(url);
  if (!pdf || !looksLikePdf(pdf.bytes)) return null;
  return { url, text: pdf.whole ? await pdfText(pdf.bytes) : TOO_BIG };
}
