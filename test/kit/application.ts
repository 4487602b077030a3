// The application that reads the database (and writes into it), as far as its models and queries are known: Mongoose models
// with its required fields, enums and indexes, and nothing of ours.
import mongoose, { Schema } from "mongoose";

const { ObjectId, Mixed } = Schema.Types;

const contract = new Schema(
  {
    ocid: String,
    noticeId: { type: String, required: true },
    source: { type: String, enum: ["FIND_A_TENDER", "CONTRACTS_FINDER"], required: true },
    sourceUrl: String,
    title: { type: String, required: true },
    description: String,
    status: { type: String, enum: ["OPEN", "CLOSED", "AWARDED", "CANCELLED"] },
    stage: { type: String, enum: ["PLANNING", "TENDER", "AWARD"] },
    buyerId: { type: ObjectId, ref: "Buyer" },
    buyerName: { type: String, required: true },
    buyerRegion: String,
    cpvCodes: [String],
    sector: String,
    ...{ valueMin: Number, valueMax: Number, currency: String },
    ...{ publishedDate: Date, deadlineDate: Date, contractStartDate: Date, contractEndDate: Date },
    ...{ procurementMethod: String, procurementMethodDetails: String },
    contractMechanism: {
      type: String,
      enum: ["standard", "framework", "dps", "call_off_framework", "call_off_dps"],
    },
    contractType: { type: String, enum: ["goods", "services", "works"] },
    ...{ submissionPortalUrl: String, suitableForSme: Boolean, suitableForVco: Boolean, lotCount: Number },
    ...{ tenderPeriodStart: Date, enquiryPeriodEnd: Date },
    awardedSuppliers: [{ _id: false, name: String, supplierId: String }],
    ...{ awardDate: Date, awardValue: Number, rawData: Mixed },
    ...{ vibeScore: Number, vibeReasoning: String },
    documents: [{ _id: false, id: String, documentType: String, title: String, url: String, format: String }],
  },
  { timestamps: true },
);
contract.index({ source: 1, noticeId: 1 }, { unique: true });
contract.index({ title: "text", description: "text" });
contract.index({ status: 1, publishedDate: -1 });
contract.index({ sector: 1, status: 1 });
for (const field of [
  ...["status", "buyerName", "buyerRegion", "buyerId", "sector", "publishedDate", "deadlineDate"],
  ...["contractMechanism", "contractType", "suitableForSme", "suitableForVco", "ocid"],
])
  contract.index({ [field]: 1 });

const buyer = new Schema(
  {
    name: { type: String, required: true },
    orgId: { type: String, unique: true, sparse: true },
    nameLower: { type: String, unique: true, sparse: true },
    ...{ sector: String, region: String, website: String, contractCount: Number, description: String },
    ...{ logoUrl: String, enrichmentScore: Number, enrichmentPriority: Number, orgType: String },
    contacts: [Mixed],
  },
  { timestamps: true },
);

const syncJob = new Schema({
  source: String,
  status: String,
  totalFetched: Number,
  lastRunAt: Date,
  lastRunFetched: Number,
  lastRunErrors: Number,
  errorLog: [String],
});

export type Application = Awaited<ReturnType<typeof startApplication>>;

/** Its start: connection and models. */
export async function startApplication(uri: string, dbName: string) {
  const connection = await mongoose.createConnection(uri, { dbName, autoIndex: false }).asPromise();
  return {
    connection,
    Contract: connection.model("Contract", contract, "contracts"),
    Buyer: connection.model("Buyer", buyer, "buyers"),
    SyncJob: connection.model("SyncJob", syncJob, "syncJobs"),
  };
}

/** As Mongoose makes them when it starts: one that cannot be made is an event of its model, and the rest goes on. */
export async function makeIndexes({ Contract, Buyer }: Application): Promise<string[]> {
  const failed: string[] = [];
  const models = [
    { collection: Contract.collection, indexes: Contract.schema.indexes() },
    { collection: Buyer.collection, indexes: Buyer.schema.indexes() },
  ];
  for (const { collection, indexes } of models) {
    for (const [key, options] of indexes) {
      try {
        await collection.createIndex(key as never, options as never);
      } catch (error) {
        failed.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  return failed;
}
