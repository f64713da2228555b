//! Text that fits its place: wrapping, shrinking, and cutting as the last resort.

use crate::font::{Fonts, Gaps, Metrics, Run, Shaped, Style};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Longer texts are cut before anything else is done with them.
const MAX_GRAPHEMES: usize = 1_000;
/// One step of shrinking.
const SHRINK: f64 = 0.97;
/// Forgives rounding when widths are compared, in em.
const SLACK: f64 = 1e-6;

/// What a text may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit {
    /// The size wanted, in points.
    pub(crate) size: f64,
    /// The size below which the text is cut instead.
    pub(crate) min: f64,
    /// Distance between baselines, in em.
    pub(crate) leading: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) lines: usize,
    /// 0 is black.
    pub(crate) gray: u8,
    /// Lines of about the same length, as titles want.
    pub(crate) balanced: bool,
}

/// A text that was fitted.
#[derive(Clone, Debug)]
pub(crate) struct Fitted {
    pub(crate) block: TextBlock,
    /// What did not fit was cut; the text ends with an ellipsis.
    pub(crate) shortened: bool,
    pub(crate) gaps: Gaps,
}

/// Lines of text set in one style and size, left-aligned.
#[derive(Clone, Debug)]
pub(crate) struct TextBlock {
    pub(crate) size: f64,
    pub(crate) gray: u8,
    pub(crate) lines: Vec<Line>,
    leading: f64,
    metrics: Metrics,
}

impl TextBlock {
    /// Points from the ascent of the first line to the descent of the last one.
    pub(crate) fn height(&self) -> f64 {
        let Some(gaps) = self.lines.len().checked_sub(1) else {
            return 0.0;
        };
        let metrics = self.metrics;
        (metrics.ascent + metrics.descent + gaps as f64 * self.leading) * self.size
    }

    /// Points of the longest line.
    pub(crate) fn width(&self) -> f64 {
        self.lines.iter().map(Line::ink).fold(0.0, f64::max) * self.size
    }

    /// Points from the block's top to the baseline of line `line`.
    pub(crate) fn baseline(&self, line: usize) -> f64 {
        (self.metrics.ascent + line as f64 * self.leading) * self.size
    }

    /// Points between the block's top and the top of its capitals.
    pub(crate) fn above_caps(&self) -> f64 {
        (self.metrics.ascent - self.metrics.cap_height) * self.size
    }

    /// Points between the last baseline and the block's bottom.
    pub(crate) fn below_baseline(&self) -> f64 {
        self.metrics.descent * self.size
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text as it is printed.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(Line::text).collect();
        lines.join(" ")
    }
}

/// One line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) pieces: Vec<Piece>,
}

impl Line {
    /// In em, without the space at the end.
    fn ink(&self) -> f64 {
        let advances: f64 = self.pieces.iter().map(Piece::advance).sum();
        advances - self.pieces.last().map_or(0.0, |last| last.space)
    }

    fn text(&self) -> String {
        let runs = self.pieces.iter().flat_map(|piece| &piece.runs);
        runs.map(|run| run.text.as_str())
            .collect::<String>()
            .trim_end()
            .to_owned()
    }
}

/// What stays together on a line: a word or a part of one, with the space after it.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) runs: Vec<Run>,
    /// In em, without the space.
    ink: f64,
    /// In em.
    space: f64,
    /// The text asks for a new line after this.
    ends_line: bool,
}

impl Piece {
    /// In em.
    fn advance(&self) -> f64 {
        self.ink + self.space
    }
}

/// A text cut into pieces and shaped; it can be fitted many times.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    style: Style,
    metrics: Metrics,
    pieces: Vec<Piece>,
    gaps: Gaps,
    shortened: bool,
}

impl Words {
    /// Cleans and shapes a text from outside.
    pub(crate) fn new(fonts: &Fonts, style: Style, text: &str) -> Self {
        let (text, shortened) = clean(text);
        let mut words = Self::shaped(fonts, style, &text);
        words.shortened = shortened;
        words
    }

