// What a page comes to: an object to show, or why there is none.

import type { Result } from "../../base/result.ts";

/** The refusal is the text for whoever asked. */
export type PageResult = Result<object, string>;
