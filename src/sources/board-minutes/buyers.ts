// Whose documents a site has: its councils as buyers, by their register number or their name.
import type { MappedBuyer } from "../../terms/documents.ts";
import { isRegister, nameId } from "../../terms/organisation.ts";
import type { ReadContext } from "../source.ts";
import type { OwnedCouncil } from "./owners.ts";
import type { BoardSite, Council } from "./records.ts";
import { secure } from "./urls.ts";

const PLATFORM = "ModernGov";

export async function ownedCouncils(
  { buyers }: Pick<ReadContext, "buyers">,
  { councils, baseUrl }: Pick<BoardSite, "councils" | "baseUrl">,
): Promise<OwnedCouncil[]> {
  const ids = await buyers.idsFor(councils.map(buyerOf));
  const owned: OwnedCouncil[] = [];
  for (const [at, council] of councils.entries()) {
    const buyerId = ids[at];
    if (!buyerId) throw new Error(`${council.name} has no buyer`);
    await buyers.sayWhereUnsaid(buyerId, {
      democracyPortalUrl: secure(baseUrl),
      democracyPlatform: PLATFORM,
    });
    owned.push({ ...council, buyerId });
  }
  return owned;
}

/** `GB-PPON-PJYG-6658-PPMY`: the register's name has one hyphen. */
const NUMBER = /^([A-Z]+-[A-Z]+)-(.+)$/;

function buyerOf({ name, orgId }: Council): MappedBuyer {
  const [, scheme, id] = NUMBER.exec(orgId ?? "") ?? [];
  if (scheme && id && isRegister(scheme))
    return { name, orgId: `${scheme}-${id}`, identifiers: [{ scheme, id }] };
  return { name, orgId: nameId(name) ?? "auto-", identifiers: [] };
}
