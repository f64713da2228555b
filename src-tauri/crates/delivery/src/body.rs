//! A request body that streams a range of a file: read ahead by one block, held to the bandwidth
//! cap, metered, and restartable for a retry.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::throttle::Throttle;

/// Bytes read at a time. Two blocks are held per part in flight.
const BLOCK: u64 = 1 << 20;

/// What a body tells the upload about itself.
pub(crate) struct Meter {
    start: Instant,
    sent: AtomicU64,
    moved_ms: AtomicU64,
    fault: Mutex<Option<BodyFault>>,
}

/// Why a body could not be read to its end.
#[derive(Debug)]
pub(crate) enum BodyFault {
    /// The file system failed.
    Unreadable(io::Error),
    /// The file ended early.
    Short,
}

impl Meter {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            sent: AtomicU64::new(0),
            moved_ms: AtomicU64::new(0),
            fault: Mutex::new(None),
        })
    }

    /// Bytes handed to the network in the current try.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// When the last byte was asked for, or the meter made.
    pub(crate) fn last_moved(&self) -> Instant {
        self.start + Duration::from_millis(self.moved_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn take_fault(&self) -> Option<BodyFault> {
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn moved(&self) {
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_ms.store(ms, Ordering::Relaxed);
    }

    fn set_fault(&self, fault: BodyFault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }
}

/// A body of `len` bytes of a file from `offset` on, that the SDK can make anew to repeat a request.
pub(crate) fn range_body(
    path: Arc<Path>,
    offset: u64,
    len: u64,
    meter: Arc<Meter>,
    throttle: Arc<Throttle>,
) -> ByteStream {
    ByteStream::new(SdkBody::retryable(move || {
        SdkBody::from_body_1_x(RangeBody {
            path: path.clone(),
            next_read: offset,
            to_read: len,
            to_send: len,
            started: false,
            reading: None,
            block: Bytes::new(),
            due: None,
            meter: meter.clone(),
            throttle: throttle.clone(),
        })
    }))
}

struct RangeBody {
    path: Arc<Path>,
    next_read: u64,
    to_read: u64,
    to_send: u64,
    started: bool,
    reading: Option<JoinHandle<io::Result<(File, Bytes)>>>,
    block: Bytes,
    due: Option<(Pin<Box<Sleep>>, Bytes)>,
    meter: Arc<Meter>,
    throttle: Arc<Throttle>,
}

impl RangeBody {
    /// Starts to read the next block, unless the range is at its end.
    fn read_on(&mut self, file: Option<File>) {
        if self.to_read == 0 {
            return;
        }
        let (path, offset, len) = (self.path.clone(), self.next_read, self.to_read.min(BLOCK));
        self.next_read += len;
        self.to_read -= len;
        self.reading = Some(tokio::task::spawn_blocking(move || {
            let file = match file {
                Some(file) => file,
                None => open_at(&path, offset)?,
            };
            read_block(file, len)
        }));
    }

    /// The next block of the file, with the one after it being read already.
    fn poll_block(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, BodyFault>> {
        if !self.started {
            self.started = true;
            self.meter.sent.store(0, Ordering::Relaxed);
            self.read_on(None);
        }
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(Err(BodyFault::Short));
        };
        let read = ready!(Pin::new(reading).poll(cx))
            .map_err(io::Error::other)
            .flatten();
        self.reading = None;
        let (file, block) = read.map_err(BodyFault::Unreadable)?;
        if block.is_empty() || (block.len() as u64) < BLOCK.min(self.to_send) {
            return Poll::Ready(Err(BodyFault::Short));
        }
        self.read_on(Some(file));
        Poll::Ready(Ok(block))
    }

    /// The next piece that may leave now.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, BodyFault>> {
        if let Some((sleep, piece)) = &mut self.due {
            ready!(sleep.as_mut().poll(cx));
            let piece = std::mem::take(piece);
            self.due = None;
            return Poll::Ready(Ok(piece));
        }
        if self.block.is_empty() {
            self.block = ready!(self.poll_block(cx))?;
        }
        let slice = self.throttle.slice(self.block.len());
        let piece = self.block.split_to(slice);
        let Some(at) = self.throttle.reserve(piece.len()) else {
            return Poll::Ready(Ok(piece));
        };
        let mut sleep = Box::pin(sleep_until(at));
        if sleep.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(piece));
        }
        self.due = Some((sleep, piece));
        Poll::Pending
    }
}

