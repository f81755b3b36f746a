// Whether a text is a public nkey of a role, for keys that stand in a configuration. Nothing is signed or verified here.

export type PublicKeyRole = "account" | "user";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const keyForm = /^[A-Z2-7]{56}$/;
/** The prefix byte of each role, before its checksum: the first letter of the text is A or U. */
const prefixes: Readonly<Record<PublicKeyRole, number>> = { account: 0, user: 20 << 3 };

/** Prefix byte, 32 bytes of key and a checksum, in base32. */
export function isPublicKey(text: string, role: PublicKeyRole): boolean {
  if (!keyForm.test(text)) {
    return false;
  }
  const bytes = bytesOf(text);
  const checksum = (bytes.at(-2) ?? 0) | ((bytes.at(-1) ?? 0) << 8);
  return bytes[0] === prefixes[role] && checksumOf(bytes.slice(0, -2)) === checksum;
}

function bytesOf(text: string): readonly number[] {
  const bytes: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const letter of text) {
    buffer = ((buffer << 5) | alphabet.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((buffer >> bits) & 255);
    }
  }
  return bytes;
}

/** CRC-16 of XMODEM. */
function checksumOf(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    }
    crc &= 0xffff;
  }
  return crc;
}
