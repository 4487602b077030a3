// Answers that nobody would think of: releases, pages, encodings, headers and settings for fast-check to grow.
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** Its releases stand in a page that is whole: the good one among them must be stored. */
  goodId: string | null;
  releases: number;
}

const NAMES = [
  ...[
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "valueOf",
    "toJSON",
    "toBSON",
    "hasOwnProperty",
    "length",
  ],
  ...[
    "_bsontype",
    "_id",
    "$where",
    "$set",
    "$literal",
    "a.b",
    ".",
    "$",
    "",
    "a\u0000b",
    "\ud800",
    "0",
    "then",
  ],
  ...[
    "ocid",
    "id",
    "tag",
    "date",
    "tender",
    "releases",
    "uri",
    "links",
    "next",
    "parties",
    "buyer",
    "awards",
  ],
];
const TEXTS = [
  ...NAMES,
  ...[
    "\u0000",
    "\ud83d",
    "a/b",
    "%2F",
    "&amp;&#0;&#xD800;",
    "<script>",
    "<br/>",
    "=1+1",
    "\u001b[2J",
    "homes agency",
  ],
  ...[
    "2026-06-10T11:00:00Z",
    "9999-12-31",
    "2026-03-29T01:30:00",
    "0000-00-00",
    "12345678   -   1",
    "1e400",
    " \n ",
  ],
];

const name = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 5 }));
const long = fc
  .tuple(
    fc.constantFrom("x", "\\", '"', "{", "homes ", " ", "é", "&amp;", "00"),
    fc.integer({ min: 1, max: 30_000 }),
  )
  .map(([unit, times]) => unit.repeat(times));
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
  { weight: 1, arbitrary: long },
);
const number = fc.constantFrom(
  "0",
  "-0",
  "000",
  "007",
  "1e9999",
  "-1e308",
  "9007199254740993",
  "12345678",
  "1.5",
);

