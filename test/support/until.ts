/** Waits for something to come true. @param milliseconds after which it has failed */
export async function until(
  holds: () => Promise<boolean> | boolean,
  milliseconds = 30_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new Error(`it did not come true within ${milliseconds} ms: ${holds.toString()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
