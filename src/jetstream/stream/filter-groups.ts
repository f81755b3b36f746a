// The listeners of a stream by what they want: one group per distinct filter, found per message by its subject, so that
// a message costs what wants it, however many filters there are. An idle listener costs a place in a list.

import { collide } from "../../subjects/overlap.ts";
import { PatternSet } from "../../subjects/pattern-set.ts";
import { hasWildcard } from "../../subjects/subject.ts";
import type { SubjectFilter } from "../store/subject-filter.ts";
import type { StreamListener } from "./stream-listener.ts";

/** How many subjects are remembered with their groups, twice: the young ones and those before. */
export const rememberedSubjects = 4096;
/** Groups that are gone stay in the index until they are as many as this and as those that live. */
const toleratedGone = 64;

const noGroups: readonly FilterGroup[] = [];

export class FilterGroup {
  readonly filter: SubjectFilter;
  readonly listeners: StreamListener[] = [];
  readonly awake: StreamListener[] = [];
  /** Messages that matched since the group was made. */
  stored = 0;
  /** The last of them, or the last message of any subject before the group was made; and the one before it. */
  lastStored = 0;
  previousStored = 0;
  /** Its awake listeners are to be woken, when messages from here on are visible. */
  wakesFrom = 0;
  isWaking = false;

  constructor(filter: SubjectFilter) {
    this.filter = filter;
  }
}

interface Membership {
  readonly group: FilterGroup;
  /** The group's counter when the listener came. */
  readonly base: number;
  /** In the group's lists; -1 is not awake. */
  place: number;
  awakePlace: number;
}

export class FilterGroups {
  readonly #members: Map<StreamListener, Membership> = new Map();
  readonly #byFilter: Map<string, FilterGroup> = new Map();
  #literals: Map<string, readonly FilterGroup[]> = new Map();
  #patterns: PatternSet<FilterGroup> = new PatternSet();
  #gone = 0;
  #young: Map<string, readonly FilterGroup[]> = new Map();
  #old: Map<string, readonly FilterGroup[]> = new Map();
  /** When every group wants every message: all of them. */
  #unfiltered: readonly FilterGroup[] | null = noGroups;
  #waking: FilterGroup[] = [];

  get listenerCount(): number {
    return this.#members.size;
  }

  get groupCount(): number {
    return this.#byFilter.size;
  }

  listeners(): IterableIterator<StreamListener> {
    return this.#members.keys();
  }

  /** Whether some listener wants less than all. */
  get isFiltering(): boolean {
    return this.#unfiltered === null;
  }

  /** `storedUpTo`: what was stored before, and may not be visible yet, the listener must be woken for too. */
  add(listener: StreamListener, storedUpTo = 0): void {
    const key = keyOf(listener.filter);
    let group = this.#byFilter.get(key);
    if (group === undefined) {
      group = new FilterGroup(listener.filter);
      group.lastStored = storedUpTo;
      group.previousStored = storedUpTo;
      this.#byFilter.set(key, group);
      this.#index(group);
      this.#forget();
    }
    const place = group.listeners.push(listener) - 1;
    this.#members.set(listener, { group, base: group.stored, place, awakePlace: -1 });
  }

  remove(listener: StreamListener): void {
    const member = this.#members.get(listener);
    if (member === undefined) {
      return;
    }
    this.setAwake(listener, false, 0);
    this.#members.delete(listener);
    const { group } = member;
    const moved = takeOut(group.listeners, member.place);
    if (moved !== undefined) {
      this.#memberOf(moved).place = member.place;
    }
    if (group.listeners.length === 0) {
      this.#byFilter.delete(keyOf(group.filter));
      this.#unindex(group);
      this.#forget();
    }
  }

  storedFor(listener: StreamListener): number {
    const member = this.#members.get(listener);
    return member === undefined ? 0 : member.group.stored - member.base;
  }

  /** No message that the listener wants lies between `from` and this; Infinity: there is none from there on. */
  earliestFor(listener: StreamListener, from: number): number {
    const group = this.#members.get(listener)?.group;
    if (group === undefined || from <= group.previousStored) {
      return from;
    }
    return from <= group.lastStored ? group.lastStored : Number.POSITIVE_INFINITY;
  }

  setAwake(listener: StreamListener, isAwake: boolean, visibleSequence: number): void {
    const member = this.#members.get(listener);
    if (member === undefined || member.awakePlace >= 0 === isAwake) {
      return;
    }
    const { group } = member;
    if (isAwake) {
      member.awakePlace = group.awake.push(listener) - 1;
      if (group.lastStored > visibleSequence) {
        this.#willWake(group, group.lastStored);
      }
      return;
    }
    const moved = takeOut(group.awake, member.awakePlace);
    if (moved !== undefined) {
      this.#memberOf(moved).awakePlace = member.awakePlace;
    }
    member.awakePlace = -1;
  }