const object = (members: [string, string][]) =>
  `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;

/** A value as it stands in JSON; most of it is. */
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(
      text.map((one) => JSON.stringify(one)),
      number,
      fc.constantFrom("null", "true", "[]", "{}"),
    ),
    fc.array(tie("value"), { maxLength: 4 }).map((all) => `[${all.join(",")}]`),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map(object),
    fc
      .tuple(fc.constantFrom("[", '{"a":', '{"_bsontype":', '[{"x":'), fc.integer({ min: 1, max: 7000 }))
      .map(
        ([open, depth]) =>
          `${open.repeat(depth)}1${(open.startsWith("[{") ? "}]" : open.startsWith("{") ? "}" : "]").repeat(depth)}`,
      ),
  ),
}));

const FIELDS = [
  "tag",
  "tender",
  "parties",
  "buyer",
  "awards",
  "contracts",
  "planning",
  "language",
  "title",
  "x",
];
const part = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "title",
        "description",
        "value",
        "items",
        "status",
        "lots",
        "documents",
        "tenderPeriod",
        "id",
        "name",
        "suppliers",
        "classification",
        "identifier",
      ),
      value,
    ),
    { maxLength: 4 },
  )
  .map(object);

const identity = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 99_999 }).map((one) => `"${String(one).padStart(6, "0")}-2026"`),
  },
  { weight: 2, arbitrary: text.map((one) => JSON.stringify(one)) },
  { weight: 1, arbitrary: value },
);

/** What makes a text no JSON any more. */
const damage = fc.oneof(
  { weight: 8, arbitrary: fc.constant((whole: string) => whole) },
  {
    weight: 1,
    arbitrary: fc
      .double({ min: 0, max: 1, noNaN: true })
      .map((at) => (whole: string) => whole.slice(0, Math.floor(at * whole.length))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom('"', "{", "}", "[", "]", "\\", ",", "n/a", "\u0000"),
      )
      .map(
        ([at, one]) =>
          (whole: string) =>
            `${whole.slice(0, Math.floor(at * whole.length))}${one}${whole.slice(Math.floor(at * whole.length))}`,
      ),
  },
);

/** Releases that are JSON: their page is whole whatever they hold. */
const release = fc
  .tuple(
    identity,
    identity,
    fc.array(
      fc.tuple(
        fc.constantFrom(...FIELDS),
        fc.oneof(
          value,
          part,
          part.map((one) => `[${one}]`),
        ),
      ),
      { maxLength: 5 },
    ),
  )
  .map(([ocid, id, fields]) =>
    object([
      ["ocid", ocid],
      ["id", id],
      ["date", '"2026-06-10T11:00:00Z"'],
      ["tag", '["tender"]'],
      ...fields,
    ]),
  );

const good = (id: string) =>
  `{"ocid":"ocds-good","id":"${id}","date":"2026-06-10T12:00:00Z","tag":["tender"],"tender":{"title":"Good"}}`;

const packed = fc.constantFrom<(body: Buffer) => { body: Buffer; encoding?: string }>(
  (body) => ({ body }),
  (body) => ({ body }),
  (body) => ({ body: gzipSync(body), encoding: "gzip" }),
  (body) => ({ body: brotliCompressSync(body), encoding: "br" }),
  (body) => ({ body: deflateSync(body), encoding: "deflate" }),
);
const badlyPacked = fc.constantFrom<(body: Buffer) => { body: Buffer; encoding?: string }>(
  (body) => ({ body, encoding: "gzip" }),
  (body) => ({ body: gzipSync(body).subarray(0, 30), encoding: "gzip" }),
  (body) => ({ body: gzipSync(gzipSync(body)), encoding: "gzip" }),
  (body) => ({ body: Buffer.from(body.toString("utf8"), "latin1") }),
  (body) => ({ body: Buffer.concat([Buffer.from([0xff, 0xfe]), body]) }),
  () => ({ body: gzipSync(Buffer.alloc(40_000_000, "[")), encoding: "gzip" }),
);

const headers = fc.dictionary(
  fc.constantFrom("retry-after", "content-type", "location", "x-constructor", "set-cookie"),
  fc.constantFrom(
    "0",
    "1",
    "-5",
    "1e9",
    "tomorrow",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "__proto__",
    "text/html",
    "a".repeat(3000),
  ),
  { maxKeys: 3 },
);

/** A page that is whole, in a proper packing: its good release must be stored, whatever its neighbours are. */
const wholePage = (most: number) =>
  fc.tuple(
    fc.array(release, { minLength: most > 12 ? most / 2 : 0, maxLength: most, size: "max" }),
    packed,
    headers,
  );
const strangePage = fc.tuple(
  fc.array(
    fc.tuple(release, damage).map(([one, broken]) => broken(one)),
    { maxLength: 8 },
  ),
  damage,
  badlyPacked,
  headers,
  fc.constantFrom(200, 200, 200, 204, 301, 404, 429, 403, 500, 503),
);

const VALUES_MAX = 500_000;
const BYTES_MAX = 2_500_000; // of characters, three bytes each at most
let ids = 0;

export function replyTo(url: string, reply: Grown): Reply {
  const id = `${String(++ids % 1_000_000).padStart(6, "0")}-2025`;
  const bodyOf = (releases: string[]) =>
    `{"uri":${JSON.stringify(url)},"version":"1.1","releases":[${releases.join(",")}]}`;
  if (reply.kind === "whole") {
    const [releases, pack, extra] = reply.of;
    const text = bodyOf([...releases, good(id)]);
    const { body, encoding } = pack(Buffer.from(text));
    // With more values than a page can have, it is asked for narrower.
    const isPage = (text.match(/[[{,]/g)?.length ?? 0) < VALUES_MAX && text.length < BYTES_MAX;
    return {
      status: 200,
      headers: headersOf(extra, encoding),
      body,
      goodId: isPage ? id : null,
      releases: releases.length + 1,
    };
  }
  const [releases, broken, pack, extra, status] = reply.of;
  const { body, encoding } = pack(Buffer.from(broken(bodyOf([...releases, good(id)]))));
  return { status, headers: headersOf(extra, encoding), body, goodId: null, releases: releases.length + 1 };
}

const headersOf = (extra: Record<string, string>, encoding?: string) => ({
  ...extra,
  ...(encoding === undefined ? {} : { "content-encoding": encoding }),
});

/** @param most releases of a page */
export const grown = (most: number) =>
  fc.oneof(
    { weight: 3, arbitrary: wholePage(most).map((of) => ({ kind: "whole" as const, of })) },
    { weight: 1, arbitrary: strangePage.map((of) => ({ kind: "strange" as const, of })) },
  );
export type Grown = ReturnType<typeof grown> extends fc.Arbitrary<infer T> ? T : never;

export const settings = fc.record({
  STORE_RAW: fc.constantFrom("none", "gzip", "full"),
  PAGE_LIMIT: fc.constantFrom("20", "50", "100"),
  CF_STAGES: fc.constantFrom("all", "tender", "planning,tender,award,implementation"),
  VERIFY_REQUESTS_PER_RUN: fc.constantFrom("0", "3"),
});
