// Types that JSON has no word for, as zod schemas; `bsonType` is what MongoDB's validators ask (platform/validators.ts).
import { ObjectId } from "mongodb";
import { z } from "zod";

export const objectIdSchema = z.instanceof(ObjectId).meta({ bsonType: "objectId" });
