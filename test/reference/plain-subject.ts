// The rules of subjects as the fast road needs them, on strings whose characters are bytes.
// It knows no accounts and no permissions.

/** A pattern one may subscribe to: no empty token, and `>` only as the last one. */
export function isSubscribable(subject: string): boolean {
  const tokens = subject.split(".");
  return tokens.every(
    (token, index) => token !== "" && (token !== ">" || index === tokens.length - 1),
  );
}

/** What the pedantic mode asks of a published subject: no empty token and no wildcard. */
export function isValidLiteral(subject: string): boolean {
  return subject.split(".").every((token) => token !== "" && token !== "*" && token !== ">");
}

/** The published subject is taken as plain tokens, also where it contains `*` or `>`. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const given = subject.split(".");
  if (given.includes("") || wanted.includes("")) {
    return false;
  }
  for (let index = 0; index < wanted.length; index += 1) {
    if (wanted[index] === ">") {
      return given.length > index;
    }
    if (index >= given.length || (wanted[index] !== "*" && wanted[index] !== given[index])) {
      return false;
    }
  }
  return wanted.length === given.length;
}

/** What each wildcard of the pattern matched, in order; `>` gives all that is left. */
export function captures(pattern: string, subject: string): string[] {
  const given = subject.split(".");
  const captured: string[] = [];
  pattern.split(".").forEach((token, index) => {
    if (token === "*") {
      captured.push(given[index] ?? "");
    } else if (token === ">") {
      captured.push(given.slice(index).join("."));
    }
  });
  return captured;
}

/** Replaces the tokens $1, $2... of a template; a number without a wildcard stays as it is written. */
export function fillTemplate(template: string, captured: readonly string[]): string {
  return template
    .split(".")
    .map(
      (token) =>
        (/^\$[1-9][0-9]*$/.test(token) ? captured[Number(token.slice(1)) - 1] : token) ?? token,
    )
    .join(".");
}
