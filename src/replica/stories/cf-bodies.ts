// What Contracts Finder publishes of a story, in the shapes of recorded releases.

import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { engagement } from "../contracts-finder.ts";
import { buyerNumbered, companyNumber, supplierNumbered, themeOf, zoned } from "../made-up.ts";
import type { Published } from "../published.ts";
import type { Telling } from "./story.ts";

const YEAR_MS = 365 * DAY_MS;

export function tagsOfCf({ kind, update = false }: Telling): string[] {
  if (kind === "CF planning") return ["planning"];
  if (kind === "CF award") return [update ? "awardUpdate" : "award"];
  return [update ? "tenderAmendment" : "tender"];
}

export function cfStoryRelease(record: Published, telling: Telling): object {
  const { story, kind, deadline, talksUntil, awards = [] } = telling;
  const theme = themeOf(story.ocid);
  const { cpv } = theme;
  const { title = theme.title } = story;
  const buyer = buyerNumbered(story.buyers[0] ?? 0);
  const buyerId = `GB-COH-${companyNumber(buyer)}`;
  const firms = awards.map(({ supplier }) => supplierNumbered(supplier));
  const guid = record.releaseId.replace(/-\d+$/, "");
  const document = {
    id: "1",
    url: `https://www.contractsfinder.service.gov.uk/Notice/${guid}`,
    datePublished: zoned(record.at),
    format: "text/html",
  };
  const period = { startDate: zoned(record.at + YEAR_MS / 2), endDate: zoned(record.at + 4 * YEAR_MS) };
  const deadlineText = deadline && (deadline.day ? zoned(deadline.at).slice(0, 10) : zoned(deadline.at));
  return {
    ocid: record.ocid,
    id: record.releaseId,
    language: "en",
    date: zoned(record.date),
    tag: record.tags,
    initiationType: "tender",
    ...(kind === "CF planning" ? { title, planning: engagement(talksUntil ?? record.at, document) } : {}),
    tender: {
      id: story.tenderId,
      title,
      description: `${title} for ${buyer.name}.`,
      status: kind === "CF award" ? "complete" : kind === "CF planning" ? "planning" : "active",
      classification: cpv,
      value: { amount: story.value, currency: "GBP" },
      ...(deadlineText === undefined ? {} : { tenderPeriod: { endDate: deadlineText } }),
      ...(kind === "CF planning" ? {} : { contractPeriod: period, procurementMethod: "open" }),
      suitability: { sme: true, vcse: false },
      ...(kind === "CF tender" ? { documents: [document] } : {}),
    },
    parties: [
      party(buyerId, buyer.name, "buyer"),
      ...firms.map((firm) => party(`GB-COH-${companyNumber(firm)}`, firm.name, "supplier")),
    ],
    buyer: { id: buyerId, name: buyer.name },
    ...(kind === "CF award"
      ? {
          awards: awards.map(({ id, value }, index) => ({
            id: `${record.ocid}-${id}`,
            status: "active",
            date: zoned(record.at - 3 * DAY_MS),
            value: { amount: value, currency: "GBP" },
            suppliers: firms
              .slice(index, index + 1)
              .map((firm) => ({ id: `GB-COH-${companyNumber(firm)}`, name: firm.name })),
            contractPeriod: period,
            documents: [document],
          })),
        }
      : {}),
  };
}

function party(id: string, name: string, role: string): object {
  const number = id.replace("GB-COH-", "");
  return { id, name, identifier: { legalName: name, scheme: "GB-COH", id: number }, roles: [role] };
}
