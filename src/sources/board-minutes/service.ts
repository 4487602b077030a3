// The web service's questions as requests: by GET, or by SOAP where the site has GET switched off. Pure.

/** The four of its 21 operations that are asked. */
export type Question =
  | { operation: "GetCommittees" }
  | { operation: "GetAllMeetingsByDate" | "GetMeetings"; committee: string; from: string; to: string }
  | { operation: "GetMeeting"; meeting: string };

export type Via = "GET" | "SOAP";

export interface ServiceRequest {
  url: string;
  headers: Record<string, string>;
  /** POST where there is one. */
  body?: string;
}

// Not tempuri.org: a request in another namespace finds no parameter and looks like "no meetings".
const NAMESPACE = "http://moderngov.co.uk/namespaces";

export function requestFor(baseUrl: string, question: Question, via: Via): ServiceRequest {
  const service = `${baseUrl}/mgWebService.asmx`;
  const { operation } = question;
  const parameters = parametersOf(question);
  if (via === "GET") {
    const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    return { url: `${service}/${operation}${query ? `?${query}` : ""}`, headers: { Accept: "text/xml" } };
  }
  const fields = parameters.map(([name, value]) => `<${name}>${value}</${name}>`).join("");
  return {
    url: service,
    headers: {
      Accept: "text/xml",
      "Content-Type": "text/xml; charset=utf-8",
      SOAPAction: `"${NAMESPACE}/${operation}"`,
    },
    body:
      '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">' +
      `<soap:Body><${operation} xmlns="${NAMESPACE}">${fields}</${operation}></soap:Body></soap:Envelope>`,
  };
}

/** By GET every parameter has to be there, though the service's description calls the dates optional. */
function parametersOf(question: Question): [string, string][] {
  switch (question.operation) {
    case "GetCommittees":
      return [];
    case "GetMeeting":
      return [["lMeetingId", question.meeting]];
    case "GetMeetings":
      return datesOf(question);
    case "GetAllMeetingsByDate":
      return [...datesOf(question), ["bIsAscendingDateOrder", "true"]];
  }
}

function datesOf({
  committee,
  from,
  to,
}: {
  committee: string;
  from: string;
  to: string;
}): [string, string][] {
  return [
    ["lCommitteeId", committee],
    ["sFromDate", from],
    ["sToDate", to],
  ];
}

/** The folder above the `.asmx`, without a trailing slash, query or page name. @throws TypeError when it is not a web address */
export function baseUrlOf(text: string): string {
  const url = new URL(/^https?:\/\//i.test(text) ? text : `https://${text}`);
  const path = url.pathname.replace(/\/mgWebService(?:W)?\.asmx.*$/i, "").replace(/\/[^/]+\.aspx?$/i, "");
  return `${url.origin}${path.replace(/\/+$/, "")}`;
}

/** What a site is called in windows and documents: its address without the protocol. */
export function siteOf(baseUrl: string): string {
  return baseUrl.replace(/^https?:\/\//, "");
}
