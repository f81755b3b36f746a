// The prefixes the server keeps for itself. It says what a name is, not who may use it.

/** Replies of requests that crossed accounts. */
export const serviceReplyPrefix = "_R_.";
export const ackPrefix = "$JS.ACK.";
export const gatewayReplyPrefix = "_GR_.";
/** What gateways of older servers use. */
export const oldGatewayReplyPrefix = "$GR.";
/** Consensus traffic: only in the system account. */
export const raftPrefix = "$NRG.";
export const systemPrefix = "$SYS.";
export const inboxPrefix = "_INBOX.";
/** A queue group only the server itself may join. */
export const reservedQueue = "_sys_";

/** A reply subject that no client may ask for. */
export function isReservedReply(reply: string): boolean {
  return (
    reply.startsWith(serviceReplyPrefix) ||
    isLongerThan(reply, ackPrefix) ||
    isLongerThan(reply, gatewayReplyPrefix)
  );
}

/** A subject to which no client may publish, whatever its permissions. */
export function isReservedForPublish(subject: string, isSystemAccount: boolean): boolean {
  return (
    isLongerThan(subject, gatewayReplyPrefix) ||
    (!isSystemAccount && subject.startsWith(raftPrefix))
  );
}

function isLongerThan(text: string, prefix: string): boolean {
  return text.length > prefix.length && text.startsWith(prefix);
}
