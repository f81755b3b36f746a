// Our version, the protocol version we speak, and the server version we are compatible with.

/** What clients and tools take for the server's version: the reference whose features we announce. */
export const serverVersion = "2.14.0";
/** Our own. */
export const productVersion = "0.1.0";
export const protocolVersion = 1;
/** Where others show a commit: our name, so that whoever looks can tell. */
export const gitCommit: string = `midge-${productVersion}`;
/** Where others show their Go version. */
export const runtime = "bun1.4.5";
/** Of --version, behind the program's name. */
export const product: string = `v${serverVersion} (midge ${productVersion})`;
