// Find a Tender: what only its releases do. Procurement Act (UKPGA) and the old regime (CELEX) keep fields in other places,
// so each is read from all of them in one order.
import { type Money, rangeOf, totalOf } from "../../map/money.ts";
import { itemsOf, type Parts } from "../../map/parts.ts";
import { at, flag, list, text } from "../../map/read.ts";
import type { SourceRules } from "../../map/source-rules.ts";

export const rules: SourceRules = {
  /** The release id is the notice's. */
  identify: (releaseId) => ({
    noticeId: releaseId,
    sourceUrl: `https://www.find-tender.service.gov.uk/Notice/${encodeURIComponent(releaseId)}`,
    revision: null,
  }),

  noticeType: ({ planning, tender, awards, contracts }) => {
    for (const part of [planning, tender, ...awards, ...contracts]) {
      for (const document of list(part["documents"])) {
        const type = text(document["noticeType"]);
        if (type !== undefined) return type;
      }
    }
    return undefined;
  },

  value: ({ tender, lots, planning }: Parts): Money | undefined =>
    rangeOf(tender["value"]) ?? totalOf(lots) ?? rangeOf(at(planning, "budget", "amount")),

  /** Codes, of the items of the tender, its awards and its contracts; the country only where no region is named. */
  deliveryRegions: ({ tender, awards, contracts }) => {
    const regions = new Set<string>();
    for (const item of itemsOf([tender, ...awards, ...contracts])) {
      for (const address of list(item["deliveryAddresses"])) {
        const region = text(address["region"]);
        if (region !== undefined) regions.add(region);
      }
    }
    return [...regions];
  },

  /** Said of each lot: the notice is suitable when one of its lots is. */
  suitable: ({ tender, lots }, whom) => {
    const said = [tender, ...lots].map((part) => flag(at(part, "suitability", whom)));
    return said.includes(true) || (said.includes(false) ? false : undefined);
  },
};
