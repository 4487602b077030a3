// Official lists: CPV divisions (Commission Regulation (EC) No 213/2008) and UK regions (ITL, formerly NUTS).
const DIVISIONS: Record<string, string> = {
  "03": "Agricultural, farming, fishing, forestry and related products",
  "09": "Petroleum products, fuel, electricity and other sources of energy",
  "14": "Mining, basic metals and related products",
  "15": "Food, beverages, tobacco and related products",
  "16": "Agricultural machinery",
  "18": "Clothing, footwear, luggage articles and accessories",
  "19": "Leather and textile fabrics, plastic and rubber materials",
  "22": "Printed matter and related products",
  "24": "Chemical products",
  "30": "Office and computing machinery, equipment and supplies except furniture and software packages",
  "31": "Electrical machinery, apparatus, equipment and consumables; lighting",
  "32": "Radio, television, communication, telecommunication and related equipment",
  "33": "Medical equipments, pharmaceuticals and personal care products",
  "34": "Transport equipment and auxiliary products to transportation",
  "35": "Security, fire-fighting, police and defence equipment",
  "37": "Musical instruments, sport goods, games, toys, handicraft, art materials and accessories",
  "38": "Laboratory, optical and precision equipments (excl. glasses)",
  "39": "Furniture (incl. office furniture), furnishings, domestic appliances (excl. lighting) and cleaning products",
  "41": "Collected and purified water",
  "42": "Industrial machinery",
  "43": "Machinery for mining, quarrying, construction equipment",
  "44": "Construction structures and materials; auxiliary products to construction (except electric apparatus)",
  "45": "Construction work",
  "48": "Software package and information systems",
  "50": "Repair and maintenance services",
  "51": "Installation services (except software)",
  "55": "Hotel, restaurant and retail trade services",
  "60": "Transport services (excl. Waste transport)",
  "63": "Supporting and auxiliary transport services; travel agencies services",
  "64": "Postal and telecommunications services",
  "65": "Public utilities",
  "66": "Financial and insurance services",
  "70": "Real estate services",
  "71": "Architectural, construction, engineering and inspection services",
  "72": "IT services: consulting, software development, Internet and support",
  "73": "Research and development services and related consultancy services",
  "75": "Administration, defence and social security services",
  "76": "Services related to the oil and gas industry",
  "77": "Agricultural, forestry, horticultural, aquacultural and apicultural services",
  "79": "Business services: law, marketing, consulting, recruitment, printing and security",
  "80": "Education and training services",
  "85": "Health and social work services",
  "90": "Sewage, refuse, cleaning and environmental services",
  "92": "Recreational, cultural and sporting services",
  "98": "Other community, social and personal services",
};

/** Eight digits, without the check digit that some write behind them. */
export function cpvCode(value: unknown): string | undefined {
  const code = typeof value === "number" ? String(value).padStart(8, "0") : value;
  return typeof code === "string" ? /^\s*(\d{8})(?:-\d)?\s*$/.exec(code)?.[1] : undefined;
}

/** The name of a code's division, one of 45. */
export function sectorOf(code: string | undefined): string | undefined {
  return code === undefined ? undefined : DIVISIONS[code.slice(0, 2)];
}

const REGIONS: Record<string, string> = {
  UK: "United Kingdom",
  UKC: "North East (England)",
  UKC1: "Tees Valley and Durham",
  UKC2: "Northumberland and Tyne and Wear",
  UKD: "North West (England)",
  UKD1: "Cumbria",
  UKD3: "Greater Manchester",
  UKD4: "Lancashire",
  UKD6: "Cheshire",
  UKD7: "Merseyside",
  UKE: "Yorkshire and the Humber",
  UKE1: "East Yorkshire and Northern Lincolnshire",
  UKE2: "North Yorkshire",
  UKE3: "South Yorkshire",
  UKE4: "West Yorkshire",
  UKF: "East Midlands (England)",
  UKF1: "Derbyshire and Nottinghamshire",
  UKF2: "Leicestershire, Rutland and Northamptonshire",
  UKF3: "Lincolnshire",
  UKG: "West Midlands (England)",
  UKG1: "Herefordshire, Worcestershire and Warwickshire",
  UKG2: "Shropshire and Staffordshire",
  UKG3: "West Midlands",
  UKH: "East (England)",
  UKH1: "East Anglia",
  UKH2: "Bedfordshire and Hertfordshire",
  UKH3: "Essex",
  UKI: "London",
  UKI3: "Inner London - West",
  UKI4: "Inner London - East",
  UKI5: "Outer London - East and North East",
  UKI6: "Outer London - South",
  UKI7: "Outer London - West and North West",
  UKJ: "South East (England)",
  UKJ1: "Berkshire, Buckinghamshire and Oxfordshire",
  UKJ2: "Surrey, East and West Sussex",
  UKJ3: "Hampshire and Isle of Wight",
  UKJ4: "Kent",
  UKK: "South West (England)",
  UKK1: "Gloucestershire, Wiltshire and Bath/Bristol area",
  UKK2: "Dorset and Somerset",
  UKK3: "Cornwall and Isles of Scilly",
  UKK4: "Devon",
  UKL: "Wales",
  UKL1: "West Wales and The Valleys",
  UKL2: "East Wales",
  UKM: "Scotland",
  UKM5: "North Eastern Scotland",
  UKM6: "Highlands and Islands",
  UKM7: "Eastern Scotland",
  UKM8: "West Central Scotland",
  UKM9: "Southern Scotland",
  UKN: "Northern Ireland",
  UKN0: "Northern Ireland",
};

/** The plain name of an ITL or NUTS code: of its ITL 2 region, or of what is named above that. */
export function regionName(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  const uk = code.toUpperCase().replace(/^TL/, "UK"); // codes of 2021 on begin with TL
  for (let length = Math.min(4, uk.length); length >= 2; length--) {
    const name = REGIONS[uk.slice(0, length)];
    if (name) return name;
  }
  return undefined;
}