    fn shaped(fonts: &Fonts, style: Style, text: &str) -> Self {
        let space = fonts.shape(style, " ").advance();
        let mut pieces: Vec<Piece> = Vec::new();
        let mut gaps = Gaps::default();
        for line in text.lines() {
            for part in line.split_inclusive(' ').flat_map(split_at_hyphens) {
                let shaped = fonts.shape(style, part);
                gaps.extend(&shaped.gaps);
                pieces.push(piece(shaped, if part.ends_with(' ') { space } else { 0.0 }));
            }
            if let Some(last) = pieces.last_mut() {
                last.ends_line = true;
            }
        }
        Self {
            style,
            metrics: fonts.metrics(style),
            pieces,
            gaps,
            shortened: false,
        }
    }
}

/// Makes text from outside printable: white space is one space, line breaks survive, and
/// characters that would steer a terminal or turn text around are dropped.
pub(crate) fn clean(text: &str) -> (String, bool) {
    let lines: Vec<String> = text
        .split(['\n', '\u{2028}', '\u{2029}'])
        .map(|line| {
            let visible: String = line
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .filter(|c| !is_invisible(*c))
                .collect();
            visible
                .split(breaks_word)
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .filter(|line| !line.is_empty())
        .collect();
    let text = lines.join("\n");
    match text.grapheme_indices(true).nth(MAX_GRAPHEMES) {
        Some((end, _)) => (
            format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
            true,
        ),
        None => (text, false),
    }
}

/// White space but for the no-break spaces, which belong to their words.
fn breaks_word(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}')
}

/// Bidirectional controls, soft hyphens, variation selectors, tags and other invisible signs.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Sets the text as large as `fit` allows.
pub(crate) fn fit(fonts: &Fonts, words: &Words, fit: &Fit) -> Fitted {
    let mut size = fit.size;
    let (lines, cut) = loop {
        if let Some(lines) = whole_words(words, fit, size) {
            break (lines, false);
        }
        if size <= fit.min {
            break at_minimum(fonts, words, fit, size);
        }
        size = (size * SHRINK).max(fit.min);
    };
    let metrics = words.metrics;
    let block = TextBlock {
        size,
        gray: fit.gray,
        lines,
        leading: fit.leading,
        metrics,
    };
    Fitted {
        block,
        shortened: words.shortened || cut,
        gaps: words.gaps.clone(),
    }
}

/// The lines at `size`, if no word is broken and all fit.
fn whole_words(words: &Words, fit: &Fit, size: f64) -> Option<Vec<Line>> {
    let width = fit.width / size;
    let pieces = &words.pieces;
    if pieces.iter().any(|piece| piece.ink > width + SLACK) {
        return None;
    }
    let breaks = wrap(pieces, width);
    let count = breaks.len();
    if count > most_lines(fit, words.metrics, size) {
        return None;
    }
    if fit.balanced {
        return Some(lines(
            pieces,
            &wrap(pieces, balanced_width(pieces, width, count)),
        ));
    }
    Some(lines(pieces, &breaks))
}

/// The lines at the smallest size: long words are broken, and what is too much is cut.
fn at_minimum(fonts: &Fonts, words: &Words, fit: &Fit, size: f64) -> (Vec<Line>, bool) {
    let width = fit.width / size;
    let most = most_lines(fit, words.metrics, size);
    let pieces = break_wide(fonts, words.style, &words.pieces, width);
    let breaks = wrap(&pieces, width);
    if breaks.len() <= most {
        return (lines(&pieces, &breaks), false);
    }
    let kept = breaks.get(..most).unwrap_or_default();
    let mut kept = lines(&pieces, kept);
    if let Some(last) = kept.last_mut() {
        *last = with_ellipsis(fonts, words.style, &last.text(), width);
    }
    (kept, true)
}

/// As much of a line as leaves room for an ellipsis.
fn with_ellipsis(fonts: &Fonts, style: Style, line: &str, width: f64) -> Line {
    let cut_at = |end: usize| {
        let kept = line.get(..end).unwrap_or_default();
        let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '.'));
        fonts.shape(style, &format!("{kept}…"))
    };
    let mut ends: Vec<usize> = line.grapheme_indices(true).map(|(at, _)| at).collect();
    ends.push(line.len());
    let fitting = ends.partition_point(|end| cut_at(*end).advance() <= width);
    let end = ends.get(fitting.saturating_sub(1)).copied().unwrap_or(0);
    Line {
        pieces: vec![piece(cut_at(end), 0.0)],
    }
}

