//! Pictures, peaks and pages for the frames server.

use super::flows::OpenFlow;
use super::{Desk, lock};
use crate::frames::{FramesServer, MonitorFeed, Pictures};
use crate::{Code, Failure};
use conform::SourceObject;
use media::{MediaObject, ObjectSource, PictureBox};
use mediatime::RationalTime;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Dots per inch of a sheet's page on a screen.
const SCREEN_DPI: u32 = 96;

/// Objects whose peaks are kept.
const MOST_PEAKS: usize = 10_000;

/// What the frames server asks of a desk.
struct DeskPictures(Desk);

impl Desk {
    pub(super) fn serve_frames(&self, server: FramesServer) {
        let pictures = Arc::new(DeskPictures(self.clone()));
        let stop = self.inner.stop.clone();
        self.inner.tasks.spawn(server.serve(pictures, stop));
    }

    /// A picture newer than `after`, for pages that can't use the socket; empty when none comes in
    /// time.
    pub async fn frame_pull(
        &self,
        monitor: ipc::MonitorName,
        after: u32,
        wanted: PictureBox,
    ) -> Vec<u8> {
        match DeskPictures(self.clone()).monitor(monitor) {
            Some(feed) => crate::frames::pull(feed, after, wanted)
                .await
                .unwrap_or_default(),
            None => Vec::new(),
        }
    }
}

impl Pictures for DeskPictures {
    fn monitor(&self, name: ipc::MonitorName) -> Option<MonitorFeed> {
        let monitor = self.0.monitor(name);
        let (desk, looked) = (self.0.clone(), self.0.clone());
        Some(MonitorFeed {
            frames: monitor.preview().frames(),
            show: Arc::new(move |wanted| desk.monitor(name).preview().show(wanted)),
            time: Arc::new(move |frame| looked.monitor(name).flow_time(frame)),
        })
    }

    fn picture(&self, flow: &str, frame: u64, height: u32) -> Result<Vec<u8>, Failure> {
        let flow = self.0.open_flow(flow)?;
        let (object, time) = locate(&flow, frame)?;
        let object_id = object.object_id.clone();
        let object = self.0.inner.objects.object(&object_id)?;
        let cancel = CancellationToken::new();
        Ok(media::thumbnail(
            &object, &object_id, time, height, &cancel,
        )?)
    }

    fn peaks(&self, flow: &str, first: u64, frames: u64, bins: u32) -> Result<Vec<u8>, Failure> {
        let flow = self.0.open_flow(flow)?;
        let range = flow
            .timerange(first, frames)
            .ok_or_else(|| behind_the_end(&flow))?;
        let (Some(start), Some(end)) = (range.start(), range.end()) else {
            return Err(behind_the_end(&flow));
        };
        self.0
            .flow_peaks(&flow, (start.to_rational(), end.to_rational()), bins)
    }

    fn sheet_page(&self, job: &str, page: u32) -> Result<Vec<u8>, Failure> {
        let path = self.0.result_path(job)?;
        let pdf = std::fs::read(&path).map_err(|error| Failure::io(path.display(), &error))?;
        let page = usize::try_from(page).unwrap_or(usize::MAX);
        Ok(sheets::preview_png(&pdf, page, SCREEN_DPI)?)
    }

    fn raise(&self) {
        self.0.inner.raised.notify_one();
    }
}

fn behind_the_end(flow: &OpenFlow) -> Failure {
    Failure::new(
        Code::OutOfRange,
        format!("{} has {} frames", flow.title, flow.frames()),
        "Ask for a frame that it has.",
    )
}

/// The object that holds a frame of a flow, and the frame's time on the object's own timeline.
fn locate(flow: &OpenFlow, frame: u64) -> Result<(&SourceObject, RationalTime), Failure> {
    let index = usize::try_from(frame).unwrap_or(usize::MAX);
    let shown = flow
        .source
        .frames()
        .get(index)
        .ok_or_else(|| behind_the_end(flow))?;
    let object = flow.source.objects().get(shown.object);
    let object = object.ok_or_else(|| behind_the_end(flow))?;
    let video = flow
        .source
        .video(shown.object)
        .ok_or_else(|| behind_the_end(flow))?;
    let unit = flow.source.unit(shown.object, shown.unit);
    let unit = unit.ok_or_else(|| behind_the_end(flow))?;
    Ok((object, video.time(unit.pts)))
}

impl Desk {
    /// Peaks of a flow's sound between two flow times: `bins` bytes for each channel. Silence where
    /// no object has sound.
    fn flow_peaks(
        &self,
        flow: &OpenFlow,
        range: (RationalTime, RationalTime),
        bins: u32,
    ) -> Result<Vec<u8>, Failure> {
        let channels = flow
            .source
            .audio()
            .map(|(_, _, track)| usize::from(track.channels))
            .max()
            .unwrap_or(0);
        let wide = usize::try_from(bins).unwrap_or(0);
        let mut out = vec![0_u8; wide * channels];
        let (start, end) = (
            range.0.to_timestamp().nanos(),
            range.1.to_timestamp().nanos(),
        );
        let parts: Vec<(String, i128)> = flow
            .source
            .audio()
            .filter(|(_, object, _)| {
                // Objects elsewhere on the timeline are not even read.
                object
                    .range
                    .is_none_or(|(first, behind)| first < range.1 && range.0 < behind)
            })
            .map(|(_, object, _)| {
                (
                    object.object_id.clone(),
                    object.offset.to_timestamp().nanos(),
                )
            })
            .collect();
        for (object_id, offset) in parts {
            let object: MediaObject = self.inner.objects.object(&object_id)?;
            let peaks = self.peaks_of(&object, &object_id)?;
            let first = offset + peaks.start.to_timestamp().nanos();
            let measured = i128::from(peaks.samples_per_bin) * 1_000_000_000
                / i128::from(peaks.sample_rate.max(1));
            for bin in 0..wide {
                let edge = |bin: usize| start + (end - start) * bin as i128 / i128::from(bins);
                let low = (edge(bin) - first).div_euclid(measured.max(1));
                let high = (edge(bin + 1) - 1 - first).div_euclid(measured.max(1));
                let (Ok(low), Ok(high)) = (usize::try_from(low.max(0)), usize::try_from(high))
                else {
                    continue;
                };
                for (channel, values) in peaks.channels.iter().enumerate() {
                    let found = values.get(low..=high.min(values.len().saturating_sub(1)));
                    let loudest = found.and_then(|found| found.iter().max());
                    if let (Some(loudest), Some(slot)) =
                        (loudest, out.get_mut(channel * wide + bin))
                    {
                        *slot = (*slot).max(*loudest);
                    }
                }
            }
        }
        Ok(out)
    }

    /// Peaks of an object's sound; read once.
    fn peaks_of(&self, object: &MediaObject, id: &str) -> Result<Arc<media::Peaks>, Failure> {
        if let Some(known) = lock(&self.inner.peaks).get(id) {
            return Ok(Arc::clone(known));
        }
        let peaks = Arc::new(media::peaks(object, id, &self.inner.stop)?);
        let mut known = lock(&self.inner.peaks);
        if known.len() >= MOST_PEAKS {
            known.clear();
        }
        known.insert(id.to_owned(), Arc::clone(&peaks));
        Ok(peaks)
    }
}
