//! What encoding a span needs to know: its pictures, and the task of the encoder.
//!
//! Spans are prepared in several threads at once, so nothing here depends on which one comes first.

use super::ObjectSource;
use super::quality::{COMPOSED, Quality};
use super::selection::{PieceUnits, count_mismatch, select, select_first, select_piece};
use super::video::{config_of, turn_of};
use crate::MediaError;
use crate::codec::{EncoderChoice, EncoderTask, ParameterSets, Splice, black_frame, colorimetry};
use crate::coding;
use conform::{CutPlan, SequenceFacts, SpanKind, VideoConfig, VideoSpan};
use std::sync::{Arc, Mutex, OnceLock};
use tokio_util::sync::CancellationToken;

/// A span that can be encoded.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Its pictures; of black, those that stand beside it.
    pub(super) pieces: Vec<PieceUnits>,
    pub(super) task: EncoderTask,
}

/// What the encoded spans of an output have in common.
pub(super) struct Preparation<'a> {
    pub(super) plan: &'a CutPlan,
    objects: &'a dyn ObjectSource,
    encoder: Option<EncoderChoice>,
    /// Of the copies.
    base: Option<VideoConfig>,
    colours: Vec<Colour>,
    quality: Quality,
    /// What all tasks share of parameter sets and colours.
    given: Arc<Mutex<Vec<ParameterSets>>>,
    output_colours: Arc<OnceLock<String>>,
    first_frames: Vec<u64>,
}

impl<'a> Preparation<'a> {
    pub(super) fn new(
        plan: &'a CutPlan,
        objects: &'a dyn ObjectSource,
        encoder: Option<EncoderChoice>,
    ) -> Result<Self, MediaError> {
        let base = copied_config(plan, objects)?;
        let colours = colours(plan, objects, base.as_ref())?;
        let output_colours = OnceLock::new();
        if let Some(common) = common_colorimetry(&colours, plan) {
            output_colours.get_or_init(|| common);
        }
        let mut before = 0;
        let first_frames = plan.video.iter().map(|span| {
            before += span.frames;
            before - span.frames
        });
        Ok(Self {
            first_frames: first_frames.collect(),
            plan,
            objects,
            encoder,
            base,
            colours,
            quality: Quality::of(plan),
            given: Arc::default(),
            output_colours: Arc::new(output_colours),
        })
    }

    /// The parameter sets of the copied pictures; all copies of a plan share them.
    pub(super) fn base(&self) -> Option<&VideoConfig> {
        self.base.as_ref()
    }

    /// The output frame that a span begins with.
    pub(super) fn first_frame(&self, number: usize) -> u64 {
        self.first_frames.get(number).copied().unwrap_or_default()
    }

    /// The span of this number, its first output frame, and how it is encoded.
    ///
    /// # Errors
    /// Its objects are missing or damaged, or the user cancels.
    pub(super) fn span(
        &self,
        number: usize,
        stop: &CancellationToken,
    ) -> Result<(&'a VideoSpan, u64, Prepared), MediaError> {
        let (span, mut prepared) = self.untried(number)?;
        if prepared.task.splice.is_some()
            && let Some(source) = Quality::source(span)
        {
            let trial = |number| self.untried(number);
            prepared.task.quantiser = self.quality.quantiser(source, trial, stop)?;
        }
        Ok((span, self.first_frame(number), prepared))
    }

    /// As [`span`](Self::span), with a quantiser that nothing was tried for.
    fn untried(&self, number: usize) -> Result<(&'a VideoSpan, Prepared), MediaError> {
        let choice = self.encoder.ok_or_else(|| {
            MediaError::Mismatch("the plan encodes, but no encoder was chosen".to_owned())
        })?;
        let span = self.plan.video.get(number);
        let span = span.ok_or_else(|| MediaError::Mismatch("a span is missing".to_owned()))?;
        let mut pieces = select(span, self.objects)?;
        if pieces.is_empty() {
            pieces = pictures_beside(self.plan, self.objects)?;
        }
        let mut task = task(self.plan, span, &pieces, self.base.as_ref(), choice)?;
        task.colours = Arc::clone(&self.output_colours);
        if let Some(splice) = &mut task.splice {
            splice.given = Arc::clone(&self.given);
        }
        if let (Some((common, _)), Some(first), false) = (
            self.colours.first(),
            pieces.first(),
            span.sources.is_empty(),
        ) {
            let own = config_of(first, first.decode.start)?.facts.colour;
            task.recoloured = own != *common;
        }
        Ok((span, Prepared { pieces, task }))
    }

