// The replica as an HTTP server on 127.0.0.1: both APIs at one origin, with what can only go wrong on the way, and the
// truth under /__truth and /__stats.
import { createServer, type ServerResponse } from "node:http";
import { type Answer, createReplica, type Replica, type ReplicaOptions } from "./answer.ts";
import { SOURCES, type Source } from "./sources.ts";

export interface RunningReplica {
  url: string;
  replica: Replica;
  options: ReplicaOptions;
  close(): Promise<void>;
}

/** @param port 0, the default: any free one @param clock its time in ms; by default this machine's */
export async function startReplica(
  options: ReplicaOptions & { port?: number; clock?: () => number },
): Promise<RunningReplica> {
  const replica = createReplica(options);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
    const now = (options.clock ?? Date.now)();
    if (url.pathname === "/__stats") sendJson(response, replica.stats());
    else if (url.pathname === "/__truth") sendTruth(response, { replica, url, now });
    else send(response, replica.handle({ url: url.href, now }));
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
    options,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, answer: Answer): void {
  const { status, headers, body, transport } = answer;
  const deliver = () => {
    response.writeHead(status, { ...headers, "content-length": body.length });
    response.end(body);
  };
  switch (transport?.kind) {
    case undefined:
      deliver();
      break;
    case "slow":
      setTimeout(deliver, transport.ms);
      break;
    case "reset":
      response.socket?.destroy();
      break;
    case "truncated":
      // As a proxy in between does it: chunked, half of it, and a proper end.
      response.writeHead(status, headers);
      response.end(body.subarray(0, Math.floor(body.length / 2)));
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** What is published now: counts, or with `?source=…&full=1` every distinct release as a line of JSON. */
function sendTruth(
  response: ServerResponse,
  { replica, url, now }: { replica: Replica; url: URL; now: number },
): void {
  const source = SOURCES.find((one) => one === url.searchParams.get("source"));
  if (!source) {
    const counts = (one: Source) => {
      const rows = replica.published(one, now);
      const broken = rows.filter(
        ({ plant }) => plant === "broken-release" || plant === "unclosed-quote",
      ).length;
      return [one, broken === 0 ? { published: rows.length } : { published: rows.length, broken }];
    };
    sendJson(response, Object.fromEntries(SOURCES.map(counts)));
    return;
  }
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  for (const { ocid, releaseId, at, plant } of replica.published(source, now)) {
    response.write(`${JSON.stringify({ ocid, releaseId, at: new Date(at).toISOString(), plant })}\n`);
  }
  response.end();
}
