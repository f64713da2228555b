/** How pictures reach the monitors: their header, the socket, and pulls where there is no socket. */

export type { Fault, Frame, FrameHeader } from "./header";
export { HEADER_BYTES, isOlder, MAX_SIDE, parseFrame } from "./header";
export type { Pull } from "./pull";
export type { OpenFrames, SocketLike } from "./socket";
export { openFrames } from "./socket";
