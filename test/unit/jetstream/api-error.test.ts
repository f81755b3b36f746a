import { expect, test } from "bun:test";
import { apiErrors, isApiError } from "../../../src/jetstream/api-error.ts";

test("an error without placeholders is a constant", () => {
  expect(apiErrors.streamNotFound).toEqual({
    code: 404,
    errCode: 10059,
    description: "stream not found",
  });
});

test("placeholders are filled in order, whatever stands in the values", () => {
  expect(apiErrors.invalidJson("$& {err}").description).toBe("invalid JSON: $& {err}");
  expect(apiErrors.streamWrongLastSequence(18446744073709551615n).description).toBe(
    "wrong last sequence: 18446744073709551615",
  );
  expect(apiErrors.streamExternalApiOverlap("a.>", "a.b").description).toBe(
    "stream external api prefix a.> must not overlap with a.b",
  );
});

test("every number from 10002 to 10227 is there once", () => {
  const numbers = Object.values(apiErrors).map((entry) =>
    isApiError(entry) ? entry.errCode : entry("", "").errCode,
  );
  expect(numbers).toEqual(Array.from({ length: 226 }, (_, index) => 10002 + index));
});

test("statuses are those clients know", () => {
  expect(apiErrors.requiredApiLevel.code).toBe(412);
  expect(apiErrors.streamTooManyRequests.code).toBe(429);
  expect(apiErrors.notEnabledForAccount.code).toBe(503);
  expect(apiErrors.streamDuplicateMessageConflict.code).toBe(409);
});
