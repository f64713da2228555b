//! The pictures of a clip: moving texture with fresh grain, the number in digits for people, and the
//! code strip for readers.
//!
//! Textures are made once and then only copied by rows, so painting costs little even unoptimised.

use super::code::{COLUMNS, Code, ROWS};
use super::tone::mix;

/// Video black and white.
const BLACK: u8 = 16;
const WHITE: u8 = 235;
const GREY: u8 = 128;

/// Paints the frames of one clip as planar 4:2:0 with 8 bits.
pub(crate) struct Painter {
    clip: u8,
    width: usize,
    height: usize,
    /// Periodic in both directions; each row is stored twice, so that any shift is one slice.
    luma: Vec<u8>,
    chroma: [Vec<u8>; 2],
    /// Random bytes for grain.
    grain: Vec<u8>,
    frame: Vec<u8>,
}

impl Painter {
    /// A painter of pictures of `width` × `height`, both even.
    pub(crate) fn new(clip: u8, width: usize, height: usize) -> Self {
        let seed = u64::from(clip) << 32;
        let (half_width, half_height) = (width / 2, height / 2);
        let tint = |plane: u64| 40 + (mix(seed ^ plane) % 60) as u8;
        Self {
            clip,
            width,
            height,
            luma: texture(width, height, seed, 60, 130),
            chroma: [1, 2]
                .map(|plane| texture(half_width, half_height, seed ^ plane, 90, tint(plane))),
            grain: (0..4 * width as u64)
                .map(|i| 100 + (mix(seed ^ i) % 48) as u8)
                .collect(),
            frame: vec![0; width * height + 2 * half_width * half_height],
        }
    }

    /// The frame `number`, valid until the next is painted.
    pub(crate) fn paint(&mut self, number: u32) -> &[u8] {
        let (width, height) = (self.width, self.height);
        let n = number as usize;
        let (luma, chroma) = self.frame.split_at_mut(width * height);
        copy_shifted(luma, &self.luma, width, height, 3 * n, n);
        for (plane, texture) in chroma
            .chunks_exact_mut(width / 2 * (height / 2))
            .zip(&self.chroma)
        {
            copy_shifted(plane, texture, width / 2, height / 2, 3 * n / 2, n / 2);
        }
        for block in 0..3 {
            self.paint_block(block, n);
        }
        self.paint_grain(number);
        self.paint_digits(number);
        self.paint_strip(number);
        &self.frame
    }

    /// A rectangle that moves against the background, so that there is motion to compensate.
    fn paint_block(&mut self, block: usize, n: usize) {
        let (width, height) = (self.width, self.height);
        let (w, h) = (width / 6, height / 6);
        let left = ((block + 1) * 5 * n + block * width / 3) % (width - w);
        let top = strip_height(height) + ((block + 2) * n) % (height / 3);
        for row in 0..h {
            let from = ((block * 97 + row) % height) * 2 * width + block * width / 4;
            let to = (top + row) * width + left;
            self.frame[to..to + w].copy_from_slice(&self.luma[from..from + w]);
        }
    }

    /// A band of noise that is new in every frame, along the bottom.
    fn paint_grain(&mut self, number: u32) {
        for row in self.height - self.height / 8..self.height {
            let start = mix(u64::from(number) << 16 ^ row as u64) as usize % (3 * self.width);
            let to = row * self.width;
            self.frame[to..to + self.width].copy_from_slice(&self.grain[start..start + self.width]);
        }
    }

    fn paint_digits(&mut self, number: u32) {
        let text = format!("{}:{number}", self.clip);
        let unit = (self.height / 90).max(1);
        let (left, top) = (2 * unit, strip_height(self.height) + 2 * unit);
        self.fill(left, top, (text.len() * 4 + 1) * unit, 7 * unit, BLACK);
        for (place, character) in text.chars().enumerate() {
            let shape = digit(character);
            for (row, bits) in shape.iter().enumerate() {
                for column in (0..3).filter(|column| bits >> (2 - column) & 1 == 1) {
                    let x = left + unit + (place * 4 + column) * unit;
                    self.fill(x, top + unit + row * unit, unit, unit, WHITE);
                }
            }
        }
    }

