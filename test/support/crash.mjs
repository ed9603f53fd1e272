/** A processor whose code fails outside of any step, as a bug in a timer of the user's would. */
export function crash(_context, _events, done) {
  setTimeout(() => {
    throw new Error("crash of the test");
  });
  return done();
}
