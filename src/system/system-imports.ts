// What every ordinary account may ask the system account about itself, and what the system account offers to all. How an
// import carries a request is not known here.

export interface SystemImport {
  /** Where the account asks. */
  readonly local: string;
  /** Where the system account answers. */
  readonly remote: string;
  /** Whether the request tells who asks. */
  readonly sharesRequester: boolean;
}

export interface SystemExport {
  readonly subject: string;
  readonly responseType: "single" | "stream";
  /** Of the token that is the importing account's name; 0 is none. */
  readonly accountTokenPosition: number;
}

const userInfo = "$SYS.REQ.USER.INFO";

export const systemExports: readonly SystemExport[] = [
  { subject: "$SYS.REQ.ACCOUNT.*.CONNZ", responseType: "stream", accountTokenPosition: 4 },
  { subject: "$SYS.REQ.ACCOUNT.*.STATZ", responseType: "stream", accountTokenPosition: 4 },
  { subject: "$SYS.DEBUG.SUBSCRIBERS", responseType: "single", accountTokenPosition: 0 },
  { subject: "$SYS.REQ.USER.*.INFO", responseType: "single", accountTokenPosition: 0 },
];

/** The system account asks itself directly, but for who is asking. */
export function systemImportsOf(account: string, isSystem: boolean): readonly SystemImport[] {
  const own = `$SYS.REQ.USER.${account}.INFO`;
  const user = { local: userInfo, remote: own, sharesRequester: true };
  if (isSystem) {
    return [user];
  }
  const connections = `$SYS.REQ.ACCOUNT.${account}.CONNZ`;
  const statistics = `$SYS.REQ.ACCOUNT.${account}.STATZ`;
  return [
    { local: "$SYS.REQ.ACCOUNT.PING.CONNZ", remote: connections, sharesRequester: false },
    { local: "$SYS.REQ.SERVER.PING.CONNZ", remote: connections, sharesRequester: false },
    { local: "$SYS.REQ.ACCOUNT.PING.STATZ", remote: statistics, sharesRequester: false },
    user,
  ];
}

export interface SystemImportTarget {
  /**
   * Requests of `account` on `local` go to `remote` in the system account; many replies may come. Whether the request
   * tells who asks is decided by `sharesRequester`.
   */
  addSystemImport(account: string, local: string, remote: string, sharesRequester: boolean): void;
}

/** Not for the system account itself, which is answered where it asks. */
export function addSystemImports(target: SystemImportTarget, account: string): void {
  for (const { local, remote, sharesRequester } of systemImportsOf(account, false)) {
    target.addSystemImport(account, local, remote, sharesRequester);
  }
}