    fn paint_strip(&mut self, number: u32) {
        let (width, strip) = (self.width, strip_height(self.height));
        let code = Code {
            clip: self.clip,
            number,
        };
        for (row, cells) in code.cells().iter().enumerate() {
            let (top, bottom) = (strip * row / ROWS, strip * (row + 1) / ROWS);
            for (column, &white) in cells.iter().enumerate() {
                let (left, right) = (width * column / COLUMNS, width * (column + 1) / COLUMNS);
                let shade = if white { WHITE } else { BLACK };
                self.fill(left, top, right - left, bottom - top, shade);
            }
        }
        let (luma, half) = (width * self.height, width / 2);
        for plane in 0..2 {
            let start = luma + plane * half * (self.height / 2);
            self.frame[start..start + half * (strip / 2)].fill(GREY);
        }
    }

    fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, shade: u8) {
        let right = (left + width).min(self.width);
        for row in top..(top + height).min(self.height) {
            self.frame[row * self.width + left.min(right)..row * self.width + right].fill(shade);
        }
    }
}

/// Height of the code strip in a picture of `height`, an even number.
pub(crate) fn strip_height(height: usize) -> usize {
    2 * (height / 15)
}

/// Slopes, blotches and fine detail around `base`.
fn texture(width: usize, height: usize, seed: u64, range: u32, base: u8) -> Vec<u8> {
    const CELL: usize = 16;
    let corner = |x: usize, y: usize| {
        let (x, y) = (x % width.div_ceil(CELL), y % height.div_ceil(CELL));
        (mix(seed ^ ((x as u64) << 16 | y as u64)) & 0xFF) as u32
    };
    let mut texture = Vec::with_capacity(2 * width * height);
    for y in 0..height {
        let (cell_y, in_y) = (y / CELL, (y % CELL) as u32);
        let start = texture.len();
        for cell_x in 0..width.div_ceil(CELL) {
            let [a, b] = [corner(cell_x, cell_y), corner(cell_x + 1, cell_y)];
            let [c, d] = [corner(cell_x, cell_y + 1), corner(cell_x + 1, cell_y + 1)];
            let (left, right) = (a * (16 - in_y) + c * in_y, b * (16 - in_y) + d * in_y);
            for x in cell_x * CELL..width.min((cell_x + 1) * CELL) {
                let in_x = (x % CELL) as u32;
                let blotch = (left * (16 - in_x) + right * in_x) / 256;
                let detail = (((x * 7) ^ (y * 13)) & 15) as u32;
                let value = u32::from(base) / 2 + blotch * range / 255 + detail;
                texture.push(value.min(u32::from(WHITE)) as u8);
            }
        }
        texture.extend_from_within(start..);
    }
    texture
}

fn copy_shifted(
    to: &mut [u8],
    texture: &[u8],
    width: usize,
    height: usize,
    right: usize,
    down: usize,
) {
    let right = right % width;
    for (row, line) in to.chunks_exact_mut(width).enumerate() {
        let from = (row + down) % height * 2 * width + right;
        line.copy_from_slice(&texture[from..from + width]);
    }
}

/// Three columns by five rows, the left column in the highest bit.
fn digit(character: char) -> [u8; 5] {
    match character {
        '0' => [7, 5, 5, 5, 7],
        '1' => [2, 6, 2, 2, 7],
        '2' => [7, 1, 7, 4, 7],
        '3' => [7, 1, 7, 1, 7],
        '4' => [5, 5, 7, 1, 1],
        '5' => [7, 4, 7, 1, 7],
        '6' => [7, 4, 7, 5, 7],
        '7' => [7, 1, 1, 2, 2],
        '8' => [7, 5, 7, 5, 7],
        '9' => [7, 5, 7, 1, 7],
        _ => [0, 2, 0, 2, 0],
    }
}
