// A consumer as it stands in a backup: its configuration and its state, as JSON in archives, as files of the reference in
// older backups.

import { readableText } from "../../../base/byte-text.ts";
import { utf8Bytes, utf8Text } from "../../../base/bytes.ts";
import { goJson } from "../../../base/go-json.ts";
import type { BackedUpPending, ConsumerBackup } from "../../consumer/consumer-backup.ts";
import type { ConsumerConfig } from "../../consumer/consumer-config.ts";
import { consumerConfigJson, consumerConfigKind } from "../../consumer/consumer-config-json.ts";
import { exactInteger, type JsonValue, parseJsonText } from "../../exact-json.ts";
import {
  bits64,
  decodeText,
  type Kind,
  type Place,
  sequence,
  shape,
  timeNanos,
} from "../../json-kinds.ts";
import { BackupError } from "./backup-error.ts";
import { fromZigzag, readVarint } from "./wide-varint.ts";

const nanosPerMilli = 1_000_000n;
const millisPerSecond = 1000;
const stateMagic = 22;
const stateHeadBytes = 2;

export interface ConsumerRecord {
  readonly config: ConsumerConfig;
  readonly state: ConsumerBackup;
}

export function consumerRecordJson({ config, state }: ConsumerRecord): Uint8Array {
  const pending = state.pending.map(({ sequence: at, consumerSequence, timeMillis }) => [
    String(at),
    {
      Sequence: consumerSequence,
      Timestamp: exactInteger(BigInt(timeMillis) * nanosPerMilli),
    },
  ]);
  const redelivered = [...state.redelivered].map(([at, count]) => [String(at), count]);
  return utf8Bytes(
    goJson({
      config: consumerConfigJson(config),
      state: {
        delivered: pairJson(state.deliveredConsumer, state.deliveredStream),
        ack_floor: pairJson(state.floorConsumer, state.floorStream),
        pending: pending.length === 0 ? undefined : Object.fromEntries(pending),
        redelivered: redelivered.length === 0 ? undefined : Object.fromEntries(redelivered),
      },
    }),
  );
}

function pairJson(consumer: number, stream: number): object {
  return { consumer_seq: consumer, stream_seq: stream };
}

/** An object whose keys are sequences. */
function bySequence<T>(kind: Kind<T>): Kind<readonly (readonly [number, T])[]> {
  return {
    zero: [],
    typeName: `map[uint64]${kind.typeName}`,
    read(value: JsonValue, place: Place): readonly (readonly [number, T])[] {
      if (!(value instanceof Map)) {
        place.refuseType(value, this.typeName);
        return [];
      }
      return [...value].map(([key, each]) => {
        const at = Number(key);
        if (!Number.isSafeInteger(at) || at <= 0) {
          place.refuseType(key, "uint64");
        }
        return [at, kind.read(each, place)] as const;
      });
    },
  };
}

const pairKind = shape("server.SequencePair", { consumer_seq: sequence, stream_seq: sequence });
const recordKind = shape("server.SnapshotConsumerState", {
  config: consumerConfigKind,
  state: shape("server.ConsumerState", {
    delivered: pairKind,
    ack_floor: pairKind,
    pending: bySequence(shape("server.Pending", { sequence, timestamp: bits64 })),
    redelivered: bySequence(sequence),
  }),
});

/** Throws BackupError. */
export function readConsumerRecord(name: string, bytes: Uint8Array): ConsumerRecord {
  const text = utf8Text(bytes);
  const decoded = decodeText(text, recordKind);
  const [value] = parseJsonText(text).values;
  if (!decoded.ok) {
    throw new BackupError(`failed to decode consumer "${name}" state: ${decoded.refusal}`);
  }
  for (const part of ["config", "state"]) {
    if (!(value instanceof Map) || !value.has(part)) {
      throw new BackupError(`consumer "${name}" is missing ${part}`);
    }
  }
  const { config, state } = decoded.value;
  return {
    config,
    state: {
      deliveredConsumer: state.delivered.consumer_seq,
      deliveredStream: state.delivered.stream_seq,
      floorConsumer: state.ack_floor.consumer_seq,
      floorStream: state.ack_floor.stream_seq,
      pending: state.pending.map(([at, pending]) => ({
        sequence: at,
        consumerSequence: pending.sequence,
        timeMillis: Number(pending.timestamp / nanosPerMilli),
      })),
      redelivered: new Map(state.redelivered),
    },
  };
}

