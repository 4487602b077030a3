// Can MongoDB be reached from here: its name, then its port.
import { lookup, resolveSrv } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { MongoClient } from "mongodb";
import { type Check, failed, message, skipped, warning, well } from "../finding.ts";

/** A client that never connects: the driver's own reading of the connection string. */
export function parsed(uri: string): MongoClient | Error {
  try {
    return new MongoClient(uri);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const NAME_ADVICE =
  "Copy the connection string once more from Atlas (Connect, Drivers): its host is not known here.";

/** @param unquoted takes what stands in the connection string out of a text */
export async function checkNames(
  client: MongoClient | Error,
  unquoted: (text: string) => string,
): ReturnType<Check> {
  if (client instanceof Error)
    return failed(`MONGODB_URI cannot be read: ${unquoted(message(client))}`, NAME_ADVICE);
  const { srvHost } = client.options;
  try {
    const hosts = srvHost
      ? (await resolveSrv(`_mongodb._tcp.${srvHost}`)).map(({ name }) => name)
      : client.options.hosts.map(({ host }) => host ?? "");
    for (const host of hosts) await lookup(host);
    return well(hosts.join(", "));
  } catch (error) {
    return failed(`the host of MONGODB_URI has no address: ${unquoted(message(error))}`, NAME_ADVICE);
  }
}

const PORT_ADVICE =
  "Atlas refuses addresses that are not on the IP access list (Network Access), and while a cluster is paused or still being made. Workers have no fixed addresses: allow 0.0.0.0/0.";

export async function checkPort(client: MongoClient | Error): ReturnType<Check> {
  if (client instanceof Error) return skipped("its connection string cannot be read");
  const { srvHost, tls } = client.options;
  const hosts = srvHost
    ? (await resolveSrv(`_mongodb._tcp.${srvHost}`)).map(({ name, port }) => ({ host: name, port }))
    : client.options.hosts.map(({ host, port }) => ({ host: host ?? "", port: port ?? 27_017 }));
  const errors: string[] = [];
  for (const { host, port } of hosts) {
    try {
      await knock({ host, port, tls });
      const found = `${host}:${port} answers${tls ? " over TLS" : ""}`;
      const open = openness(client, host);
      return open === null ? well(found) : warning(`${found}; ${open.what}`, open.advice);
    } catch (error) {
      errors.push(`${host}:${port}: ${message(error)}`);
    }
  }
  return failed(errors.join("; "), PORT_ADVICE);
}

/** What would let others read along; null where nothing does. */
function openness(client: MongoClient, host: string): { what: string; advice: string } | null {
  const { tls, tlsAllowInvalidCertificates, tlsAllowInvalidHostnames, tlsInsecure } = client.options;
  if (tls && (tlsAllowInvalidCertificates || tlsAllowInvalidHostnames || tlsInsecure))
    return {
      what: "its certificate is not checked",
      advice:
        "Take tlsAllowInvalidCertificates, tlsAllowInvalidHostnames and tlsInsecure out of MONGODB_URI: with them anybody on the way can read the password.",
    };
  const isNear =
    /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd][\da-f]{2}:)/i.test(host) ||
    !/[.:]/.test(host);
  if (!tls && !isNear)
    return {
      what: "nothing is encrypted",
      advice:
        "Add tls=true to MONGODB_URI (mongodb+srv:// has it): the password and all data can be read on the way.",
    };
  return null;
}

const KNOCK_MS_MAX = 10_000;

function knock({ host, port, tls }: { host: string; port: number; tls: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, servername: host }, () => end(null))
      : connectTcp({ host, port }, () => end(null));
    const end = (error: Error | null) => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(KNOCK_MS_MAX, () => end(new Error(`no answer within ${KNOCK_MS_MAX / 1000} s`)));
    socket.once("error", end);
    socket.once("close", () => end(new Error("the connection was closed")));
  });
}
