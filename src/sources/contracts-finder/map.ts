// Contracts Finder: what only its releases do, with the shape of 2014 and 2015.
import { rangeOf, totalOf } from "../../map/money.ts";
import { itemsOf } from "../../map/parts.ts";
import { at, flag, list, text } from "../../map/read.ts";
import { regionCode } from "../../map/regions.ts";
import type { SourceRules } from "../../map/source-rules.ts";

// Ids of 2014 and 2015 (`ocds-b5fd17-…-2015-s-9-010634`) end in a reference that is no revision: padded, and not a guid's.
const edited = /^(?!ocds-)(.+)-(0|[1-9]\d{0,14})$/;
// A bare guid (as in 2015) ends in twelve hexadecimal digits, which may all be decimal.
const bareGuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export const rules: SourceRules = {
  /** Guid and revision: every edit is a new revision of the same notice. */
  identify: (releaseId) => {
    const [, guid = releaseId, revision = "0"] = bareGuid.test(releaseId)
      ? []
      : (edited.exec(releaseId) ?? []);
    return {
      noticeId: guid,
      sourceUrl: `https://www.contractsfinder.service.gov.uk/Notice/${encodeURIComponent(guid)}`,
      revision: Number(revision),
    };
  },

  noticeType: () => undefined,

  /** `minValue` to `value`, which is the maximum; a planning notice may split its budget by years. */
  value: ({ tender, planning }) =>
    rangeOf(tender["minValue"], tender["value"], tender["maxValue"]) ??
    rangeOf(at(planning, "budget", "amount")) ??
    totalOf(list(at(planning, "budget", "budgetBreakdown")), "amount"),

  /** Named, not coded; a country alone is no region. */
  deliveryRegions: ({ tender }) => {
    const regions = new Set<string>();
    for (const item of itemsOf([tender])) {
      for (const address of list(item["deliveryAddresses"])) {
        const named = text(address["region"]);
        if (named !== undefined) regions.add(regionCode(named) ?? named);
      }
    }
    return [...regions];
  },

  suitable: ({ tender }, whom) =>
    flag(at(tender, "suitability", whom)) ??
    flag(at(tender, "xClassifications", whom === "sme" ? "isSuitableForSme" : "isSuitableForVco")),
};
