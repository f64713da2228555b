//! Text that fits its place: wrapping, shrinking, and cutting as the last resort.

use crate::font::{EM, Fonts, Gaps, Metrics, Paragraph, Run, Style};
use parley::{BreakReason, Layout};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use unicode_bidi::BidiClass::{AL, L, R};
use unicode_segmentation::UnicodeSegmentation;

/// Longer texts are cut before anything else is done with them.
const MAX_GRAPHEMES: usize = 1_000;
/// One step of shrinking.
const SHRINK: f64 = 0.97;
/// Forgives rounding when widths are compared, in em.
const SLACK: f64 = 1e-3;
/// White between the ink of two lines of a script with tall letters, in em.
const BETWEEN_LINES: f64 = 0.08;

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

/// Lines of text set in one style and size, each flush with the side that its text begins on.
#[derive(Clone, Debug)]
pub(crate) struct TextBlock {
    pub(crate) size: f64,
    pub(crate) gray: u8,
    pub(crate) lines: Vec<Line>,
    /// The text runs from right to left.
    pub(crate) from_right: bool,
    /// What there was, in points.
    pub(crate) room: f64,
    leading: f64,
    metrics: Metrics,
    /// What hangs lower than a descender of the style's own face, in em.
    deep: f64,
}

impl TextBlock {
    fn new(lines: Vec<Line>, words: &Words, fit: &Fit, size: f64) -> Self {
        let own = words.metrics;
        let reach = |line: &Line| line.reach().unwrap_or((0.0, 0.0));
        let up = lines.iter().map(|l| reach(l).0).fold(0.0, f64::max);
        let down = lines.iter().map(|l| reach(l).1).fold(0.0, f64::max);
        let first = lines.first().map_or(0.0, |line| reach(line).0);
        let metrics = Metrics {
            ascent: own.ascent.max(up),
            descent: own.descent,
            cap_height: own.cap_height.max(first),
        };
        let deep = (down - own.descent).max(0.0);
        let leading = leading(fit, &lines);
        Self {
            size,
            gray: fit.gray,
            lines,
            from_right: words.from_right,
            room: fit.width,
            leading,
            metrics,
            deep,
        }
    }

    /// Points from the ascent of the first line to the descent of the last one.
    pub(crate) fn height(&self) -> f64 {
        let Some(gaps) = self.lines.len().checked_sub(1) else {
            return 0.0;
        };
        let metrics = self.metrics;
        (metrics.ascent + metrics.descent + self.deep + gaps as f64 * self.leading) * self.size
    }

    /// Points of the longest line.
    pub(crate) fn width(&self) -> f64 {
        self.lines.iter().map(|line| line.width).fold(0.0, f64::max) * self.size
    }

    /// Points from the block's top to the baseline of line `line`.
    pub(crate) fn baseline(&self, line: usize) -> f64 {
        (self.metrics.ascent + line as f64 * self.leading) * self.size
    }

    /// Points from the block's left edge to where a line's ink begins.
    pub(crate) fn indent(&self, line: &Line) -> f64 {
        if self.from_right {
            self.width() - line.width * self.size
        } else {
            0.0
        }
    }

    /// Points between the block's top and the top of its capitals.
    pub(crate) fn above_caps(&self) -> f64 {
        (self.metrics.ascent - self.metrics.cap_height) * self.size
    }

    /// Points between the last baseline and the block's bottom.
    pub(crate) fn below_baseline(&self) -> f64 {
        (self.metrics.descent + self.deep) * self.size
    }

    /// Points that letters hang lower than those of the style's own face.
    pub(crate) fn deep(&self) -> f64 {
        self.deep * self.size
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The text as it is printed.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|line| line.text.as_str()).collect();
        lines.join(" ")
    }
}

/// One line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// From left to right.
    pub(crate) runs: Vec<Run>,
    /// Of the ink, in em.
    pub(crate) width: f64,
    pub(crate) text: String,
}

impl Line {
    /// How far letters of other faces reach above and below the baseline, in em.
    fn reach(&self) -> Option<(f64, f64)> {
        let reaches = self.runs.iter().filter_map(|run| run.reach);
        reaches.reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)))
    }
}

/// A text that was shaped; it can be fitted many times.
pub(crate) struct Words {
    style: Style,
    metrics: Metrics,
    text: Arc<str>,
    layout: RefCell<Layout<()>>,
    gaps: Gaps,
    from_right: bool,
    shortened: bool,
}

impl Words {
    /// Cleans and shapes a text from outside.
    pub(crate) fn new(fonts: &Fonts<'_>, style: Style, text: &str) -> Self {
        let (text, shortened) = clean(text);
        let mut words = Self::shaped(fonts, style, &text);
        words.shortened = shortened;
        words
    }

    fn shaped(fonts: &Fonts<'_>, style: Style, text: &str) -> Self {
        let Paragraph { text, layout, gaps } = fonts.paragraph(style, text);
        Self {
            style,
            metrics: fonts.metrics(style),
            from_right: layout.is_rtl(),
            text,
            layout: RefCell::new(layout),
            gaps,
            shortened: false,
        }
    }

