// As much of Cloudflare's API as `wrangler` asks for when it deploys a Worker and keeps its secrets, on this machine.
import { once } from "node:events";
import { createServer } from "node:http";

export interface FakeCloudflare {
  /** For `CLOUDFLARE_API_BASE_URL`. */
  url: string;
  secrets: Set<string>;
  /** `PUT /workers/scripts/…`, without the account. */
  changes: string[];
  close(): void;
}

const ACCOUNT = "/accounts/an-account";

export async function startFakeCloudflare(): Promise<FakeCloudflare> {
  const secrets = new Set<string>();
  const changes: string[] = [];
  let deployed = false;
  const server = createServer(async (request, response) => {
    const path = (request.url ?? "").split("?")[0]?.replace(ACCOUNT, "") ?? "";
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = (result: unknown, status = 200, errors: object[] = []) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ success: status === 200, errors, messages: [], result }));
    };
    const unknown = (code: number) => answer(null, 404, [{ code, message: "This Worker does not exist" }]);
    if (request.headers.authorization !== "Bearer a-token")
      return answer(null, 403, [{ code: 9109, message: "Invalid access token" }]);
    if (request.method !== "GET") changes.push(`${request.method} ${path}`);
    const known = deployed || secrets.size > 0;
    if (path.endsWith("/secrets") && request.method === "PUT") {
      const { name }: { name: string } = JSON.parse(Buffer.concat(chunks).toString());
      secrets.add(name);
      return answer({ name, type: "secret_text" });
    }
    if (path.endsWith("/secrets"))
      return known ? answer([...secrets].map((name) => ({ name, type: "secret_text" }))) : unknown(10007);
    if (path.includes("/services/"))
      return deployed
        ? answer({ default_environment: { script: { last_deployed_from: "wrangler" } } })
        : unknown(10090);
    if (path === "/workers/subdomain") return answer({ subdomain: "example" });
    if (request.method === "PUT" && path.startsWith("/workers/scripts/")) deployed = true;
    answer({
      id: "an-id",
      startup_time_ms: 10,
      subdomain: { enabled: true, previews_enabled: false },
      deployments: [],
      schedules: [],
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, secrets, changes, close: () => server.close() };
}
