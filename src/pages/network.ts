// The part of a client's address that one household or server shares: of IPv6 the first half, however it is written.

/** @param address as Cloudflare saw it */
export function networkOf(address: string | undefined): string {
  if (!address?.includes(":")) return address ?? "unknown";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = "", after] = address.split("::");
  const [front, back] = [before, after ?? ""].map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = after === undefined ? 0 : Math.max(0, 8 - (front?.length ?? 0) - (back?.length ?? 0));
  const groups = [...(front ?? []), ...Array.from({ length: zeros }, () => "0"), ...(back ?? [])];
  return groups
    .slice(0, 4)
    .map((group) => (Number.parseInt(group, 16) || 0).toString(16))
    .join(":");
}
