//! Media files, changed where their containers are put together: heads, sizes, tables, order.

mod ebml;
mod iso;
mod transport;

use std::ops::Range;

use super::random::Random;

/// How a file is put together.
#[derive(Clone, Copy, Debug)]
pub enum Layout {
    /// Boxes of ISO base media and QuickTime.
    Iso,
    /// Elements of Matroska.
    Ebml,
    /// Packets of a transport stream.
    Transport,
}

/// A box, an element or a packet.
#[derive(Clone, Debug)]
struct Part {
    /// Head and body.
    whole: Range<usize>,
    /// Where its body begins.
    body: usize,
    /// The part that holds it, by its place in the list.
    within: Option<usize>,
    /// Parts that say more about the rest of the file than others are changed more often.
    weight: usize,
}

/// Values at the edges of fields of 1, 2, 4 and 8 bytes.
const EDGES: [u64; 16] = [
    0,
    1,
    2,
    3,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// A file made from one of `seeds` with up to five changes.
pub fn file(random: &mut Random, layout: Layout, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut file = random.pick(seeds).clone();
    if random.one_in(12) {
        // Room for tables to count what isn't there.
        let len = file.len() + (random.below(3) << 20);
        file.resize(len, *random.pick(&[0, 1, 0x47, 0xff]));
    }
    for _ in 0..random.below(6) {
        let other = random.pick(seeds);
        change(random, layout, &mut file, other);
        layout.seal(&mut file);
    }
    file
}

fn change(random: &mut Random, layout: Layout, file: &mut Vec<u8>, other: &[u8]) {
    let parts = layout.parts(file);
    let Some(place) = pick(random, &parts) else {
        return;
    };
    let part = parts[place].clone();
    let fields = near(random, &part);
    match random.below(16) {
        0 => flip(random, file, part.whole.start..part.body),
        1 | 2 => flip(random, file, fields),
        3..=6 => set_field(random, file, fields),
        7 => layout.set_size(file, &part, *random.pick(&EDGES)),
        8 => fill(random, file, fields),
        9 => replace(random, layout, file, &parts, place, part.whole, &[]),
        10 => {
            let times = if random.one_in(20) { 200 } else { 1 };
            let copied = file[part.whole.clone()].to_vec();
            let times = times.min(1 + (64 << 10) / copied.len().max(1));
            let at = part.whole.end..part.whole.end;
            replace(
                random,
                layout,
                file,
                &parts,
                place,
                at,
                &copied.repeat(times),
            );
        }
        11 => {
            let others = layout.parts(other);
            if let Some(strange) = pick(random, &others) {
                let strange = &others[strange];
                if random.one_in(2) {
                    let whole = &other[strange.whole.clone()];
                    replace(random, layout, file, &parts, place, part.whole, whole);
                } else {
                    let body = part.body..part.whole.end;
                    let new = &other[strange.body..strange.whole.end];
                    replace(random, layout, file, &parts, place, body, new);
                }
            }
        }
        12 => {
            let cut = fields.start + random.below(fields.len() + 1)..fields.end;
            replace(random, layout, file, &parts, place, cut, &[]);
        }
        13 => {
            let at = part.body + random.below(part.whole.end - part.body + 1);
            let new = vec![random.bits().to_le_bytes()[0]; 1 + random.below(16)];
            replace(random, layout, file, &parts, place, at..at, &new);
        }
        14 if random.one_in(3) => file.truncate(random.below(file.len() + 1)),
        14 => {
            let others = layout.parts(other);
            let from = pick(random, &others).map_or(0, |at| others[at].whole.start);
            file.truncate(part.whole.start);
            file.extend_from_slice(&other[from..]);
        }
        _ => {
            // Two parts change places, or their heads alone.
            if let Some(second) = pick(random, &parts) {
                swap(random, file, &part, &parts[second]);
            }
        }
    }
}

/// One of the parts, by weight.
fn pick(random: &mut Random, parts: &[Part]) -> Option<usize> {
    let all: usize = parts.iter().map(|part| part.weight).sum();
    let mut left = random.below(all);
    parts.iter().position(|part| {
        let found = left < part.weight;
        left = left.saturating_sub(part.weight);
        found
    })
}

/// A stretch of a part's body: mostly its beginning, where its fields are.
fn near(random: &mut Random, part: &Part) -> Range<usize> {
    let body = part.body..part.whole.end;
    match random.below(4) {
        0 => body,
        1 => body.start..body.end.min(body.start + 16),
        _ => body.start..body.end.min(body.start + 96),
    }
}

fn flip(random: &mut Random, file: &mut [u8], within: Range<usize>) {
    let at = within.start + random.below(within.len());
    if let Some(byte) = file.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

/// Puts a value of [`EDGES`], or one near what was there, into a field of some width.
fn set_field(random: &mut Random, file: &mut [u8], within: Range<usize>) {
    let width = *random.pick(&[1, 2, 4, 4, 8]);
    let step = if random.one_in(2) { width.min(4) } else { 1 };
    let at = within.start + random.below(within.len() / step + 1) * step;
    let whole = file.len() as u64;
    let Some(field) = file.get_mut(at..at + width) else {
        return;
    };
    let old = field
        .iter()
        .fold(0u64, |old, byte| old << 8 | u64::from(*byte));
    let new = match random.below(7) {
        0 => old.wrapping_add(1),
        1 => old.wrapping_sub(1),
        2 => old << random.below(32),
        3 => whole >> random.below(5),
        _ => *random.pick(&EDGES),
    };
    field.copy_from_slice(&new.to_be_bytes()[8 - width..]);
}

fn fill(random: &mut Random, file: &mut [u8], within: Range<usize>) {
    let stretch = random.stretch(within.len());
    let value = *random.pick(&[0, 1, 0x47, 0x7f, 0x80, 0xff]);
    if let Some(bytes) = file.get_mut(within.start + stretch.start..within.start + stretch.end) {
        bytes.fill(value);
    }
}

/// Puts `new` in the place of `old`, which lies in part number `place` or is that part. The sizes of
/// the parts that hold it follow most of the time.
fn replace(
    random: &mut Random,
    layout: Layout,
    file: &mut Vec<u8>,
    parts: &[Part],
    place: usize,
    old: Range<usize>,
    new: &[u8],
) {
    if !random.one_in(4) {
        let grown = new.len() as i64 - old.len() as i64;
        // Of a part that goes, or gets a neighbour, the size stays.
        let own = old.end < parts[place].whole.end || old.start > parts[place].whole.start;
        let behind = old.start >= parts[place].whole.end;
        let mut outer = (own && !behind).then_some(place).or(parts[place].within);
        while let Some(at) = outer {
            let part = &parts[at];
            let size = part.whole.len() as i64 + grown;
            layout.resize(file, part, u64::try_from(size).unwrap_or(0));
            outer = part.within;
        }
    }
    file.splice(old, new.iter().copied());
}

fn swap(random: &mut Random, file: &mut Vec<u8>, a: &Part, b: &Part) {
    let (first, second) = if a.whole.start < b.whole.start {
        (a, b)
    } else {
        (b, a)
    };
    if second.whole.start < first.whole.end {
        return;
    }
    let stretch = |part: &Part, heads: bool| {
        if heads {
            part.whole.start..part.body
        } else {
            part.whole.clone()
        }
    };
    let heads = random.one_in(2);
    let (front, back) = (stretch(first, heads), stretch(second, heads));
    let (moved, kept) = (file[front.clone()].to_vec(), file[back.clone()].to_vec());
    // From the back, so that places in front stay right.
    file.splice(back, moved);
    file.splice(front, kept);
}

impl Layout {
    /// The parts of a file as far as they can be told apart.
    fn parts(self, file: &[u8]) -> Vec<Part> {
        match self {
            Self::Iso => iso::parts(file),
            Self::Ebml => ebml::parts(file),
            Self::Transport => transport::parts(file),
        }
    }

    /// Lets a part say that it is `size` bytes long, head and all, where its head has room for that.
    fn resize(self, file: &mut [u8], part: &Part, size: u64) {
        match self {
            Self::Iso => iso::set_size(file, part, size),
            Self::Ebml => {
                let head = (part.body - part.whole.start) as u64;
                ebml::set_size(file, part, size.saturating_sub(head));
            }
            // All packets are of one size.
            Self::Transport => {}
        }
    }

    /// Puts any value into the place of a part's size.
    fn set_size(self, file: &mut [u8], part: &Part, size: u64) {
        match self {
            Self::Iso => iso::set_size(file, part, size),
            Self::Ebml => ebml::set_size(file, part, size),
            Self::Transport => transport::set_size(file, part, size),
        }
    }

    /// Makes checksums right again, so that what they protect is read.
    fn seal(self, file: &mut [u8]) {
        if matches!(self, Self::Transport) {
            transport::seal(file);
        }
    }
}