  /** Counts a message for all who want it; they are woken when it is visible. */
  stored(subject: string, sequence: number): void {
    const groups = this.#unfiltered ?? this.matching(subject);
    for (let at = 0; at < groups.length; at++) {
      const group = groups[at];
      if (group !== undefined) {
        group.stored += 1;
        group.previousStored = group.lastStored;
        group.lastStored = sequence;
        if (!group.isWaking && group.awake.length > 0) {
          this.#willWake(group, sequence);
        }
      }
    }
  }

  /** Calls onStored of those whose messages became visible: once each. */
  wake(visibleSequence: number): void {
    const waking = this.#waking;
    if (waking.length === 0) {
      return;
    }
    this.#waking = [];
    for (const group of waking) {
      group.isWaking = false;
      if (group.wakesFrom > visibleSequence) {
        this.#willWake(group, group.wakesFrom);
        continue;
      }
      if (group.lastStored > visibleSequence) {
        this.#willWake(group, group.lastStored);
      }
      // While they are told, listeners come, go, and fall asleep.
      for (const listener of [...group.awake]) {
        listener.onStored(visibleSequence);
      }
    }
  }

  matching(subject: string): readonly FilterGroup[] {
    if (this.#unfiltered !== null) {
      return this.#unfiltered;
    }
    if (this.#patterns.size === 0) {
      return this.#literals.get(subject) ?? noGroups;
    }
    const known = this.#young.get(subject) ?? this.#remembered(subject);
    return known ?? this.#remember(subject, this.#match(subject));
  }

  isWanted(subject: string): boolean {
    return this.matching(subject).length > 0;
  }

  /** Groups that want at least one subject of the pattern; "" is all. */
  touching(pattern: string): Iterable<FilterGroup> {
    if (pattern === "" || pattern === ">" || this.#unfiltered !== null) {
      return this.#byFilter.values();
    }
    if (!hasWildcard(pattern)) {
      return this.matching(pattern);
    }
    return [...this.#byFilter.values()].filter((group) =>
      patternsOf(group).some((wanted) => collide(wanted, pattern)),
    );
  }

  #memberOf(listener: StreamListener): Membership {
    return this.#members.get(listener) as Membership;
  }

  #willWake(group: FilterGroup, from: number): void {
    if (!group.isWaking) {
      group.isWaking = true;
      group.wakesFrom = from;
      this.#waking.push(group);
    }
  }

  #index(group: FilterGroup): void {
    for (const pattern of patternsOf(group)) {
      if (hasWildcard(pattern)) {
        this.#patterns.add(pattern, group);
      } else {
        this.#literals.set(pattern, [...(this.#literals.get(pattern) ?? noGroups), group]);
      }
    }
  }

  #unindex(group: FilterGroup): void {
    for (const pattern of patternsOf(group)) {
      if (!hasWildcard(pattern)) {
        const left = (this.#literals.get(pattern) ?? noGroups).filter((other) => other !== group);
        if (left.length === 0) {
          this.#literals.delete(pattern);
        } else {
          this.#literals.set(pattern, left);
        }
      }
    }
    this.#gone += 1;
    if (this.#gone > toleratedGone + this.#byFilter.size) {
      this.#gone = 0;
      this.#literals = new Map();
      this.#patterns = new PatternSet();
      for (const living of this.#byFilter.values()) {
        this.#index(living);
      }
    }
  }

  /** What was remembered counts no more: a group came or went. */
  #forget(): void {
    this.#young = new Map();
    this.#old = new Map();
    let isUnfiltered = true;
    for (const group of this.#byFilter.values()) {
      isUnfiltered = group.filter.isAll;
      if (!isUnfiltered) {
        break;
      }
    }
    this.#unfiltered = isUnfiltered ? [...this.#byFilter.values()] : null;
  }

  #match(subject: string): readonly FilterGroup[] {
    const literal = this.#literals.get(subject) ?? noGroups;
    const found = this.#patterns.match(subject);
    if (found.length === 0) {
      return literal;
    }
    const groups = new Set<FilterGroup>(literal);
    for (const group of found) {
      if (group.listeners.length > 0) {
        groups.add(group);
      }
    }
    return groups.size === 0 ? noGroups : [...groups];
  }

  #remembered(subject: string): readonly FilterGroup[] | undefined {
    const groups = this.#old.get(subject);
    return groups === undefined ? undefined : this.#remember(subject, groups);
  }

  #remember(subject: string, groups: readonly FilterGroup[]): readonly FilterGroup[] {
    if (this.#young.size >= rememberedSubjects) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(subject, groups);
    return groups;
  }
}

function keyOf(filter: SubjectFilter): string {
  return filter.isAll ? "" : [...filter.patterns].sort().join(" ");
}

function patternsOf(group: FilterGroup): readonly string[] {
  return group.filter.isAll ? [">"] : group.filter.patterns;
}

/** The last one takes the place; it is given when it had to move. */
function takeOut<Item>(list: Item[], place: number): Item | undefined {
  const last = list.pop();
  if (last === undefined || place === list.length) {
    return undefined;
  }
  list[place] = last;
  return last;
}