    /// Breaks the text for lines of `width` em; the lines and whether a word had to be broken.
    fn wrap(&self, width: f64) -> (usize, bool) {
        let mut layout = self.layout.borrow_mut();
        layout.break_all_lines(Some(((width + SLACK) * f64::from(EM)) as f32));
        let lines = if self.text.is_empty() {
            0
        } else {
            layout.len()
        };
        let broken = layout
            .lines()
            .any(|line| line.break_reason() == BreakReason::Emergency || is_wide(&line, width));
        (lines, broken)
    }

    /// The lines as last wrapped.
    fn lines(&self, fonts: &Fonts<'_>) -> Vec<Line> {
        let layout = self.layout.borrow();
        if self.text.is_empty() {
            return Vec::new();
        }
        layout.lines().map(|line| self.line(fonts, &line)).collect()
    }

    fn line(&self, fonts: &Fonts<'_>, line: &parley::Line<'_, ()>) -> Line {
        let runs = fonts.runs(&self.text, line);
        Line {
            width: runs.iter().map(|run| run.advance).sum(),
            runs,
            text: self.of(line.text_range()).trim().to_owned(),
        }
    }

    fn of(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }
}

/// A line that holds one thing wider than there is room for.
fn is_wide(line: &parley::Line<'_, ()>, width: f64) -> bool {
    let metrics = line.metrics();
    f64::from((metrics.advance - metrics.hanging_advance) / EM) > width + 2.0 * SLACK
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

/// Text within text, which keeps its own direction and does not turn what stands around it.
pub(crate) fn isolated(text: &str) -> String {
    let inner = text.replace([ISOLATE, END_ISOLATE], "");
    format!("{ISOLATE}{inner}{END_ISOLATE}")
}

/// Begins text of its own direction.
const ISOLATE: char = '\u{2068}';
/// Ends it.
const END_ISOLATE: char = '\u{2069}';

/// Whether a text runs from right to left: its first letter decides.
pub(crate) fn runs_from_right(text: &str) -> bool {
    let (text, _) = clean(text);
    let class = text.chars().map(unicode_bidi::bidi_class);
    let mut strong = class.filter(|class| matches!(class, L | R | AL));
    strong.next().is_some_and(|class| class != L)
}

/// Bidirectional controls that could turn other text around, soft hyphens, variation selectors, tags and other invisible signs.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2067}' | '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Sets the text as large as `fit` allows.
pub(crate) fn fit(fonts: &Fonts<'_>, words: &Words, fit: &Fit) -> Fitted {
    let mut size = fit.size;
    let (lines, cut) = loop {
        if let Some(lines) = whole_words(fonts, words, fit, size) {
            break (lines, false);
        }
        if size <= fit.min {
            break at_minimum(fonts, words, fit, size);
        }
        size = (size * SHRINK).max(fit.min);
    };
    Fitted {
        block: TextBlock::new(lines, words, fit, size),
        shortened: words.shortened || cut,
        gaps: words.gaps.clone(),
    }
}

/// The lines at `size`, if no word is broken and all fit.
fn whole_words(fonts: &Fonts<'_>, words: &Words, fit: &Fit, size: f64) -> Option<Vec<Line>> {
    let width = fit.width / size;
    let (count, broken) = words.wrap(width);
    let metrics = words.metrics;
    let too_tall = (metrics.ascent + metrics.descent) * size > fit.height + SLACK;
    if broken || count > fit.lines || (too_tall && size > fit.min) {
        return None;
    }
    // Cheap for most texts; those that must shrink are told before their glyphs are collected.
    if count > most_lines(fit, words.metrics, fit.leading, size) {
        return None;
    }
    if fit.balanced && count > 1 {
        words.wrap(balanced_width(words, width, count));
    }
    let lines = words.lines(fonts);
    let most = most_lines(
        fit,
        tallest(words.metrics, &lines),
        leading(fit, &lines),
        size,
    );
    (lines.len() <= most).then_some(lines)
}

/// The lines at the smallest size: long words are broken, and what is too much is cut.
fn at_minimum(fonts: &Fonts<'_>, words: &Words, fit: &Fit, size: f64) -> (Vec<Line>, bool) {
    let width = fit.width / size;
    words.wrap(width);
    let mut lines = words.lines(fonts);
    let most = most_lines(
        fit,
        tallest(words.metrics, &lines),
        leading(fit, &lines),
        size,
    );
    if lines.len() <= most {
        return (lines, false);
    }
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        *last = with_ellipsis(fonts, words.style, &last.text, width);
    }
    (lines, true)
}

/// As much of a line as leaves room for an ellipsis.
fn with_ellipsis(fonts: &Fonts<'_>, style: Style, line: &str, width: f64) -> Line {
    let cut_at = |end: usize| {
        let kept = line.get(..end).unwrap_or_default();
        let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '.'));
        let words = Words::shaped(fonts, style, &format!("{kept}…"));
        words.wrap(f64::from(f32::MAX / EM / 2.0));
        words.lines(fonts).into_iter().next().unwrap_or_default()
    };
    let mut ends: Vec<usize> = line.grapheme_indices(true).map(|(at, _)| at).collect();
    ends.push(line.len());
    let fitting = ends.partition_point(|end| cut_at(*end).width <= width);
    cut_at(ends.get(fitting.saturating_sub(1)).copied().unwrap_or(0))
}

