// Where the next messages of a subject lie, for readers that want little of much: found once by going back from its last
// one, and kept for a bounded number of subjects. It reads no message; what is gone since, its user has to notice.

/** Places kept of a subject: the first ones. */
export const placesMost = 1024;
/** Subjects whose places are kept. */
const subjectsMost = 256;
/** Going back by one message costs as much as looking at so many that follow each other. */
const hopCost = 5;

interface Known {
  /** All messages of the subject from here to the last place were there when it was learned. */
  readonly from: number;
  /** Ascending. */
  readonly places: Float64Array;
}

const nothing: Float64Array = new Float64Array(0);

export class SubjectPlaces {
  /** Null until something is learned: most streams never need it. */
  #known: Map<string, Known> | null = null;

  /** The first place from `from` on, at or behind which no message was left out; 0 is not known. */
  next(subject: string, from: number): number {
    const known = this.#known?.get(subject);
    if (known === undefined || from < known.from) {
      return 0;
    }
    const { places } = known;
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[middle] ?? 0) < from) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return places[low] ?? 0;
  }

  /** Whether going back over all `messages` of a subject is worth it, where they lie `gap` apart. */
  isWorthIt(messages: number, gap: number): boolean {
    return messages <= placesMost || (messages / placesMost) * hopCost < gap;
  }

  /** Gives the first one. */
  learn(subject: string, from: number, places: Float64Array): number {
    this.#known ??= new Map();
    this.#known.delete(subject);
    if (this.#known.size >= subjectsMost) {
      for (const longestKnown of this.#known.keys()) {
        this.#known.delete(longestKnown);
        break;
      }
    }
    this.#known.set(subject, { from, places });
    return places[0] ?? 0;
  }
}

/** Takes in places from the last one back, and keeps the first ones. */
export class PlaceRing {
  #ring: Float64Array = nothing;
  #count = 0;

  add(place: number): void {
    if (this.#count === this.#ring.length && this.#count < placesMost) {
      const longer = new Float64Array(Math.max(16, this.#count * 2));
      longer.set(this.#ring);
      this.#ring = longer;
    }
    this.#ring[this.#count % this.#ring.length] = place;
    this.#count++;
  }

  /** Ascending. */
  get places(): Float64Array {
    const { length } = this.#ring;
    const places = new Float64Array(Math.min(this.#count, length));
    for (let at = 0; at < places.length; at++) {
      places[at] = this.#ring[(this.#count - 1 - at) % length] ?? 0;
    }
    return places;
  }
}
