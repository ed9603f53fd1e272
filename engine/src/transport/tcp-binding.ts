/**
 * Node's own TCP handle, which `net.Socket` stands on: internal (DEP0111), so that it is typed here as far as it is used, looked
 * for, and tried before anything depends on it. Absent under the permission model.
 * https://github.com/nodejs/node/blob/main/src/tcp_wrap.cc, stream_base.cc
 */
export interface TcpHandle {
  /** Set by whoever opens it: `this` in `onread` is the handle. */
  owner: unknown;
  onread: (this: TcpHandle) => void;
  setNoDelay(on: boolean): number;
  bind(address: string, port: number): number;
  bind6(address: string, port: number, flags: number): number;
  connect(request: ConnectRequest, address: string, port: number): number;
  connect6(request: ConnectRequest, address: string, port: number): number;
  /** All reads go into this buffer, from its start. */
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number;
  close(done?: () => void): void;
  /** Closes with RST. Negative where that is not possible any more. */
  reset(done?: () => void): number;
}

export interface ConnectRequest {
  oncomplete: (status: number, handle: TcpHandle) => void;
}

export interface WriteRequest {
  oncomplete: (status: number, handle: TcpHandle) => void;
  /** Keeps the bytes from being collected while the kernel has not taken them. */
  buffer: Uint8Array | null;
}

export interface TcpBinding {
  newHandle(): TcpHandle;
  newConnect(): ConnectRequest;
  newWrite(): WriteRequest;
  /** What the last read brought: bytes, or the negative number of an error. */
  readResult(): number;
  /** Whether the last write has still something for the kernel to take. */
  isWriteAsync(): boolean;
}

interface TcpWrap {
  TCP: new (type: number) => TcpHandle;
  TCPConnectWrap: new () => ConnectRequest;
  constants: { SOCKET: number };
}

interface StreamWrap {
  WriteWrap: new () => WriteRequest;
  streamBaseState: Int32Array;
  kReadBytesOrError: number;
  kLastWriteWasAsync: number;
}

type GetBinding = (name: string) => unknown;

/** All that is called of a handle. */
const CALLS = [
  "bind",
  "bind6",
  "connect",
  "connect6",
  "setNoDelay",
  "useUserBuffer",
  "readStart",
  "writeBuffer",
  "reset",
  "close",
] as const satisfies (keyof TcpHandle)[];

let known: TcpBinding | null | undefined;

/** Null where this Node has none. */
export function handles(): TcpBinding | null {
  known ??= find();
  return known;
}

function find(): TcpBinding | null {
  try {
    const { binding } = process as unknown as { binding: GetBinding };
    const { TCP, TCPConnectWrap, constants } = binding("tcp_wrap") as TcpWrap;
    const { WriteWrap, streamBaseState, kReadBytesOrError, kLastWriteWasAsync } = binding(
      "stream_wrap",
    ) as StreamWrap;
    const found: TcpBinding = {
      newHandle: () => new TCP(constants.SOCKET),
      newConnect: () => new TCPConnectWrap(),
      newWrite: () => new WriteWrap(),
      readResult: () => streamBaseState[kReadBytesOrError] as number,
      isWriteAsync: () => streamBaseState[kLastWriteWasAsync] === 1,
    };
    const handle = found.newHandle();
    const isWhole =
      typeof handle.writeQueueSize === "number" && CALLS.every((name) => typeof handle[name] === "function");
    handle.close();
    return isWhole ? found : null;
  } catch {
    return null;
  }
}
