// Errors quote what they could not read. Of a secret nothing may be quoted, not even a piece: a connection string that was cut
// off ends in the middle of its password, and then the password stands where a host should.

const PIECE_LENGTH_MIN = 3;
// What says nothing of anybody, and what messages need to be understood.
const PLAIN = new Set([
  "mongodb",
  "srv",
  "tcp",
  "net",
  "com",
  "localhost",
  "true",
  "false",
  "admin",
  "the",
  "url",
  "invalid",
  "unable",
  "parse",
]);

/** The text with each piece of the secret, as it is written or decoded, replaced. */
export function withoutPieces(text: string, secret: string): string {
  const pieces = [secret, decoded(secret)].flatMap((one) => one.split(/[^\p{L}\p{N}]+/u));
  const telling = [...new Set(pieces.map((piece) => piece.toLowerCase()))]
    .filter((piece) => piece.length >= PIECE_LENGTH_MIN && !PLAIN.has(piece))
    .sort((a, b) => b.length - a.length);
  if (telling.length === 0) return text;
  // Letters and digits alone: none of them means anything in a pattern.
  const pattern = new RegExp(telling.join("|"), "giu");
  return text.replaceAll(pattern, "[…]");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an escape that is cut off too
  }
}
