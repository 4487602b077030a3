// CPV codes, and the names of their divisions (Commission Regulation (EC) No 213/2008) as the application beside us has them;
// it has none for 16 and 19.
const DIVISIONS: Record<string, string> = {
  "03": "Agriculture & Forestry",
  "09": "Energy",
  "14": "Mining",
  "15": "Food & Beverages",
  "16": "Agricultural Machinery",
  "18": "Clothing & Textiles",
  "19": "Leather & Rubber",
  "22": "Publishing & Printing",
  "24": "Chemicals",
  "30": "IT Equipment",
  "31": "Electrical Equipment",
  "32": "Telecoms",
  "33": "Medical Equipment",
  "34": "Transport Equipment",
  "35": "Security & Defence",
  "37": "Musical & Sports Equipment",
  "38": "Laboratory Equipment",
  "39": "Furniture",
  "41": "Water",
  "42": "Industrial Machinery",
  "43": "Mining Machinery",
  "44": "Construction Materials",
  "45": "Construction",
  "48": "Software",
  "50": "Repair & Maintenance",
  "51": "Installation",
  "55": "Hospitality",
  "60": "Transport",
  "63": "Transport Support",
  "64": "Postal & Telecom",
  "65": "Utilities",
  "66": "Financial Services",
  "70": "Real Estate",
  "71": "Architecture & Engineering",
  "72": "IT Services",
  "73": "R&D",
  "75": "Public Administration",
  "76": "Oil & Gas",
  "77": "Agriculture Services",
  "79": "Business Services",
  "80": "Education",
  "85": "Health & Social",
  "90": "Environmental Services",
  "92": "Recreation & Culture",
  "98": "Other Services",
};

const DIGITS = 8;
const withCheckDigit = /^\s*(\d{8})(?:\s*-?\s*\d)?\s*$/;
const LENGTH_MAX = 40; // with its check digit and spaces 12; the pattern takes the square of what is longer

/** Eight digits, without the check digit that some write behind them; a number has lost its leading zero. */
export function cpvCode(value: unknown): string | undefined {
  const code = typeof value === "number" ? String(value).padStart(DIGITS, "0") : value;
  return typeof code === "string" && code.length <= LENGTH_MAX ? withCheckDigit.exec(code)?.[1] : undefined;
}

/** The name of a code's division, one of 45. */
export function sectorOf(code: string | undefined): string | undefined {
  return code === undefined ? undefined : DIVISIONS[code.slice(0, 2)];
}
