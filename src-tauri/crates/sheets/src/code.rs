//! QR codes: payload to modules.

use crate::SheetError;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

/// Light modules that must surround the symbol on every side (ISO/IEC 18004, 9.1).
pub(crate) const QUIET_ZONE: usize = 4;

/// How much damage a code survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// A quarter of its area.
    #[default]
    Q,
    /// Nearly a third: for codes with a logo.
    H,
}

/// A QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    payload: String,
    level: Level,
    modules: usize,
    dark: Vec<bool>,
}

/// Dark modules side by side in one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DarkRun {
    pub(crate) row: usize,
    pub(crate) column: usize,
    pub(crate) length: usize,
}

impl Code {
    /// Encodes `payload` at level Q with the segmentation that needs the fewest bits; text in capitals,
    /// digits and `$%*+-./:` stays in the dense alphanumeric mode.
    ///
    /// # Errors
    /// [`SheetError::Payload`] when it is empty, too long, or holds a control character.
    pub fn new(payload: &str) -> Result<Self, SheetError> {
        Self::with_level(payload, Level::Q)
    }

    /// Encodes `payload` at the level given.
    ///
    /// # Errors
    /// As [`Code::new`].
    pub fn with_level(payload: &str, level: Level) -> Result<Self, SheetError> {
        let refuse = |why: &str| SheetError::Payload {
            payload: payload.chars().take(80).collect(),
            why: why.to_owned(),
        };
        if payload.is_empty() {
            return Err(refuse("it is empty"));
        }
        if payload.chars().any(char::is_control) {
            return Err(refuse("it holds a control character"));
        }
        let strength = match level {
            Level::Q => EcLevel::Q,
            Level::H => EcLevel::H,
        };
        let code = QrCode::with_error_correction_level(payload, strength).map_err(|error| {
            refuse(match error {
                QrError::DataTooLong => "it is too long",
                _ => "the encoder refused it",
            })
        })?;
        let modules = code.width();
        let dark = code
            .into_colors()
            .into_iter()
            .map(|c| c == qrcode::Color::Dark)
            .collect();
        Ok(Self {
            payload: payload.to_owned(),
            level,
            modules,
            dark,
        })
    }

    /// What it says.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// How much damage it survives.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Whether a module, counted from the top left one, is dark; those outside are not.
    pub(crate) fn is_dark(&self, column: usize, row: usize) -> bool {
        let at = row.checked_mul(self.modules).map(|start| start + column);
        let inside = column < self.modules;
        inside
            && at
                .and_then(|at| self.dark.get(at))
                .copied()
                .unwrap_or(false)
    }

    /// Modules along one side, without the quiet zone.
    #[must_use]
    pub fn modules(&self) -> usize {
        self.modules
    }

    /// Its rows from the top, `#` dark and `.` light, without the quiet zone.
    #[must_use]
    pub fn rows(&self) -> Vec<String> {
        let letter = |dark: &bool| if *dark { '#' } else { '.' };
        let rows = self.dark.chunks(self.modules.max(1));
        rows.map(|row| row.iter().map(letter).collect()).collect()
    }

    /// Modules along one side, with the quiet zone.
    pub(crate) fn modules_with_quiet_zone(&self) -> usize {
        self.modules + 2 * QUIET_ZONE
    }

    /// The dark modules outside a square of so many modules in the middle, merged along each row.
    pub(crate) fn dark_runs_around(&self, free: usize) -> Vec<DarkRun> {
        let from = self.modules.saturating_sub(free) / 2;
        let free = from..from + free;
        let mut runs: Vec<DarkRun> = Vec::new();
        for row in 0..self.modules {
            for column in 0..self.modules {
                if !self.is_dark(column, row) || (free.contains(&row) && free.contains(&column)) {
                    continue;
                }
                match runs.last_mut() {
                    Some(run) if run.row == row && run.column + run.length == column => {
                        run.length += 1;
                    }
                    _ => runs.push(DarkRun {
                        row,
                        column,
                        length: 1,
                    }),
                }
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_stay_in_alphanumeric_mode() {
        let modules = |payload: &str| Code::new(payload).unwrap().modules();
        // 32 characters: version 3. 47 is the most that version 3 Q holds alphanumerically;
        // bytes would need version 4 from 33 on.
        assert_eq!(modules("HTTPS://TAMS.LIVE/P/7K3M9QXA2BCD"), 29);
        let local = "HTTP://192.168.1.23:8765/P/7K3M9QXA2BCD";
        assert_eq!((local.len(), modules(local)), (39, 29));
        assert_eq!(modules(&local.to_lowercase()), 33);
    }

    #[test]
    fn runs_and_modules_agree() {
        let code = Code::new("HTTPS://TAMS.LIVE/P/7K3M9QXA2BCD").unwrap();
        let mut drawn = vec![false; code.modules * code.modules];
        for run in code.dark_runs_around(0) {
            for column in run.column..run.column + run.length {
                drawn[run.row * code.modules + column] = true;
            }
        }
        assert_eq!(drawn, code.dark);
        let around = code.dark_runs_around(7);
        let left: usize = around.iter().map(|run| run.length).sum();
        let inside = |at: &usize| (11..18).contains(&(at / 29)) && (11..18).contains(&(at % 29));
        let cleared = (0..29 * 29)
            .filter(inside)
            .filter(|at| code.dark[*at])
            .count();
        assert_eq!(
            left + cleared,
            code.dark.iter().filter(|dark| **dark).count()
        );
        assert_eq!(
            code.svg().matches('M').count(),
            code.dark_runs_around(0).len() + 1
        );
    }

    #[test]
    fn what_is_no_payload_is_refused() {
        for payload in ["", "A\nB", &"X".repeat(3000)] {
            assert!(
                matches!(Code::new(payload), Err(SheetError::Payload { .. })),
                "{payload:?}"
            );
        }
    }
}
