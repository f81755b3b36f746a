// Reads the PROXY protocol header, versions 1 and 2, that a load balancer puts in front of a connection. It collects
// bytes until the header is whole and gives back what lies behind it; it knows no sockets.

/** Longest line of version 1, its end included. */
const lineMax = 107;
const prefixLength = 6;
const versionOnePrefix = "PROXY ";
const versionTwoSignature = new Uint8Array([
  0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
]);
const versionTwoHeader = 16;
const addressLength = { four: 12, six: 36 } as const;
/** Without a whole header for so long, the connection is closed. */
export const proxyHeaderTimeoutMillis = 5000;

export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
}

export const proxyOutcome = { more: "more", read: "read", refused: "refused" } as const;

export type ProxyRead =
  | { readonly kind: typeof proxyOutcome.more }
  | { readonly kind: typeof proxyOutcome.refused; readonly text: string }
  | {
      readonly kind: typeof proxyOutcome.read;
      /** Null when the proxy speaks for itself, or nobody spoke the PROXY protocol at all. */
      readonly address: ProxyAddress | null;
      readonly rest: Uint8Array;
    };

const more: ProxyRead = { kind: proxyOutcome.more };

export class ProxyHeaderReader {
  #bytes: Uint8Array = new Uint8Array(0);

  read(chunk: Uint8Array): ProxyRead {
    this.#bytes = joined(this.#bytes, chunk);
    const bytes = this.#bytes;
    if (bytes.length < prefixLength) {
      return more;
    }
    if (startsWith(bytes, versionTwoSignature.subarray(0, prefixLength))) {
      return readVersionTwo(bytes);
    }
    if (latin1(bytes, 0, prefixLength) === versionOnePrefix) {
      return readVersionOne(bytes);
    }
    return { kind: proxyOutcome.read, address: null, rest: bytes };
  }
}

function readVersionOne(bytes: Uint8Array): ProxyRead {
  const end = lineEnd(bytes);
  if (end === -1) {
    return bytes.length >= lineMax ? invalid("v1 line too long") : more;
  }
  const rest = bytes.subarray(end + 2);
  const fields = latin1(bytes, prefixLength, end)
    .split(/\s+/)
    .filter((field) => field !== "");
  const [family, source, destination, sourcePort, destinationPort] = fields;
  if (family === "UNKNOWN") {
    return { kind: proxyOutcome.read, address: null, rest };
  }
  if (
    fields.length !== 5 ||
    source === undefined ||
    destination === undefined ||
    sourcePort === undefined ||
    destinationPort === undefined
  ) {
    return invalid("invalid v1 format");
  }
  const isIp = family === "TCP4" ? isIpFour : isIpSix;
  if (family !== "TCP4" && family !== "TCP6") {
    return invalid(`invalid protocol ${family}`);
  }
  if (!isIp(source) || !isIp(destination)) {
    return invalid("invalid address");
  }
  const port = portOf(sourcePort);
  if (port === null || portOf(destinationPort) === null) {
    return refusal("invalid source port");
  }
  return { kind: proxyOutcome.read, address: { host: source, port }, rest };
}

function readVersionTwo(bytes: Uint8Array): ProxyRead {
  if (bytes.length < versionTwoHeader) {
    return startsWith(versionTwoSignature, bytes.subarray(0, versionTwoSignature.length))
      ? more
      : invalid("invalid signature");
  }
  if (!startsWith(bytes, versionTwoSignature)) {
    return invalid("invalid signature");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(12) & 0xf0;
  const command = view.getUint8(12) & 0x0f;
  const family = view.getUint8(13) & 0xf0;
  const transport = view.getUint8(13) & 0x0f;
  const length = view.getUint16(14);
  if (version !== 0x20) {
    return invalid(`invalid version 0x${version.toString(16).padStart(2, "0")}`);
  }
  if (command > 1) {
    return refusal(`unknown PROXY protocol command: 0x${command.toString(16).padStart(2, "0")}`);
  }
  if (command === 1 && transport !== 1) {
    return unsupported("only STREAM protocol supported");
  }
  const wanted = addressBytes(family, command);
  if (wanted === null) {
    return unsupported(`unsupported address family 0x${family.toString(16).padStart(2, "0")}`);
  }
  if (length < wanted) {
    return refusal(`address data too short: ${length} bytes`);
  }
  if (bytes.length < versionTwoHeader + length) {
    return more;
  }
  const rest = bytes.subarray(versionTwoHeader + length);
  const address = wanted === 0 ? null : addressIn(view, wanted);
  return { kind: proxyOutcome.read, address, rest };
}

/** How many address bytes this family needs; null when it is not known. */
function addressBytes(family: number, command: number): number | null {
  if (command === 0 || family === 0x00) {
    return 0;
  }
  if (family === 0x10) {
    return addressLength.four;
  }
  return family === 0x20 ? addressLength.six : null;
}

function addressIn(view: DataView, length: number): ProxyAddress {
  const at = versionTwoHeader;
  if (length === addressLength.four) {
    const octets = [0, 1, 2, 3].map((octet) => view.getUint8(at + octet));
    return { host: octets.join("."), port: view.getUint16(at + 8) };
  }
  const groups = [0, 1, 2, 3, 4, 5, 6, 7].map((group) => view.getUint16(at + group * 2));
  return { host: ipSixText(groups), port: view.getUint16(at + 32) };
}

/** The longest run of zero groups, two at least, is written as two colons. */
function ipSixText(groups: readonly number[]): string {
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    const [high = 0, low = 0] = groups.slice(6);
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
  }
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) {
      length += 1;
    }
    if (length > best.length) {
      best = { start, length };
    }
  }
  const text = groups.map((group) => group.toString(16));
  if (best.start === -1) {
    return text.join(":");
  }
  const head = text.slice(0, best.start).join(":");
  return `${head}::${text.slice(best.start + best.length).join(":")}`;
}

function isIpFour(text: string): boolean {
  const parts = text.split(".");
  return (
    parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

function isIpSix(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2 || !text.includes(":")) {
    return false;
  }
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const hasFour = last.includes(".");
  const isEach = groups.every((group, place) =>
    hasFour && place === groups.length - 1 ? isIpFour(group) : /^[0-9a-fA-F]{1,4}$/.test(group),
  );
  const count = groups.length + (hasFour ? 1 : 0);
  return isEach && (halves.length === 2 ? count < 8 : count === 8);
}

function portOf(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
}

function invalid(text: string): ProxyRead {
  return refusal(`invalid PROXY protocol header: ${text}`);
}

function unsupported(text: string): ProxyRead {
  return refusal(`unsupported PROXY protocol feature: ${text}`);
}

function refusal(text: string): ProxyRead {
  return { kind: proxyOutcome.refused, text };
}

function lineEnd(bytes: Uint8Array): number {
  const last = Math.min(bytes.length, lineMax) - 1;
  for (let at = prefixLength; at < last; at++) {
    if (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) {
      return at;
    }
  }
  return -1;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.length <= bytes.length && prefix.every((byte, place) => bytes[place] === byte);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) {
    return other;
  }
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
