// A connection string that is cut off, or whose password is not encoded, is quoted by no error: a thousand of them.
import { MongoClient } from "mongodb";
import { expect, it } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { withDatabase } from "../../../src/platform/database.ts";
import { withoutPieces } from "../../../src/platform/redact.ts";

const PIECES = ["S3cr3t", "PassXYZ", "Tail99"];
const now = new Date("2026-11-24T12:00:00Z");

function* strings(): Generator<string> {
  for (const scheme of ["mongodb://", "mongodb+srv://", "mongodb:/", "mongo://"])
    for (const between of [..."@/:?#%& []=,;\\\"'<>{}|^`+$!*()~.-_", "%4", "%40", "%zz", "é", ""]) {
      const password = `${PIECES[0]}${between}${PIECES[1]}${between}${PIECES[2]}`;
      const whole = `${scheme}u:${password}@cluster0.example.net/?retryWrites=true&appName=x`;
      yield whole;
      for (const cut of ["@cluster0", "@", PIECES[2] ?? ""])
        yield whole.slice(0, whole.indexOf(cut) + (cut === "@cluster0" ? 0 : cut.length));
      yield `${scheme}${password}@cluster0.example.net/`;
      yield `${scheme}u:${password}`;
      yield `${scheme}cluster0.example.net/${password}`;
      yield `${scheme}u:x@cluster0.example.net/?${password}=true`;
    }
}

const told = (text: string) => PIECES.filter((piece) => text.toLowerCase().includes(piece.toLowerCase()));

it("no malformed connection string leaks a piece", async () => {
  const all = [...strings()];
  expect(all.length).toBeGreaterThan(1000);
  for (const uri of all) {
    const texts: string[] = [];
    const note = (error: unknown) => {
      for (let at = error; at instanceof Error; at = at.cause)
        texts.push(`${at.message}\n${at.stack?.split("\n    at ")[0]}`);
    };
    try {
      readConfig({ MONGODB_URI: uri }, now);
    } catch (error) {
      note(error);
    }
    try {
      const { srvHost, hosts } = new MongoClient(uri).options;
      // What DNS and sockets say of it, in the driver's words.
      for (const host of [srvHost ? `_mongodb._tcp.${srvHost}` : "", ...hosts.map(String)])
        texts.push(withoutPieces(`getaddrinfo ENOTFOUND ${host}`, uri));
    } catch (error) {
      texts.push(withoutPieces(String(error), uri));
      await withDatabase({ uri, name: "x" }, async () => undefined).catch(note);
    }
    expect([uri, told(texts.join("\n"))]).toEqual([uri, []]);
  }
});

it("keeps what an error says apart from that", () => {
  const uri = "mongodb://user:hunter22@127.0.0.1:27017/";
  expect(withoutPieces("connect ECONNREFUSED 127.0.0.1:9", uri)).toMatch(/^connect ECONNREFUSED .*:9$/);
  expect(withoutPieces("Authentication failed.", uri)).toBe("Authentication failed.");
});