/// The style's measures, with room for taller letters.
fn tallest(own: Metrics, lines: &[Line]) -> Metrics {
    let reaches = lines.iter().filter_map(Line::reach);
    reaches.fold(own, |metrics, (up, down)| Metrics {
        ascent: metrics.ascent.max(up),
        descent: metrics.descent.max(down),
        ..metrics
    })
}

/// From baseline to baseline, in em: what was asked for, more for scripts with tall letters.
fn leading(fit: &Fit, lines: &[Line]) -> f64 {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    let needed = pairs.filter_map(|(upper, lower)| {
        // Descenders of our own faces are within the leading asked for.
        let down = upper.reach().map(|(_, down)| down);
        let up = lower.reach().map(|(up, _)| up);
        match (down, up) {
            (None, None) => None,
            (down, up) => Some(down.unwrap_or(0.22) + up.unwrap_or(0.76) + BETWEEN_LINES),
        }
    });
    needed.fold(fit.leading, f64::max)
}

fn most_lines(fit: &Fit, metrics: Metrics, leading: f64, size: f64) -> usize {
    let spare = fit.height / size - metrics.ascent - metrics.descent;
    let more = (spare / leading + SLACK).max(0.0) as usize;
    more.saturating_add(1).min(fit.lines)
}

/// The narrowest width that still needs only `count` lines and breaks no word.
fn balanced_width(words: &Words, width: f64, count: usize) -> f64 {
    let (mut narrow, mut wide) = (width / count as f64 * 0.8, width);
    while wide - narrow > 0.05 {
        let middle = f64::midpoint(narrow, wide);
        let (lines, broken) = words.wrap(middle);
        if lines > count || broken {
            narrow = middle;
        } else {
            wide = middle;
        }
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font_source::BundledFonts;

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
        let fonts = Fonts::load(&BundledFonts).unwrap();
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
        let widths: Vec<f64> = fitted.block.lines.iter().map(|line| line.width).collect();
        let longest = widths.iter().copied().fold(0.0, f64::max);
        assert!(
            widths.len() > 1 && widths.iter().all(|w| *w > longest * 0.5),
            "{widths:?}"
        );
    }

    #[test]
    fn compound_words_break_after_the_hyphen_only() {
        let fonts = Fonts::load(&BundledFonts).unwrap();
        let lines = |text: &str| {
            let words = Words::new(&fonts, Style::Body, text);
            words.wrap(4.2);
            let lines = words.lines(&fonts);
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        assert_eq!(lines("Open-airy"), ["Open-", "airy"]);
        assert_eq!(lines("an x-ray"), ["an x-ray"]);
    }

    #[test]
    fn text_from_the_right_is_flush_right() {
        let fitted = check(
            "ليلة أفلام قصيرة تحت الأشجار في المرج قرب الميناء",
            300.0,
            400.0,
        );
        assert!(fitted.block.from_right && fitted.block.lines.len() > 1);
        let block = &fitted.block;
        for line in &block.lines {
            let right = block.indent(line) + line.width * block.size;
            assert!((right - block.width()).abs() < 0.01);
        }
        assert!(!check("Night (ليلة)", 300.0, 400.0).block.from_right);
    }

    #[test]
    fn japanese_breaks_between_ideographs_but_not_before_punctuation() {
        let fitted = check(
            "港の映画の夜、星空の下で短編映画を上映します。",
            300.0,
            400.0,
        );
        assert!(fitted.block.lines.len() > 1 && !fitted.shortened);
        for line in &fitted.block.lines {
            assert!(!line.text.starts_with(['、', '。']), "{:?}", line.text);
        }
    }

    #[test]
    fn the_first_letter_tells_the_direction() {
        assert!(runs_from_right("1. ליל") && runs_from_right("«ليلة» (night)"));
        assert!(!runs_from_right("Night ליל") && !runs_from_right("1") && !runs_from_right(""));
    }

    #[test]
    fn what_is_put_into_a_line_keeps_its_direction() {
        let fonts = Fonts::load(&BundledFonts).unwrap();
        let line = format!("حتى {}", isolated("31 January 2027"));
        let words = Words::new(&fonts, Style::Body, &line);
        words.wrap(100.0);
        let lines = words.lines(&fonts);
        // The date's own glyphs run from left to right, its day first.
        let runs = &lines[0].runs;
        let text = |run: &Run| {
            let glyph = run.glyphs.first().unwrap();
            run.text.get(glyph.text_range.clone()).unwrap().to_owned()
        };
        let shown: Vec<String> = runs.iter().map(text).collect();
        let day = shown.iter().position(|first| first == "3").unwrap();
        assert!(
            shown
                .iter()
                .skip(day)
                .any(|first| "حتى".contains(first.as_str())),
            "{shown:?}"
        );
        assert_eq!(words.gaps, Gaps::default());
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
