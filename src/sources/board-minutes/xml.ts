// XML as a strict parser reads it: an answer that ends early, or is a page of a firewall, is not one. Elements are asked
// for by name; one that repeats and one that stands alone are read alike.
import { DOMParser, type Element, XMLSerializer } from "@xmldom/xmldom";

export type { Element };

/** The root element of a bare answer, or of what a SOAP envelope carries; null when the text is not well-formed XML. */
export function rootOf(text: string): Element | null {
  const parser = new DOMParser({ onError: () => undefined, locator: false });
  try {
    const root = parser.parseFromString(text.replace(/^[\ufeff\s]+/, ""), "text/xml").documentElement;
    return root?.localName === "Envelope" ? carried(root) : root;
  } catch {
    return null; // a ParseError: unclosed, mismatched or missing tags
  }
}

/** Envelope › Body › …Response › …Result › the element; a Fault has no result. */
function carried(envelope: Element): Element | null {
  const body = children(envelope).find(({ localName }) => localName === "Body");
  const response = body && children(body)[0];
  const result = response && children(response).find(({ localName }) => localName?.endsWith("Result"));
  return (result && children(result)[0]) ?? null;
}

export function children(parent: Element, name?: string): Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (isElement(node) && (name === undefined || node.localName === name)) found.push(node);
  }
  return found;
}

function isElement(node: { nodeType: number }): node is Element {
  return node.nodeType === 1;
}

/** The elements called `name` in the element called `list`, however many. */
export function listed(parent: Element, list: string, name: string): Element[] {
  return children(parent, list).flatMap((one) => children(one, name));
}

/** The trimmed content of a child; markup that stands in it unescaped is kept as markup. Empty when there is no such child. */
export function field(parent: Element, name: string): string {
  const child = children(parent, name)[0];
  if (!child) return "";
  if (children(child).length === 0) return child.textContent?.trim() ?? "";
  const serializer = new XMLSerializer();
  return [...child.childNodes]
    .map((node) => serializer.serializeToString(node))
    .join("")
    .trim();
}

/** `True` and `False`; null when it says neither. */
export function flag(parent: Element, name: string): boolean | null {
  const text = field(parent, name).toLowerCase();
  return text === "true" ? true : text === "false" ? false : null;
}

/** A count has a blank before it. Null when it is not a whole number. */
export function count(parent: Element, name: string): number | null {
  const text = field(parent, name);
  return /^\d+$/.test(text) ? Number(text) : null;
}
