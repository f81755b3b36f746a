// The header that says where a sourced message came from, and the name under which a source is told apart from others of
// the same stream: the stream, and what filters and destinations it has. Older forms of the header are read too.

import type { StreamSourceConfig } from "./source-config.ts";

const everything = ">";
/** Between several filters, or destinations, of one source. */
const separator = "\f";
const ackPrefix = "$JS.ACK.";
const ackTokens = 9;
const longAckTokens = 11;
const digitsOnly = /^\d+$/;

/** Of a name, a few letters and digits. */
export type HashOf = (name: string) => string;

export interface SourcePlace {
  /** With the hash of its api prefix, when it is external. */
  readonly stream: string;
  /** "" when the header is of a form that does not say. */
  readonly indexName: string;
  readonly sequence: number;
}

/** `<stream>[:<hash>][:C=<hash>] <filters> <destinations>` */
export function sourceIndexName(source: StreamSourceConfig, hashOf: HashOf): string {
  const { external, consumer, filterSubject, subjectTransforms } = source;
  let name = source.name;
  if (external !== null) {
    name += `:${hashOf(external.api)}`;
  }
  if (consumer !== null) {
    name += `:C=${hashOf(consumer.name)}`;
  }
  if (subjectTransforms.length === 0) {
    return `${name} ${filterSubject || everything} ${everything}`;
  }
  const filters = subjectTransforms.map(({ src }) => src || everything).join(separator);
  const destinations = subjectTransforms.map(({ dest }) => dest || everything).join(separator);
  return `${name} ${filters} ${destinations}`;
}

/** `subject` is the one at the origin. */
export function sourceHeader(indexName: string, sequence: number, subject: string): string {
  const [stream = "", filters = "", destinations = ""] = indexName.split(" ");
  return `${stream} ${sequence} ${filters} ${destinations} ${subject}`;
}

/** Null: it is no such header. */
export function parseSourceHeader(text: string): SourcePlace | null {
  if (text.startsWith(ackPrefix)) {
    return placeInAck(text);
  }
  const [stream = "", sequenceText = "", filters, destinations, ...more] = text.split(" ");
  const sequence = digitsOnly.test(sequenceText) ? Number(sequenceText) : 0;
  if (filters === undefined) {
    return { stream, indexName: "", sequence };
  }
  if (destinations === undefined || more.length > 2) {
    return null;
  }
  return { stream, indexName: `${stream} ${filters} ${destinations}`, sequence };
}

/** The oldest form: the reply subject of the delivery. */
function placeInAck(reply: string): SourcePlace | null {
  const tokens = reply.split(".");
  const isLong = tokens.length >= longAckTokens;
  if (!isLong && tokens.length !== ackTokens) {
    return null;
  }
  const offset = isLong ? 4 : 2;
  const sequence = Number(tokens[offset + 3]);
  return {
    stream: tokens[offset] ?? "",
    indexName: "",
    sequence: Number.isSafeInteger(sequence) ? sequence : 0,
  };
}
