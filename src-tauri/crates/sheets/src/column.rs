//! A column of short texts beside a code: some hang from its top, the others stand on its foot.

use crate::font::{Fonts, Style};
use crate::geometry::Rect;
use crate::issue::{Field, Note};
use crate::layout::Block;
use crate::text::{self, Fit, Fitted, Words};

/// The column is set smaller in these steps until it fits its height.
const SCALES: [f64; 8] = [1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.64, 0.58];

/// One text of a column.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) field: Field,
    pub(crate) text: String,
    pub(crate) style: Style,
    pub(crate) size: f64,
    pub(crate) lines: usize,
    pub(crate) gray: u8,
    /// White space above, in points; ignored for the first text of its group.
    pub(crate) gap: f64,
}

/// A text that was shaped.
struct Shaped<'a> {
    entry: &'a Entry,
    words: Words,
}

/// A text that was set, with its gap to the one above.
struct Set {
    field: Field,
    fitted: Fitted,
    gap: f64,
}

/// Sets the texts into `area`: capitals of the first one flush with its top, baseline of the last
/// one flush with its bottom.
pub(crate) fn compose(
    fonts: &Fonts<'_>,
    top: &[Entry],
    bottom: &[Entry],
    area: Rect,
) -> (Vec<Block>, Vec<Note>) {
    let (top, bottom) = (shape(fonts, top), shape(fonts, bottom));
    let mut groups = (Vec::new(), Vec::new());
    for scale in SCALES {
        groups = (
            set(fonts, &top, area, scale),
            set(fonts, &bottom, area, scale),
        );
        let between = if groups.0.is_empty() || groups.1.is_empty() {
            0.0
        } else {
            6.0 * scale
        };
        if height(&groups.0) + height(&groups.1) + between <= area.h {
            break;
        }
    }
    let (top, bottom) = groups;
    let foot = area.bottom() - height(&bottom);
    let mut blocks = Vec::new();
    let mut notes = Vec::new();
    place(top, area.x, area.y, &mut blocks, &mut notes);
    place(bottom, area.x, foot, &mut blocks, &mut notes);
    (blocks, notes)
}

fn shape<'a>(fonts: &Fonts<'_>, entries: &'a [Entry]) -> Vec<Shaped<'a>> {
    let words = |entry: &Entry| Words::new(fonts, entry.style, &entry.text);
    entries
        .iter()
        .map(|entry| Shaped {
            entry,
            words: words(entry),
        })
        .collect()
}

fn set(fonts: &Fonts<'_>, texts: &[Shaped<'_>], area: Rect, scale: f64) -> Vec<Set> {
    let mut group: Vec<Set> = Vec::with_capacity(texts.len());
    for Shaped { entry, words } in texts {
        let size = entry.size * scale;
        let fit = Fit {
            size,
            min: size * 0.7,
            leading: if entry.style == Style::Display {
                1.08
            } else {
                1.28
            },
            width: area.w,
            height: f64::INFINITY,
            lines: entry.lines,
            gray: entry.gray,
            balanced: false,
        };
        let fitted = text::fit(fonts, words, &fit);
        if !fitted.block.is_empty() {
            let above: Option<&Set> = group.last();
            let gap = above.map_or(0.0, |above| entry.gap * scale + above.fitted.block.deep());
            group.push(Set {
                field: entry.field,
                fitted,
                gap,
            });
        }
    }
    group
}

/// From the capitals of the first text to the last baseline. Gaps are measured from a baseline
/// to the next capitals, which is what the eye sees.
fn height(group: &[Set]) -> f64 {
    let ink = |set: &Set| {
        let block = &set.fitted.block;
        set.gap + block.height() - block.above_caps() - block.below_baseline()
    };
    let hanging = group.last().map_or(0.0, |last| last.fitted.block.deep());
    group.iter().map(ink).sum::<f64>() + hanging
}

fn place(group: Vec<Set>, x: f64, y: f64, blocks: &mut Vec<Block>, notes: &mut Vec<Note>) {
    let mut caps = y;
    for set in group {
        let block = &set.fitted.block;
        let top = caps + set.gap - block.above_caps();
        caps = top + block.height() - block.below_baseline();
        notes.extend(Note::of(set.field, &set.fitted));
        blocks.push(Block::text(x, top, set.fitted.block));
    }
}
