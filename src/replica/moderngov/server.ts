// The board minutes' replica as an HTTP server on 127.0.0.1, with its truth under /__truth/{site}.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  type BoardAnswer,
  type BoardReplica,
  type BoardReplicaOptions,
  createBoardReplica,
} from "./replica.ts";

export interface RunningBoardReplica {
  url: string;
  replica: BoardReplica;
  close(): Promise<void>;
}

/** @param port 0, the default: any free one */
export async function startBoardReplica(
  options: BoardReplicaOptions & { port?: number; now?: () => number },
): Promise<RunningBoardReplica> {
  const replica = createBoardReplica(options);
  const clock = options.now ?? Date.now;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
    const [, key] = /^\/__truth\/(\w+)$/.exec(url.pathname) ?? [];
    if (key) {
      const truth = replica.truth(key, { base: `${url.origin}/${key}`, now: clock() });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(truth));
      return;
    }
    const body = await bodyOf(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const method = request.method ?? "GET";
    deliver(response, replica.handle({ url: url.href, method, headers, body, now: clock() }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the replica has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    replica,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return body;
}

function deliver(response: ServerResponse, { status, headers, body, transport }: BoardAnswer): void {
  const whole = () => {
    response.writeHead(status, { ...headers, "content-length": body.length });
    response.end(body);
  };
  if (transport?.kind === "reset") response.socket?.destroy();
  else if (transport?.kind === "slow") setTimeout(whole, transport.ms).unref();
  else if (transport?.kind === "truncated") {
    response.writeHead(status, headers);
    response.end(body.subarray(0, Math.floor(body.length / 2)));
  } else whole();
}
