//! Hostile inputs made from good ones: texts, JSON bodies and media files, changed a little in places
//! that matter.

pub mod container;
pub mod json;
pub mod random;

use random::Random;

/// Numbers at the edges of the types they end up in, and far past them.
pub const NUMBERS: [&str; 16] = [
    "0",
    "00",
    "1",
    "-1",
    "999999999",
    "1000000000",
    "2147483648",
    "4294967296",
    "281474976710655",
    "281474976710656",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "1e308",
    "0.1",
];

/// Characters that parsers stumble over: of several bytes, blank, invisible, of no digit's value
/// although digits, control characters, ends of lines.
pub const ODD_CHARACTERS: [&str; 18] = [
    "\u{0}",
    "\t",
    "\n",
    "\r",
    "\u{1b}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "ß",
    "İ",
    "٣",
    "３",
    "\u{301}",
    "🎞",
    "\u{10ffff}",
    "\u{fffd}",
];

/// A text made from one of `seeds`, or from some of `words`, with up to five changes. It need not be
/// UTF-8.
pub fn text(random: &mut Random, seeds: &[&str], words: &[&str]) -> Vec<u8> {
    let mut text = if random.one_in(4) {
        let count = random.below(12);
        (0..count)
            .flat_map(|_| random.pick(words).bytes())
            .collect()
    } else {
        random.pick(seeds).as_bytes().to_vec()
    };
    for _ in 0..random.below(6) {
        let other = random.pick(seeds).as_bytes();
        change(random, &mut text, other, words);
    }
    text
}

/// One change of `text`. `other` is what is spliced in, `words` what the grammar is made of.
pub fn change(random: &mut Random, text: &mut Vec<u8>, other: &[u8], words: &[&str]) {
    let at = random.below(text.len() + 1);
    match random.below(11) {
        0 => {
            let at = random.below(text.len());
            if let Some(byte) = text.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => text.insert(at, random.bits().to_le_bytes()[0]),
        2 => insert(text, at, random.pick(words).as_bytes()),
        3 => insert(text, at, random.pick(&ODD_CHARACTERS).as_bytes()),
        4 => insert(text, at, random.pick(&NUMBERS).as_bytes()),
        5 => {
            let cut = random.stretch(text.len());
            text.drain(cut);
        }
        6 => {
            let copied = text[random.stretch(text.len())].to_vec();
            insert(text, at, &copied);
        }
        7 => text.truncate(at),
        8 => {
            text.truncate(at);
            text.extend_from_slice(&other[random.below(other.len() + 1)..]);
        }
        9 => replace_number(random, text),
        _ if random.one_in(50) => {
            let copied = text[random.stretch(text.len().min(40))].to_vec();
            insert(text, at, &copied.repeat(500));
        }
        _ => insert(text, at, &other[random.stretch(other.len())]),
    }
}

fn insert(text: &mut Vec<u8>, at: usize, new: &[u8]) {
    text.splice(at..at, new.iter().copied());
}

/// Puts a number of [`NUMBERS`] in the place of the first run of digits behind some place.
fn replace_number(random: &mut Random, text: &mut Vec<u8>) {
    let from = random.below(text.len());
    let digits = |byte: &u8| byte.is_ascii_digit();
    let Some(start) = text.iter().skip(from).position(digits) else {
        return;
    };
    let start = from + start;
    let length = text[start..].iter().take_while(|byte| digits(byte)).count();
    let number = random.pick(&NUMBERS).bytes();
    text.splice(start..start + length, number);
}
