// Names of accounts, streams and consumers as names of folders, and back: what a file system may not like is written as
// its number. Such a name never begins with a dot, so that what does is ours.

const safe = /[A-Za-z0-9_$=@+,~-]/;
const escapes = /%u([0-9A-F]{4})|%([0-9A-F]{2})/g;

export function folderName(name: string): string {
  let folder = "";
  for (let at = 0; at < name.length; at++) {
    const character = name[at] ?? "";
    folder += safe.test(character) || (character === "." && at > 0) ? character : escaped(name, at);
  }
  return folder;
}

/** Null for a folder that was not named by `folderName`. */
export function nameOfFolder(folder: string): string | null {
  const name = folder.replace(escapes, (_, wide: string | undefined, narrow: string | undefined) =>
    String.fromCharCode(Number.parseInt(wide ?? narrow ?? "0", 16)),
  );
  return folderName(name) === folder ? name : null;
}

function escaped(name: string, at: number): string {
  const code = name.charCodeAt(at);
  return code <= 0xff
    ? `%${code.toString(16).toUpperCase().padStart(2, "0")}`
    : `%u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
