//! The code in every picture: a strip of black and white cells along its top edge.
//!
//! The strip is 2/15 of the picture's height, three rows of 32 columns. Its first row is a 32-bit
//! word, most significant bit first: 6 bits of checksum, 6 bits of clip, 20 bits of frame number.
//! The second row is the first one inverted, so black or a blend can't pass for a zero. The third
//! holds the parity of each bit with its left neighbour, so a shifted or torn strip doesn't pass.

/// Columns of the strip.
pub(crate) const COLUMNS: usize = 32;
/// Rows of the strip.
pub(crate) const ROWS: usize = 3;
/// The largest frame number and clip that fit.
pub(crate) const MAX_NUMBER: u32 = (1 << 20) - 1;
pub(crate) const MAX_CLIP: u8 = (1 << 6) - 1;

/// Below this difference of a cell and its inverse, of 255, a reader isn't sure.
const SURE: u8 = 70;

/// Which frame of which clip a picture is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code {
    /// The clip it was generated as, 0 to 63.
    pub clip: u8,
    /// Its position in that clip, counted from 0.
    pub number: u32,
}

impl Code {
    fn word(self) -> u32 {
        let payload = (u32::from(self.clip) << 20) | self.number;
        (checksum(payload) << 26) | payload
    }

    /// The cells, row by row; `true` is white.
    pub(crate) fn cells(self) -> [[bool; COLUMNS]; ROWS] {
        let word = self.word();
        let bit = |column: usize| word >> (COLUMNS - 1 - column) & 1 == 1;
        [
            std::array::from_fn(bit),
            std::array::from_fn(|column| !bit(column)),
            std::array::from_fn(|column| bit(column) != bit((column + COLUMNS - 1) % COLUMNS)),
        ]
    }
}

/// Six bits that tell most wrong payloads from the right one.
fn checksum(payload: u32) -> u32 {
    payload.wrapping_mul(0x9E37_79B1) >> 26
}

/// What a reader made of the cells of one picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    /// The code, if every row agrees.
    pub(crate) code: Option<Code>,
    /// The least difference of a cell and its inverse, of 255.
    pub(crate) contrast: u8,
    /// The mean of all cells, of 255.
    pub(crate) luma: u8,
}

/// Reads the code of a whole picture in RGBA, row by row without padding, at whatever size.
#[must_use]
pub fn read_rgba(pixels: &[u8], width: u32, height: u32) -> Option<Code> {
    let luma = |x: u32, y: u32| -> Option<u32> {
        let at = (y as usize * width as usize + x as usize) * 4;
        let pixel = pixels.get(at..at + 3)?;
        Some(pixel.iter().map(|&part| u32::from(part)).sum::<u32>() / 3)
    };
    let mut cells = [[0; COLUMNS]; ROWS];
    for (row, line) in cells.iter_mut().enumerate() {
        // The strip is 2/15 of the height; a cell's middle is an odd multiple of half a cell.
        let y = height * 2 * (2 * row as u32 + 1) / (15 * 2 * ROWS as u32);
        for (column, cell) in line.iter_mut().enumerate() {
            let x = width * (2 * column as u32 + 1) / (2 * COLUMNS as u32);
            *cell = u8::try_from(luma(x, y)?).ok()?;
        }
    }
    read(&cells).code
}

/// Reads a code from the brightness of its cells, row by row.
pub(crate) fn read(cells: &[[u8; COLUMNS]; ROWS]) -> Reading {
    let [data, inverse, parity] = cells;
    let sum: u32 = cells.iter().flatten().map(|&cell| u32::from(cell)).sum();
    let mut word = 0u32;
    let mut contrast = u8::MAX;
    for (&cell, &opposite) in data.iter().zip(inverse) {
        contrast = contrast.min(cell.abs_diff(opposite));
        word = word << 1 | u32::from(cell > opposite);
    }
    let neighbours = word ^ word.rotate_right(1);
    let parity_agrees = parity.iter().enumerate().all(|(column, &cell)| {
        let middle = u8::midpoint(data[column], inverse[column]);
        (cell > middle) == (neighbours >> (COLUMNS - 1 - column) & 1 == 1)
    });
    let payload = word & 0x03FF_FFFF;
    let sure = contrast >= SURE && parity_agrees && checksum(payload) == word >> 26;
    Reading {
        code: sure.then_some(Code {
            clip: (payload >> 20) as u8,
            number: payload & MAX_NUMBER,
        }),
        contrast,
        luma: (sum / (COLUMNS * ROWS) as u32) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shades(code: Code) -> [[u8; COLUMNS]; ROWS] {
        code.cells()
            .map(|row| row.map(|white| if white { 250 } else { 3 }))
    }

    fn blend(a: Code, b: Code, percent: u32) -> [[u8; COLUMNS]; ROWS] {
        let (a, b) = (shades(a), shades(b));
        std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                let (a, b) = (u32::from(a[row][column]), u32::from(b[row][column]));
                ((a * (100 - percent) + b * percent) / 100) as u8
            })
        })
    }

    #[test]
    fn what_is_painted_is_read() {
        for clip in [0, 1, 33, MAX_CLIP] {
            for number in [0, 1, 2, 299, 65_535, MAX_NUMBER] {
                let code = Code { clip, number };
                assert_eq!(read(&shades(code)).code, Some(code));
            }
        }
    }

    #[test]
    fn black_white_and_halves_of_two_frames_are_not_read() {
        assert_eq!(read(&[[0; COLUMNS]; ROWS]).code, None);
        assert_eq!(read(&[[255; COLUMNS]; ROWS]).code, None);
        for number in 0..500 {
            let (a, b) = (
                Code { clip: 1, number },
                Code {
                    clip: 2,
                    number: number + 7,
                },
            );
            assert_eq!(read(&blend(a, b, 50)).code, None, "{number}");
            assert_eq!(read(&blend(a, b, 10)).code, Some(a), "{number}");
        }
    }

    #[test]
    fn a_strip_torn_between_two_frames_is_not_read() {
        for number in 0..500 {
            let (a, b) = (
                Code { clip: 1, number },
                Code {
                    clip: 1,
                    number: number + 1,
                },
            );
            let mut cells = shades(a);
            cells[0][16..].copy_from_slice(&shades(b)[0][16..]);
            cells[1][16..].copy_from_slice(&shades(b)[1][16..]);
            assert_ne!(read(&cells).code, Some(a), "{number}");
            assert_ne!(read(&cells).code, Some(b), "{number}");
        }
    }
}
