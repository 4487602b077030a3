// Stands between the driver and a mongod and speaks for Atlas once the quota is used up: after so many single writes every
// further one is refused with its code 8000, in the middle of a bulk write too; what came before it is really written.

import { once } from "node:events";
import { connect as connectTo, createServer, type Socket } from "node:net";
import { BSON } from "mongodb";

const ATLAS_ERROR = 8000;
const MESSAGE = "you are over your space quota, using 512 MB of 512 MB";
const REFUSAL = { ok: 0, code: ATLAS_ERROR, codeName: "AtlasError", errmsg: MESSAGE };

export interface Refused {
  command: string;
  kept: number;
  of: number;
}

export interface QuotaProxy {
  uri: string;
  /** From now on `writes` single ones still go through; all do again once so many commands have deleted contracts. */
  fullAfter(writes: number, deletes?: number): void;
  makeRoom(): void;
  /** Commands with a refused write since the last fullAfter, and how many of theirs went through before it. */
  refused(): Refused[];
  close(): Promise<void>;
}

export async function startQuotaProxy(mongoUri: string): Promise<QuotaProxy> {
  const { hostname, port, pathname, search } = new URL(mongoUri);
  const NEVER = Number.POSITIVE_INFINITY;
  const state: { left: number; deletes: number; refused: Refused[] } = {
    left: NEVER,
    deletes: NEVER,
    refused: [],
  };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const mongod = connectTo(Number(port), hostname);
    for (const socket of [client, mongod]) {
      sockets.add(socket.on("error", () => undefined));
      socket.on("close", () => {
        client.destroy();
        mongod.destroy();
      });
    }
    // The replies to commands that were cut short, by the request that they answer.
    const cut = new Map<number, { kept: number; all: number; ordered: boolean }>();
    forEachMessage(client, (message) => {
      const command = readCommand(message);
      const writes = command ? writesIn(command.body, command.list) : 0;
      if (command?.name === "delete" && command.body["delete"] === "contracts" && --state.deletes === 0)
        state.left = NEVER;
      if (!command || writes <= state.left) {
        state.left -= writes;
        mongod.write(message);
        return;
      }
      const kept = state.left;
      state.left = 0;
      state.refused.push({ command: `${command.name} ${command.body[command.name]}`, kept, of: writes });
      if (kept === 0) client.write(replyTo(message, REFUSAL));
      else {
        cut.set(message.readInt32LE(4), { kept, all: writes, ordered: command.body["ordered"] !== false });
        mongod.write(firstOf(message, command, kept));
      }
    });
    forEachMessage(mongod, (message) => {
      const reply = cut.get(message.readInt32LE(8));
      if (!reply) return void client.write(message);
      cut.delete(message.readInt32LE(8));
      const { kept, all, ordered } = reply;
      const refused = Array.from({ length: ordered ? 1 : all - kept }, (_, at) => kept + at);
      const writeErrors = refused.map((index) => ({ index, code: ATLAS_ERROR, errmsg: MESSAGE }));
      const body = { ...BSON.deserialize(message.subarray(21)), writeErrors };
      client.write(replyTo(message, body, message.readInt32LE(8)));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const ownPort = typeof address === "object" && address ? address.port : 0;
  const fullAfter = (writes: number, deletes = NEVER) =>
    Object.assign(state, { left: writes, deletes, refused: [] });
  return {
    uri: `mongodb://127.0.0.1:${ownPort}${pathname}${search}`,
    fullAfter,
    makeRoom: () => fullAfter(NEVER),
    refused: () => state.refused,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** MongoDB's wire protocol: each message begins with its length. */
function forEachMessage(socket: Socket, use: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let length = lengthOf(rest); length > 0; length = lengthOf(rest)) {
      use(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}

function lengthOf(bytes: Buffer): number {
  if (bytes.length < 4) return 0;
  const length = bytes.readInt32LE(0);
  return bytes.length >= length ? length : 0;
}

interface Command {
  name: string;
  body: BSON.Document;
  bodyEnd: number;
  /** The documents of a bulk write, each where it begins and ends. */
  list: { from: number; to: number }[];
  listFrom: number;
}

const OP_MSG = 2013;
const SECTIONS_FROM = 20; // after header and flags

/** A command with at most one list of documents; null for anything else. */
function readCommand(message: Buffer): Command | null {
  if (message.readInt32LE(12) !== OP_MSG) return null;
  let [body, bodyEnd, listFrom]: [BSON.Document, number, number] = [{}, 0, 0];
  const list: Command["list"] = [];
  for (let at = SECTIONS_FROM; at < message.length; ) {
    const size = message.readInt32LE(at + 1);
    if (message[at] === 0) {
      bodyEnd = at + 1 + size;
      body = BSON.deserialize(message.subarray(at + 1, bodyEnd));
      at = bodyEnd;
    } else {
      listFrom = at;
      const end = at + 1 + size;
      let from = message.indexOf(0, at + 5) + 1; // after the list's name
      for (; from < end; from += message.readInt32LE(from))
        list.push({ from, to: from + message.readInt32LE(from) });
      at = end;
    }
  }
  const [name = ""] = Object.keys(body);
  return { name, body, bodyEnd, list, listFrom };
}

/** How many single writes, each of which may take room, a command holds. */
function writesIn(body: BSON.Document, list: Command["list"]): number {
  const [name] = Object.keys(body);
  if (name === "insert" || name === "update")
    return list.length || (body["documents"] ?? body["updates"]).length;
  if (name === "findAndModify") return body["remove"] ? 0 : 1;
  const stages: BSON.Document[] = name === "aggregate" ? body["pipeline"] : [];
  return stages.some((stage) => "$merge" in stage || "$out" in stage) ? 1 : 0;
}

/** The same bulk write with its first documents only. */
function firstOf(message: Buffer, { list, listFrom, body, bodyEnd }: Command, kept: number): Buffer {
  if (list.length === 0) {
    const name = body["documents"] ? "documents" : "updates";
    const shorter = BSON.serialize({ ...body, [name]: body[name].slice(0, kept) });
    return withLength(Buffer.concat([message.subarray(0, SECTIONS_FROM + 1), shorter]));
  }
  const end = list[kept - 1]?.to ?? bodyEnd;
  const shorter = Buffer.from(message.subarray(0, end));
  shorter.writeInt32LE(end - listFrom - 1, listFrom + 1);
  const after = message.subarray(list.at(-1)?.to ?? end); // a body that stands behind its list
  return withLength(Buffer.concat([shorter, after]));
}

function withLength(message: Buffer): Buffer {
  message.writeInt32LE(message.length, 0);
  return message;
}

function replyTo(message: Buffer, body: object, requestId = message.readInt32LE(4)): Buffer {
  const header = Buffer.alloc(SECTIONS_FROM + 1);
  header.writeInt32LE(requestId, 8);
  header.writeInt32LE(OP_MSG, 12);
  return withLength(Buffer.concat([header, BSON.serialize(body)]));
}
