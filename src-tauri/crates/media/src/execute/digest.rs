//! SHA-256 in a thread of its own: at the speed limit hashing takes as long as everything else.

use super::hex;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Pieces on their way. They are pictures, of some hundred kB mostly and of some MB at most.
const QUEUE: usize = 8;

/// Hashes what it is given, in order.
#[derive(Debug)]
pub(crate) struct Digester {
    sender: Option<SyncSender<Bytes>>,
    thread: Option<JoinHandle<String>>,
}

impl Digester {
    pub(crate) fn start() -> Self {
        let (sender, pieces) = sync_channel::<Bytes>(QUEUE);
        let thread = std::thread::spawn(move || {
            let mut hash = Sha256::new();
            for piece in pieces {
                hash.update(&piece);
            }
            hex(&hash.finalize())
        });
        Self {
            sender: Some(sender),
            thread: Some(thread),
        }
    }

    /// Takes the next bytes; waits when it is behind.
    pub(crate) fn update(&self, piece: Bytes) {
        if let Some(sender) = &self.sender {
            // It only ends when it is told to.
            let _ = sender.send(piece);
        }
    }

    /// The digest of everything, hex.
    pub(crate) fn finish(mut self) -> String {
        self.sender = None;
        let thread = self.thread.take();
        // It can't panic; a digest that fits nothing is what would tell.
        thread.map_or_else(String::new, |thread| thread.join().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_hashed_in_order() {
        let digester = Digester::start();
        for piece in ["a", "", "bc"] {
            digester.update(Bytes::from_static(piece.as_bytes()));
        }
        assert_eq!(
            digester.finish(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(Digester::start().finish().starts_with("e3b0c442"));
    }
}