impl Body for RangeBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if this.to_send == 0 {
            return Poll::Ready(None);
        }
        this.meter.moved();
        match ready!(this.poll_piece(cx)) {
            Ok(piece) => {
                this.to_send = this.to_send.saturating_sub(piece.len() as u64);
                this.meter
                    .sent
                    .fetch_add(piece.len() as u64, Ordering::Relaxed);
                this.meter.moved();
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Err(fault) => {
                this.meter.set_fault(fault);
                Poll::Ready(Some(Err(io::Error::other("the file can't be sent"))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.to_send == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.to_send)
    }
}

fn open_at(path: &Path, offset: u64) -> io::Result<File> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(file)
}

/// Reads `len` bytes, or fewer at the end of the file.
fn read_block(file: File, len: u64) -> io::Result<(File, Bytes)> {
    let mut block = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
    let mut range = file.take(len);
    range.read_to_end(&mut block)?;
    Ok((range.into_inner(), block.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    struct Fixture {
        _dir: tempfile::TempDir,
        path: Arc<Path>,
        bytes: Vec<u8>,
        meter: Arc<Meter>,
    }

    fn fixture(len: usize) -> Fixture {
        let bytes: Vec<u8> = (0..len).map(|i| (i * 31 % 251) as u8).collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        std::fs::write(&path, &bytes).unwrap();
        Fixture {
            _dir: dir,
            path: path.into(),
            bytes,
            meter: Meter::new(),
        }
    }

    impl Fixture {
        fn body(&self, offset: u64, len: u64, rate: Option<u64>) -> ByteStream {
            let throttle = Arc::new(Throttle::new(rate.and_then(NonZeroU64::new)));
            range_body(self.path.clone(), offset, len, self.meter.clone(), throttle)
        }
    }

    #[tokio::test]
    async fn a_range_arrives_unchanged_and_is_counted() {
        let f = fixture(3 * BLOCK as usize + 77);
        for (offset, len) in [
            (0, f.bytes.len()),
            (5, 10),
            (BLOCK as usize - 1, 2 * BLOCK as usize + 2),
            (7, 0),
        ] {
            let got = f
                .body(offset as u64, len as u64, None)
                .collect()
                .await
                .unwrap()
                .into_bytes();
            assert!(got == f.bytes[offset..offset + len], "{offset}+{len}");
        }
        let _ = f.body(5, 10, None).collect().await.unwrap();
        assert_eq!(f.meter.sent(), 10);
    }

    #[tokio::test]
    async fn a_file_that_ends_early_is_a_fault() {
        let f = fixture(1000);
        assert!(f.body(500, 501, None).collect().await.is_err());
        assert!(matches!(f.meter.take_fault(), Some(BodyFault::Short)));
        std::fs::remove_file(&f.path).unwrap();
        assert!(f.body(0, 1, None).collect().await.is_err());
        assert!(matches!(
            f.meter.take_fault(),
            Some(BodyFault::Unreadable(_))
        ));
    }

    #[tokio::test]
    async fn a_cap_slows_the_body_and_loses_nothing() {
        let f = fixture(300_000);
        let start = Instant::now();
        let got = f
            .body(0, 300_000, Some(1_000_000))
            .collect()
            .await
            .unwrap()
            .into_bytes();
        assert!(got == f.bytes);
        // 0.3 s at the cap, less the burst and the last slice.
        assert!(
            start.elapsed() >= Duration::from_millis(90),
            "{:?}",
            start.elapsed()
        );
    }

    #[test]
    fn the_sdk_learns_the_length_up_front() {
        let f = fixture(10);
        assert_eq!(f.body(2, 5, None).size_hint(), (5, Some(5)));
    }
}
