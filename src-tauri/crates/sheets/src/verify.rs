//! The self-check: the PDF is rasterised as a printer would and every code is read back.
//!
//! Nothing of the writer is used here but the finished bytes and the list of what should be on
//! them. A code passes when, at 150 and at 300 dots per inch, its modules are large enough, its
//! quiet zone is empty, dark and light are far enough apart, and exactly its payload is read where
//! it should stand.

use crate::SheetError;
use crate::raster::{PixelRect, Raster, rasterise};
use crate::sheet::{PrintedCode, Sheet};
use hayro::hayro_syntax::Pdf;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Coarse and fine: what a worn office printer and a good one resolve.
const RESOLUTIONS: [u32; 2] = [150, 300];
/// Light modules around a code.
const QUIET_ZONE: f64 = 4.0;
/// Luma from which paper counts as empty.
const EMPTY: u8 = 216;
/// Share of the luma range that must lie between dark and light.
const CONTRAST: f64 = 0.7;
/// How far a measured module may be off.
const TOLERANCE: f64 = 0.06;

/// Why a code fails, in words for the producer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum Failure {
    #[error("the file has no page {0}")]
    NoPage(usize),
    #[error("the code or its quiet zone lies outside the page")]
    OffPage,
    #[error("the modules are {found:.2} mm, at least {needed:.2} mm are needed")]
    TooSmall { found: f64, needed: f64 },
    #[error("there is ink in the quiet zone ({side})")]
    Ink { side: &'static str },
    #[error("no code can be read at {dpi} dpi")]
    Unreadable { dpi: u32 },
    #[error("the code reads `{read}` at {dpi} dpi")]
    Other { read: String, dpi: u32 },
    #[error("more than one code stands in this place")]
    Several,
    #[error("the modules measure {found:.2} mm on the page, not {expected:.2} mm")]
    Size { found: f64, expected: f64 },
    #[error("dark and light differ by {percent} %, 70 % are needed")]
    Contrast { percent: u32 },
}

/// Reads every code back from `sheet.pdf` and sets `verified` and `why` of each. Returns whether
/// all passed. Uses all processors.
///
/// # Errors
/// [`SheetError::Unreadable`] when the file as a whole can't be opened.
pub fn verify(sheet: &mut Sheet) -> Result<bool, SheetError> {
    let pdf = Pdf::new(Arc::new(sheet.pdf.clone()))
        .map_err(|error| SheetError::Unreadable(format!("{error:?}")))?;
    let results = check_pages(&pdf, sheet);
    for (code, result) in sheet.codes.iter_mut().zip(results) {
        code.verified = result.is_ok();
        code.why = result.err().map(|failure| failure.to_string());
    }
    Ok(sheet.codes.iter().all(|code| code.verified))
}

/// One result for each code, in order. The pages are shared out among threads.
fn check_pages(pdf: &Pdf, sheet: &Sheet) -> Vec<Result<(), Failure>> {
    let mut pages: Vec<usize> = sheet.codes.iter().map(|code| code.page).collect();
    pages.sort_unstable();
    pages.dedup();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(check_page(pdf, sheet, *page));
        }
        found
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut results = vec![None; sheet.codes.len()];
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(pages.len()))
            .map(|_| scope.spawn(work))
            .collect();
        for worker in workers {
            for (at, result) in worker.join().unwrap_or_default() {
                if let Some(slot) = results.get_mut(at) {
                    *slot = Some(result);
                }
            }
        }
    });
    // A page whose thread died has no result: its codes were not read.
    let dpi = RESOLUTIONS[0];
    results
        .into_iter()
        .map(|r| r.unwrap_or(Err(Failure::Unreadable { dpi })))
        .collect()
}

/// Checks the codes of one page; each result with the code's index.
fn check_page(pdf: &Pdf, sheet: &Sheet, page: usize) -> Vec<(usize, Result<(), Failure>)> {
    let codes: Vec<(usize, &PrintedCode)> = sheet
        .codes
        .iter()
        .enumerate()
        .filter(|(_, code)| code.page == page)
        .collect();
    let mut results: Vec<Result<(), Failure>> = codes
        .iter()
        .map(|(_, code)| check_declared(code, sheet.min_module_mm))
        .collect();
    for dpi in RESOLUTIONS {
        let areas: Vec<PixelRect> = codes
            .iter()
            .map(|(_, code)| PixelRect::of(&code.rect_mm, dpi))
            .collect();
        let raster = PixelRect::around(&areas).and_then(|area| rasterise(pdf, page, dpi, area));
        for (((_, code), area), result) in codes.iter().zip(&areas).zip(&mut results) {
            if result.is_ok() {
                *result = match &raster {
                    Some(raster) => check_code(code, raster, area, dpi, sheet.min_module_mm),
                    None => Err(Failure::NoPage(page)),
                };
            }
        }
    }
    codes.iter().map(|(at, _)| *at).zip(results).collect()
}

