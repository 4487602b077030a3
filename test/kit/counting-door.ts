// Stands before a mongod and counts the connections that it is asked for: the server's own count has those of all tests.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface CountingDoor {
  uri: string;
  /** Connections so far. */
  count(): number;
  close(): Promise<void>;
}

export async function openCountingDoor(mongoUri: string): Promise<CountingDoor> {
  const inside = new URL(mongoUri);
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((outer) => {
    count += 1;
    const inner = connect(Number(inside.port), inside.hostname);
    for (const [one, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      sockets.add(one.on("error", () => undefined).on("close", () => other.destroy()));
      one.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const outside = new URL(mongoUri);
  outside.host = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  return {
    uri: outside.href,
    count: () => count,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
