/** Why a port of loopback cannot be listened at, and what to do. */
export function listenProblem(error: unknown, port: number): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return `port ${port} of 127.0.0.1 is in use; give another, or none for any that is free`;
  if (code === "EACCES")
    return `port ${port} of 127.0.0.1 needs rights that this user does not have; give one from 1024 on`;
  return `127.0.0.1 cannot be listened at: ${message}`;
}