fn check_declared(code: &PrintedCode, needed: f64) -> Result<(), Failure> {
    if code.module_mm < needed * (1.0 - 1e-6) {
        return Err(Failure::TooSmall {
            found: code.module_mm,
            needed,
        });
    }
    Ok(())
}

fn check_code(
    code: &PrintedCode,
    raster: &Raster,
    area: &PixelRect,
    dpi: u32,
    needed: f64,
) -> Result<(), Failure> {
    let patch = raster.crop(area).ok_or(Failure::OffPage)?;
    let pixels_per_mm = f64::from(dpi) / 25.4;
    check_quiet_zone(&patch, QUIET_ZONE * code.module_mm * pixels_per_mm)?;
    check_contrast(&patch)?;
    let measured = read(code, &patch, dpi)? / pixels_per_mm;
    if measured < needed * (1.0 - TOLERANCE) {
        return Err(Failure::TooSmall {
            found: measured,
            needed,
        });
    }
    if (measured - code.module_mm).abs() > code.module_mm * TOLERANCE {
        return Err(Failure::Size {
            found: measured,
            expected: code.module_mm,
        });
    }
    Ok(())
}

/// Every pixel that lies wholly in the frame of `frame` pixels must be empty paper. One pixel at
/// either edge may be shared with what lies beside it.
fn check_quiet_zone(patch: &Raster, frame: f64) -> Result<(), Failure> {
    let frame = (frame - 1.0).max(0.0) as usize;
    let (right, bottom) = (
        patch.width.saturating_sub(frame),
        patch.height.saturating_sub(frame),
    );
    for y in 1..patch.height.saturating_sub(1) {
        for x in 1..patch.width.saturating_sub(1) {
            let side = if y < frame {
                "above"
            } else if y >= bottom {
                "below"
            } else if x < frame {
                "left"
            } else if x >= right {
                "right"
            } else {
                continue;
            };
            if patch.luma_at(x, y) < EMPTY {
                return Err(Failure::Ink { side });
            }
        }
    }
    Ok(())
}

/// Compares the luma that a tenth of the pixels stays below with the one that a tenth exceeds.
fn check_contrast(patch: &Raster) -> Result<(), Failure> {
    let mut counts = [0_usize; 256];
    for luma in &patch.luma {
        counts[usize::from(*luma)] += 1;
    }
    let tenth = patch.luma.len() / 10;
    let dark = level_beyond(counts.iter(), tenth);
    let light = 255 - level_beyond(counts.iter().rev(), tenth);
    let share = light.saturating_sub(dark) as f64 / 255.0;
    if share < CONTRAST {
        return Err(Failure::Contrast {
            percent: (share * 100.0) as u32,
        });
    }
    Ok(())
}

/// The first level at which more than `pixels` pixels have been counted.
fn level_beyond<'a>(counts: impl Iterator<Item = &'a usize>, pixels: usize) -> usize {
    let mut seen = 0;
    counts
        .take_while(|count| {
            seen += **count;
            seen <= pixels
        })
        .count()
}

/// Reads the code of the patch; returns the pixels of one module as measured.
fn read(code: &PrintedCode, patch: &Raster, dpi: u32) -> Result<f64, Failure> {
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(patch.width, patch.height, |x, y| {
            patch.luma_at(x, y)
        });
    let mut found = Vec::new();
    for grid in image.detect_grids() {
        if let Ok((meta, text)) = grid.decode() {
            let modules = 17 + 4 * meta.version.0;
            found.push((text, side(&grid.bounds) / modules as f64));
        }
    }
    let (text, module) = match found.as_slice() {
        [] => return Err(Failure::Unreadable { dpi }),
        [one] => one,
        _ => return Err(Failure::Several),
    };
    if *text != code.url {
        return Err(Failure::Other {
            read: text.clone(),
            dpi,
        });
    }
    Ok(*module)
}

/// Mean length of the four sides of a quadrangle.
fn side(corners: &[rqrr::Point; 4]) -> f64 {
    let next = corners.iter().cycle().skip(1);
    let lengths = corners
        .iter()
        .zip(next)
        .map(|(a, b)| f64::from(a.x - b.x).hypot(f64::from(a.y - b.y)));
    lengths.sum::<f64>() / 4.0
}
