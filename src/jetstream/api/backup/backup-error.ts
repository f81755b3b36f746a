// What is wrong with a backup, as the one who restores it is told.

export class BackupError extends Error {
  override name = "BackupError";
}
