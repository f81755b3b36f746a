import { expect, test } from "bun:test";
import {
  PlaceRing,
  placesMost,
  SubjectPlaces,
} from "../../../../src/jetstream/store/subject-places.ts";

function ringOf(places: readonly number[]): Float64Array {
  const ring = new PlaceRing();
  for (const place of places.toReversed()) {
    ring.add(place);
  }
  return ring.places;
}

test("places come in from the last one back, and the first ones are kept in order", () => {
  expect([...ringOf([])]).toEqual([]);
  for (const count of [1, 15, 16, 17, 1000, placesMost, placesMost + 1, placesMost * 2 + 7]) {
    const places = Array.from({ length: count }, (_, at) => 10 + at * 3);
    expect([...ringOf(places)]).toEqual(places.slice(0, placesMost));
  }
});

test("the next place is known between where it was learned and the last place", () => {
  const places = new SubjectPlaces();
  expect(places.next("a", 1)).toBe(0);
  expect(places.learn("a", 100, ringOf([120, 140, 160]))).toBe(120);
  expect([99, 100, 120, 121, 160, 161].map((from) => places.next("a", from))).toEqual([
    0, 120, 120, 140, 160, 0,
  ]);
  places.learn("a", 161, ringOf([180]));
  expect([100, 161].map((from) => places.next("a", from))).toEqual([0, 180]);
});

test("no more than a named number of subjects is kept, the last ones", () => {
  const places = new SubjectPlaces();
  for (let at = 0; at < 300; at++) {
    places.learn(`s.${at}`, 1, ringOf([at + 1]));
  }
  expect(places.next("s.43", 1)).toBe(0);
  expect(places.next("s.44", 1)).toBe(45);
  expect(places.next("s.299", 1)).toBe(300);
});

test("going back over many messages is worth it only where they lie far apart", () => {
  const places = new SubjectPlaces();
  expect(places.isWorthIt(placesMost, 20)).toBe(true);
  expect(places.isWorthIt(placesMost * 100, 100)).toBe(false);
  expect(places.isWorthIt(placesMost * 10, 100)).toBe(true);
});
