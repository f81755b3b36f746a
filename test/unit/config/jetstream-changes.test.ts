import { expect, test } from "bun:test";
import { changesBetween } from "../../../src/config/changes.ts";
import { optionsOf } from "./loading.ts";

function kinds(before: string, after: string): readonly string[] {
  const { changes, unsupported } = changesBetween(optionsOf(before), optionsOf(after));
  expect(unsupported).toEqual([]);
  return changes.map(({ text }) => text ?? "");
}

function refusals(before: string, after: string): readonly string[] {
  return changesBetween(optionsOf(before), optionsOf(after)).unsupported;
}

test("streams are switched on and off by a reload", () => {
  expect(kinds("port: 1", "port: 1\njetstream: on")).toEqual(["Reloaded: JetStream"]);
  const on = "port: 1\njetstream { store_dir: x }";
  expect(kinds(on, "port: 1")).toEqual(["Reloaded: JetStream"]);
});

test("limits of the server may grow", () => {
  expect(kinds("jetstream { max_mem: 1K }", "jetstream { max_mem: 2048 }")).toEqual([
    "Reloaded: JetStream max_mem_store = 2.00 KB",
  ]);
});

test.each([
  ["{ max_mem: 2K }", "{ max_mem: 1K }", "decreasing jetstream max memory and store"],
  ["{ max_mem: 2K }", "{}", "jetstream max memory and max store"],
  ["{}", "{ max_file: 2K }", "jetstream dynamic max memory and store"],
  ["{ store_dir: a }", "{ store_dir: b }", "jetstream storage directory"],
  ["{ store_dir: a }", "{}", "jetstream storage dir"],
  ["{ domain: a }", "{ domain: b }", "JetStreamDomain: old=a, new=b"],
  ["{ key: a }", "{ key: b }", "JetStreamKey"],
  ["{ max_concurrent_io: 5 }", "{ max_concurrent_io: 6 }", "JetStreamConcurrentIOs: old=5, new=6"],
])("jetstream %s does not become %s", (before, after, what) => {
  expect(refusals(`jetstream ${before}`, `jetstream ${after}`)).toEqual([
    `config reload not supported for ${what}`,
  ]);
});
