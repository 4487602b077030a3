// Addresses that open what they name. Some sites answer with http://: https before an address becomes a key. Pure.

export interface MeetingPlace {
  baseUrl: string;
  committeeId: string;
  meetingId: string;
}

/** The meeting's page: agenda, and the minutes once they are out. */
export function meetingPage({ baseUrl, committeeId, meetingId }: MeetingPlace): string {
  return `${baseUrl}/ieListDocuments.aspx?CId=${committeeId}&MId=${meetingId}`;
}

/** The same page; the fragment keeps its minutes apart from its agenda where an address is a key. */
export function minutesOnPage(place: MeetingPlace): string {
  return `${meetingPage(place)}#minutes`;
}

/** The printed minutes. Without `T=1` the same address opens another document, whose attachment has this number. */
export function printedMinutes({ baseUrl, meetingId }: MeetingPlace): string {
  return `${baseUrl}/mgConvert2PDF.aspx?ID=${meetingId}&T=1`;
}

export function attachmentPdf(baseUrl: string, attachmentId: string): string {
  return `${baseUrl}/mgConvert2PDF.aspx?ID=${attachmentId}`;
}

/** The printed minutes that the meeting's page links to: `documents/g{meeting}/Printed minutes ….pdf?T=1`. */
export function printedMinutesLink(html: string, place: MeetingPlace): string | null {
  for (const [, quoted = ""] of html.matchAll(/href\s*=\s*"([^"]*)"/gi)) {
    const href = quoted.replaceAll("&amp;", "&").replaceAll(/\s+/g, " ").trim();
    if (!new RegExp(`documents/g${place.meetingId}/.*[?&]T=1(?:&|$)`, "i").test(href)) continue;
    return webAddress(href, `${place.baseUrl}/`);
  }
  return null;
}

/** An absolute web address; null when it is none. */
export function webAddress(text: string, base: string): string | null {
  const tidy = text.replaceAll(/\s+/g, " ").trim();
  if (tidy === "" || !URL.canParse(tidy, base)) return null;
  const url = new URL(tidy, base);
  return /^https?:$/.test(url.protocol) ? url.href : null;
}

export function secure(address: string): string {
  return address.replace(/^http:\/\//i, "https://");
}