fn most_lines(fit: &Fit, metrics: Metrics, size: f64) -> usize {
    let spare = fit.height / size - metrics.ascent - metrics.descent;
    let more = (spare / fit.leading + SLACK).max(0.0) as usize;
    more.saturating_add(1).min(fit.lines)
}

/// Fills lines greedily; the ranges are those of the pieces on each line.
fn wrap(pieces: &[Piece], width: f64) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut used = f64::INFINITY;
    for (at, piece) in pieces.iter().enumerate() {
        if used + piece.ink > width + SLACK {
            lines.push(at..at);
            used = 0.0;
        }
        if let Some(line) = lines.last_mut() {
            line.end = at + 1;
        }
        used = if piece.ends_line {
            f64::INFINITY
        } else {
            used + piece.advance()
        };
    }
    lines
}

fn lines(pieces: &[Piece], breaks: &[Range<usize>]) -> Vec<Line> {
    let line = |range: &Range<usize>| Line {
        pieces: pieces.get(range.clone()).unwrap_or_default().to_vec(),
    };
    breaks.iter().map(line).collect()
}

/// The narrowest width that still needs only `count` lines.
fn balanced_width(pieces: &[Piece], width: f64, count: usize) -> f64 {
    let longest = pieces.iter().map(|piece| piece.ink).fold(0.0, f64::max);
    let (mut narrow, mut wide) = (longest, width);
    while wide - narrow > 0.05 {
        let middle = f64::midpoint(narrow, wide);
        if wrap(pieces, middle).len() > count {
            narrow = middle;
        } else {
            wide = middle;
        }
    }
    wide
}

fn piece(shaped: Shaped, space: f64) -> Piece {
    let ink = shaped.advance() - space;
    Piece {
        runs: shaped.runs,
        ink,
        space,
        ends_line: false,
    }
}

/// A compound word may be broken after its hyphens, when two letters at least stand before.
fn split_at_hyphens(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = word;
    let mut from = 0;
    while let Some(found) = rest
        .get(from..)
        .and_then(|tail| tail.find(['-', '–', '—', '/']))
    {
        let at = from + found;
        let after = at
            + rest
                .get(at..)
                .and_then(|t| t.chars().next())
                .map_or(1, char::len_utf8);
        let (head, tail) = rest.split_at(after);
        let letters = head
            .chars()
            .rev()
            .skip(1)
            .take_while(|c| c.is_alphabetic())
            .count();
        if letters >= 2 && tail.chars().next().is_some_and(char::is_alphabetic) {
            parts.push(head);
            rest = tail;
            from = 0;
        } else {
            from = after;
        }
    }
    parts.push(rest);
    parts
}

/// Breaks pieces wider than a line between graphemes.
fn break_wide(fonts: &Fonts, style: Style, pieces: &[Piece], width: f64) -> Vec<Piece> {
    let mut broken = Vec::with_capacity(pieces.len());
    for whole in pieces {
        if whole.ink <= width + SLACK {
            broken.push(whole.clone());
            continue;
        }
        let text: String = whole.runs.iter().map(|run| run.text.as_str()).collect();
        let mut rest = text.trim_end();
        while !rest.is_empty() {
            let end = longest_head(fonts, style, rest, width);
            let (head, tail) = rest.split_at(end);
            broken.push(piece(fonts.shape(style, head), 0.0));
            rest = tail;
        }
        if let Some(last) = broken.last_mut() {
            last.space = whole.space;
            last.ends_line = whole.ends_line;
        }
    }
    broken
}

