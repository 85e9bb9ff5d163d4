// The three words of vitest that the documentation's example speaks, on node's own test runner.

import assert from "node:assert/strict";
import { afterEach as after, test as run } from "node:test";

export const afterEach = after;
export const test = run;

export function expect(value) {
  return {
    toBe: (wanted) => assert.equal(value, wanted),
    toEqual: (wanted) => assert.deepEqual(value, wanted),
    toBeNull: () => assert.equal(value, null),
  };
}
