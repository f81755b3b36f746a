// Waiting for something that another process does: asked again and again until it is so, never a fixed nap.
// It knows nothing of servers.

const askAgainMillis = 10;

/** Gives the first answer that is neither false, null nor undefined; throws when the time is over. */
export async function waitUntil<T>(
  what: string,
  answer: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  limitMillis = 5000,
): Promise<T> {
  const end = performance.now() + limitMillis;
  for (;;) {
    const value = await answer();
    if (value !== false && value !== null && value !== undefined) {
      return value;
    }
    if (performance.now() > end) {
      throw new Error(`${what}: not within ${limitMillis} ms`);
    }
    await Bun.sleep(askAgainMillis);
  }
}

/** The promise, or a failure that says what did not happen. */
export async function within<T>(what: string, promise: Promise<T>, limitMillis = 5000): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`${what}: not within ${limitMillis} ms`));
  }, limitMillis);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
