// Types that several documents use. `bsonType` is what MongoDB's validators ask of the types that JSON has no word for
// (platform/validators.ts).
import { ObjectId } from "mongodb";
import { z } from "zod";

export const objectIdSchema = z.instanceof(ObjectId).meta({ bsonType: "objectId" });
/** A source's id; which there are, src/sources says. */
export const sourceSchema = z.string().regex(/^[A-Z][A-Z0-9_]*$/);