    /// A black picture of the output.
    pub(super) fn black(&self, task: &EncoderTask) -> Result<gst::Sample, MediaError> {
        let first = self.colours.first().copied();
        let (colour, full_range) = first.unwrap_or(((2, 2, 2), false));
        let own = || colorimetry(colour, full_range, task.height);
        let text = task.colours.get().cloned().unwrap_or_else(own);
        black_frame(task, &text, full_range)
    }
}

/// The parameter sets of the copied pictures; all copies of a plan share them.
fn copied_config(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
) -> Result<Option<VideoConfig>, MediaError> {
    let Some(span) = plan.video.iter().find(|span| span.kind == SpanKind::Copy) else {
        return Ok(None);
    };
    let Some(piece) = select_first(span, objects)? else {
        return Ok(None);
    };
    config_of(&piece, piece.decode.start).map(Some)
}

/// Primaries, transfer and matrix, and whether the range is full.
type Colour = ((u8, u8, u8), bool);

/// The different colours of a plan's pictures; those of the copies come first.
fn colours(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    base: Option<&VideoConfig>,
) -> Result<Vec<Colour>, MediaError> {
    let mut found: Vec<Colour> = Vec::new();
    let mut note = |facts: &SequenceFacts| {
        let colour = (facts.colour, facts.full_range);
        if !found.contains(&colour) {
            found.push(colour);
        }
    };
    if let Some(base) = base {
        note(&base.facts);
    }
    for span in plan.video.iter().filter(|span| span.kind != SpanKind::Copy) {
        for layer in 0..2 {
            let mut first = span.sources.iter().filter(|piece| piece.layer == layer);
            if let Some(piece) = first.next() {
                let piece = select_piece(piece, span.kind, objects)?;
                note(&config_of(&piece, piece.decode.start)?.facts);
            }
        }
    }
    Ok(found)
}

/// The colorimetry to bring encoded pictures to when those of the plan differ; `None` when they are
/// all alike and pass unchanged.
fn common_colorimetry(colours: &[Colour], plan: &CutPlan) -> Option<String> {
    let [(colour, full_range), _, ..] = colours else {
        return None;
    };
    Some(colorimetry(*colour, *full_range, plan.format.height))
}

/// Pictures that stand beside the gaps of a plan: what fills them is made alike.
fn pictures_beside(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
) -> Result<Vec<PieceUnits>, MediaError> {
    for span in &plan.video {
        if let Some(piece) = select_first(span, objects)? {
            return Ok(vec![piece]);
        }
    }
    Ok(Vec::new())
}

fn task(
    plan: &CutPlan,
    span: &VideoSpan,
    pieces: &[PieceUnits],
    base: Option<&VideoConfig>,
    choice: EncoderChoice,
) -> Result<EncoderTask, MediaError> {
    let first = pieces.first().ok_or_else(|| count_mismatch(0))?;
    let own = config_of(first, first.decode.start)?;
    let facts: &SequenceFacts = base.map_or(&own.facts, |config| &config.facts);
    let turn = if span.kind == SpanKind::Compose {
        turn_of(first, plan.format.rotation)?
    } else {
        0
    };
    let two_seconds = plan.frame_rate.map_or(50, |rate| 2 * rate.nominal());
    Ok(EncoderTask {
        choice,
        width: plan.format.width,
        height: plan.format.height,
        kind: (plan.format.bit_depth, plan.format.chroma_format_idc),
        pixel_aspect: plan.format.pixel_aspect,
        frame_rate: plan.frame_rate,
        // Every encoded part of one output is made alike, so that they share parameter sets.
        profile_idc: if base.is_some() {
            facts.profile_idc
        } else {
            100
        },
        splice: base.and_then(|config| {
            Some(Splice {
                vps: config.vps.clone(),
                sps: config.sps.first()?.clone(),
                free: coding::free_ids(choice.codec(), config),
                given: Arc::default(),
            })
        }),
        quantiser: COMPOSED,
        references: base.map_or(3, |config| config.facts.num_ref_frames),
        level_idc: base.map(|config| config.facts.level_idc),
        turn,
        // Copies that refer to nothing have a decoder that keeps nothing.
        key_interval: match base {
            Some(config) if config.facts.num_ref_frames == 0 => 1,
            _ => two_seconds.max(2),
        },
        colours: Arc::default(),
        full_range: own.facts.full_range,
        recoloured: false,
    })
}