const metaKind = shape("server.FileConsumerInfo", {
  name: { zero: "", typeName: "string", read: (value): string => String(value) },
  created: timeNanos,
});

/** `meta.inf` of a consumer. Throws BackupError. */
export function readConsumerMeta(
  name: string,
  bytes: Uint8Array,
): { readonly config: ConsumerConfig; readonly createdNanos: bigint | null } {
  const text = utf8Text(bytes);
  const config = decodeText(text, consumerConfigKind);
  const meta = decodeText(text, metaKind);
  if (!config.ok || !meta.ok) {
    throw new BackupError(`error restoring consumer ["${name}"]: its description cannot be read`);
  }
  return { config: config.value, createdNanos: meta.value.created };
}

/** `o.dat` of a consumer. Throws BackupError. */
export function readConsumerState(name: string, bytes: Uint8Array): ConsumerBackup {
  return new StateReader(name, bytes).read();
}

class StateReader {
  readonly #name: string;
  readonly #bytes: Uint8Array;
  #at = stateHeadBytes;

  constructor(name: string, bytes: Uint8Array) {
    this.#name = name;
    this.#bytes = bytes;
  }

  read(): ConsumerBackup {
    const version = this.#bytes[1] ?? 0;
    if (this.#bytes[0] !== stateMagic || version < 1 || version > 2) {
      throw this.#corrupt();
    }
    const floorConsumer = this.#number();
    const floorStream = this.#number();
    const consumer = this.#number();
    const stream = this.#number();
    // The first version wrote what is delivered next, counted from the floor.
    const isOld = version === 1;
    const pending = this.#pending(isOld, floorConsumer, floorStream);
    const redelivered = new Map<number, number>();
    for (let left = this.#number(); left > 0; left--) {
      const sequenceBehind = this.#number();
      redelivered.set(sequenceBehind + floorStream, this.#number());
    }
    return {
      floorConsumer,
      floorStream,
      deliveredConsumer: consumer + (isOld && floorConsumer > 1 ? floorConsumer - 1 : 0),
      deliveredStream: stream + (isOld && floorStream > 1 ? floorStream - 1 : 0),
      pending,
      redelivered,
    };
  }

  #pending(isOld: boolean, floorConsumer: number, floorStream: number): BackedUpPending[] {
    const pending: BackedUpPending[] = [];
    const count = this.#number();
    const base = count > 0 ? this.#signed() : 0;
    for (let left = count; left > 0; left--) {
      const sequenceBehind = this.#number();
      const consumerSequence = isOld ? 0 : this.#number() + floorConsumer;
      const seconds = this.#signed();
      pending.push({
        sequence: sequenceBehind + floorStream,
        consumerSequence,
        timeMillis: Math.max(0, (isOld ? base + seconds : base - seconds) * millisPerSecond),
      });
    }
    return pending;
  }

  #wide(): bigint {
    const read = readVarint(this.#bytes, this.#at);
    if (typeof read === "string") {
      throw this.#corrupt();
    }
    this.#at = read.end;
    return read.value;
  }

  #number(): number {
    const value = this.#wide();
    if (value > Number.MAX_SAFE_INTEGER) {
      throw this.#corrupt();
    }
    return Number(value);
  }

  #signed(): number {
    return Number(fromZigzag(this.#wide()));
  }

  #corrupt(): BackupError {
    return new BackupError(
      `error restoring consumer ["${readableText(this.#name)}"]: corrupt state`,
    );
  }
}