/// Bytes of the longest head of `text` that fits, at least one grapheme.
fn longest_head(fonts: &Fonts, style: Style, text: &str, width: f64) -> usize {
    let ends: Vec<usize> = text
        .grapheme_indices(true)
        .map(|(at, g)| at + g.len())
        .collect();
    let fitting = ends.partition_point(|end| {
        let head = text.get(..*end).unwrap_or_default();
        fonts.shape(style, head).advance() <= width
    });
    ends.get(fitting.saturating_sub(1))
        .copied()
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(width: f64, height: f64) -> Fit {
        Fit {
            size: 54.0,
            min: 18.0,
            leading: 1.04,
            width,
            height,
            lines: 20,
            gray: 0,
            balanced: true,
        }
    }

    fn check(text: &str, width: f64, height: f64) -> Fitted {
        let fonts = Fonts::load().unwrap();
        let words = Words::new(&fonts, Style::Display, text);
        let fitted = fit(&fonts, &words, &title(width, height));
        assert!(
            fitted.block.width() <= width + 0.01,
            "{text:?}: {}",
            fitted.block.width()
        );
        assert!(
            fitted.block.height() <= height + 0.01,
            "{text:?}: {}",
            fitted.block.height()
        );
        fitted
    }

    #[test]
    fn short_titles_keep_the_size_wanted() {
        let fitted = check("Open-air weekend", 500.0, 120.0);
        assert_eq!((fitted.block.size, fitted.shortened), (54.0, false));
    }

    #[test]
    fn titles_fit_whatever_they_are() {
        let long_word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten";
        let two_hundred = "A night of short films "
            .repeat(9)
            .chars()
            .take(200)
            .collect::<String>();
        for text in [
            long_word,
            &two_hundred,
            &"W".repeat(300),
            "",
            "  \n ",
            "a\nb\nc",
            "映画の夜",
        ] {
            let fitted = check(text, 500.0, 130.0);
            assert!(
                !fitted.shortened || text.starts_with('W'),
                "{text:?} was cut"
            );
        }
    }

    #[test]
    fn nothing_is_lost_unless_it_is_said() {
        for count in [3, 40, 150, 900] {
            let text = "Film ".repeat(count);
            let fitted = check(&text, 300.0, 130.0);
            assert_eq!(fitted.shortened, fitted.block.text().ends_with('…'));
            assert_eq!(
                fitted.shortened,
                fitted.block.text().len() < text.trim_end().len()
            );
        }
    }

    #[test]
    fn balanced_lines_leave_no_widow() {
        let fitted = check("The long way home from the sea to the hills", 420.0, 130.0);
        let widths: Vec<f64> = fitted.block.lines.iter().map(Line::ink).collect();
        let longest = widths.iter().copied().fold(0.0, f64::max);
        assert!(
            widths.len() > 1 && widths.iter().all(|w| *w > longest * 0.5),
            "{widths:?}"
        );
    }

    #[test]
    fn compound_words_break_after_the_hyphen_only() {
        assert_eq!(split_at_hyphens("Open-air "), ["Open-", "air "]);
        assert_eq!(split_at_hyphens("x-ray"), ["x-ray"]);
        assert_eq!(split_at_hyphens("2024-12-31"), ["2024-12-31"]);
        assert_eq!(
            split_at_hyphens("north–south/east"),
            ["north–", "south/", "east"]
        );
        assert_eq!(split_at_hyphens("ends-"), ["ends-"]);
    }

    #[test]
    fn text_from_outside_is_cleaned() {
        let (text, cut) = clean(" a\t b\u{202e}\u{0}c \r\n\n d\u{a0}e\u{fe0f} ");
        assert_eq!((text.as_str(), cut), ("a b c\nd\u{a0}e", false));
        let (text, cut) = clean(&"é".repeat(3_000));
        assert_eq!(
            (text.graphemes(true).count(), cut),
            (MAX_GRAPHEMES + 1, true)
        );
    }
}
