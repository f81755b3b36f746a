// CONNECT as it may stand in a log: without what proves who somebody is. It would rather show too little.

const secrets: ReadonlySet<string> = new Set(["auth_token", "jwt", "nkey", "proxy_sig", "sig"]);
const redacted = "[REDACTED]";

/**
 * Works on the decoded JSON, so that neither escapes nor the case of a name hide a secret. What is no JSON is not shown
 * at all: nobody knows what it holds.
 */
export function redactedConnect(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), (name, value: unknown) =>
      isSecret(name) ? redacted : value,
    );
  } catch {
    return redacted;
  }
}

function isSecret(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith("pass") || secrets.has(lower);
}
