// Whose documents a site has. Until buyers have ids that documents can refer to, an id is made of the council's name.
import { createHash } from "node:crypto";
import { ObjectId } from "mongodb";
import type { Database } from "../../platform/database.ts";
import type { OwnedCouncil } from "./owners.ts";
import type { BoardSite } from "./records.ts";

export async function ownedCouncils(_db: Database, site: BoardSite, _now: Date): Promise<OwnedCouncil[]> {
  return site.councils.map((council) => ({
    ...council,
    buyerId: new ObjectId(createHash("sha256").update(council.name).digest().subarray(0, 12)),
  }));
}
