//! Frames of a query's answer, however the network cuts them.
//!
//! A frame is the number of a stream, the row the stream goes on with, and one Arrow message, whose
//! own lengths alone say where it ends.

use bytes::{Buf, Bytes, BytesMut};

use super::ipc::{Part, part};

/// A frame that says nothing, to keep the connection open.
const KEEP_ALIVE: u32 = 0xffff_ffff;
/// The answer is whole.
const COMPLETED: u32 = 0xffff_fffe;
/// The server gives up.
const FAILED: u32 = 0xffff_fffd;
/// Bytes of a stream's number and the row after it.
const HEAD: usize = 12;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// A message of a stream.
    Message {
        /// The stream.
        stream: u32,
        /// Row the stream goes on with after this.
        next_row: u64,
        /// Description of the message.
        description: Bytes,
        /// Its data.
        body: Bytes,
    },
    /// A stream's column is whole.
    End {
        /// The stream.
        stream: u32,
        /// Row the stream goes on with after this.
        next_row: u64,
    },
    /// The answer is whole.
    Completed,
    /// The server gave up, for this reason.
    Failed(u64),
}

/// Bytes on their way to becoming frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    bytes: BytesMut,
    /// So many bytes are needed before it is worth looking again.
    need: usize,
}

impl Frames {
    /// Takes the next bytes of an answer.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame; `None` when more bytes are needed. After an error nothing more is to be had.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, String> {
        loop {
            if self.bytes.len() < self.need {
                return Ok(None);
            }
            let Some(stream) = number::<4>(&self.bytes, 0).map(u32::from_le_bytes) else {
                return Ok(None);
            };
            match stream {
                KEEP_ALIVE => {
                    self.bytes.advance(4);
                    self.need = 0;
                    continue;
                }
                // What comes after it ends the connection and says nothing.
                COMPLETED => return Ok(Some(Frame::Completed)),
                FAILED => {
                    let code = number::<8>(&self.bytes, 4).map(u64::from_le_bytes);
                    return Ok(code.map(Frame::Failed));
                }
                _ => {}
            }
            let Some(next_row) = number::<8>(&self.bytes, 4).map(u64::from_le_bytes) else {
                return Ok(None);
            };
            match part(self.bytes.get(HEAD..).unwrap_or_default())? {
                Part::Need(bytes) => {
                    self.need = HEAD + bytes;
                    return Ok(None);
                }
                Part::End(bytes) => {
                    self.bytes.advance(HEAD + bytes);
                    self.need = 0;
                    return Ok(Some(Frame::End { stream, next_row }));
                }
                Part::Message { description, body } => {
                    self.bytes.advance(HEAD);
                    let message = self.bytes.split_to(body.end).freeze();
                    self.need = 0;
                    return Ok(Some(Frame::Message {
                        stream,
                        next_row,
                        description: message.slice(description),
                        body: message.slice(body),
                    }));
                }
            }
        }
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ipc;
    use arrow_array::{ArrayRef, Int64Array, RecordBatch};
    use proptest::prelude::*;
    use std::sync::Arc;

    /// The frames of a stream of one column, with keep-alives between them.
    fn answer(streams: &[(u32, Vec<i64>)]) -> (Vec<u8>, usize) {
        let mut bytes = Vec::new();
        let mut count = 0;
        for (stream, values) in streams {
            let array: ArrayRef = Arc::new(Int64Array::from(values.clone()));
            let batch = RecordBatch::try_from_iter([("n", array)]).unwrap();
            let messages = ipc::stream(&batch).unwrap();
            let mut rest = &messages[..];
            while !rest.is_empty() {
                let length = match part(rest).unwrap() {
                    Part::Need(_) => panic!("a whole stream"),
                    Part::End(length) => length,
                    Part::Message { body, .. } => body.end,
                };
                bytes.extend(KEEP_ALIVE.to_le_bytes());
                bytes.extend(stream.to_le_bytes());
                bytes.extend(77_u64.to_le_bytes());
                bytes.extend(&rest[..length]);
                rest = &rest[length..];
                count += 1;
            }
        }
        bytes.extend(COMPLETED.to_le_bytes());
        bytes.extend([0; 7]);
        (bytes, count + 1)
    }

    /// All frames of `bytes`, pushed in pieces of these lengths.
    fn read(bytes: &[u8], pieces: &[usize]) -> Result<Vec<Frame>, String> {
        let mut frames = Frames::default();
        let mut found = Vec::new();
        let mut rest = bytes;
        let mut pieces = pieces.iter().cycle();
        while !rest.is_empty() {
            let length = (*pieces.next().unwrap()).clamp(1, rest.len());
            let (piece, after) = rest.split_at(length);
            frames.push(piece);
            rest = after;
            while let Some(frame) = frames.next()? {
                let last = matches!(frame, Frame::Completed | Frame::Failed(_));
                found.push(frame);
                if last {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    #[test]
    fn a_failure_carries_its_number() {
        let mut bytes = FAILED.to_le_bytes().to_vec();
        bytes.extend(5_u64.to_le_bytes());
        bytes.extend([0; 4]);
        assert_eq!(read(&bytes, &[3]).unwrap(), [Frame::Failed(5)]);
        assert_eq!(read(&bytes[..11], &[3]).unwrap(), []);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let mut bytes = vec![0; HEAD];
        bytes.extend(b"HTTP/1.1 200");
        assert!(read(&bytes, &[5]).is_err());
        for length in [-1_i32, i32::MAX] {
            let mut bytes = vec![0; HEAD];
            bytes.extend([0xff; 4]);
            bytes.extend(length.to_le_bytes());
            assert!(read(&bytes, &[5]).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn frames_are_the_same_however_they_are_cut(
            streams in proptest::collection::vec((0_u32..4, proptest::collection::vec(any::<i64>(), 0..20)), 0..4),
            pieces in proptest::collection::vec(1_usize..600, 1..20),
        ) {
            let (bytes, count) = answer(&streams);
            let whole = read(&bytes, &[bytes.len()]).unwrap();
            prop_assert_eq!(whole.len(), count);
            prop_assert_eq!(read(&bytes, &pieces).unwrap(), whole);
        }

        #[test]
        fn a_cut_answer_is_never_whole(keep in any::<prop::sample::Index>()) {
            let (bytes, _) = answer(&[(0, vec![1, 2]), (1, vec![3])]);
            let kept = &bytes[..keep.index(bytes.len() - 10)];
            let frames = read(kept, &[100]).unwrap();
            prop_assert!(!frames.contains(&Frame::Completed));
        }

        #[test]
        fn noise_never_panics(
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let _ = read(&noise, &[7]);
            let (mut bytes, _) = answer(&[(0, vec![1, 2])]);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = read(&bytes, &[64]);
        }
    }
}
