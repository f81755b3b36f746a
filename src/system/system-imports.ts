// What every ordinary account may ask the system account about itself. How an import carries a request is not known here.

export interface SystemImportTarget {
  /**
   * Requests of `account` on `local` go to `remote` in the system account; many replies may come. Whether the request
   * tells who asks is decided by `sharesRequester`.
   */
  addSystemImport(account: string, local: string, remote: string, sharesRequester: boolean): void;
}

/** Not for the system account itself. */
export function addSystemImports(target: SystemImportTarget, account: string): void {
  const connections = `$SYS.REQ.ACCOUNT.${account}.CONNZ`;
  target.addSystemImport(account, "$SYS.REQ.ACCOUNT.PING.CONNZ", connections, false);
  target.addSystemImport(account, "$SYS.REQ.SERVER.PING.CONNZ", connections, false);
  const statistics = `$SYS.REQ.ACCOUNT.${account}.STATZ`;
  target.addSystemImport(account, "$SYS.REQ.ACCOUNT.PING.STATZ", statistics, false);
  target.addSystemImport(account, "$SYS.REQ.USER.INFO", `$SYS.REQ.USER.${account}.INFO`, true);
}
