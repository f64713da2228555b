//! Where the window stood, kept in its workspace.

use serde::{Deserialize, Serialize};
use std::path::Path;
use tauri::PhysicalSize;

/// Name of the file in the workspace's folder.
const FILE: &str = "window.json";
/// Bytes of it at most; more is not ours.
const LIMIT: u64 = 4096;
/// So much of the window's top edge has to be on a screen for the window to be reached, in pixels.
const REACH: i64 = 96;

/// A rectangle in the device pixels of the whole desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Area {
    /// Left edge.
    pub(crate) x: i32,
    /// Top edge.
    pub(crate) y: i32,
    /// Width.
    pub(crate) width: u32,
    /// Height.
    pub(crate) height: u32,
}

/// Where a window stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// While it was not maximised.
    pub(crate) area: Area,
    /// It filled its screen.
    pub(crate) maximized: bool,
}

impl Place {
    /// Where the window of `workspace` stood, if that is known.
    pub(crate) fn load(workspace: &Path) -> Option<Self> {
        let path = workspace.join(FILE);
        if std::fs::metadata(&path).ok()?.len() > LIMIT {
            return None;
        }
        let place: Self = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        (place.area.width > 0 && place.area.height > 0).then_some(place)
    }

    /// Keeps it. Without it the next window stands where a first one does, so a failure is only
    /// noted.
    pub(crate) fn save(&self, workspace: &Path) {
        let path = workspace.join(FILE);
        let kept = serde_json::to_vec(self)
            .map_err(workstation::Failure::internal)
            .and_then(|text| workstation::write_file(&path, &text));
        if let Err(failure) = kept {
            tracing::warn!("the window's place is not kept: {failure}");
        }
    }
}

impl Area {
    /// Whether a window here can be reached on one of `screens`: enough of its top edge is there to
    /// take hold of.
    pub(crate) fn is_reachable(&self, screens: &[Self]) -> bool {
        screens.iter().any(|screen| {
            let left = self.left().max(screen.left());
            let right = self.right().min(screen.right());
            let top = i64::from(self.y);
            right - left >= REACH && top >= screen.top() && top < screen.bottom() - REACH / 4
        })
    }

    /// The area in the middle of this one that is as large as `wanted`, or as this one.
    pub(crate) fn middle(&self, wanted: PhysicalSize<u32>) -> Self {
        let width = wanted.width.min(self.width);
        let height = wanted.height.min(self.height);
        let half = |room: u32| i32::try_from(room / 2).unwrap_or(0);
        Self {
            x: self.x.saturating_add(half(self.width - width)),
            y: self.y.saturating_add(half(self.height - height)),
            width,
            height,
        }
    }

    fn left(&self) -> i64 {
        i64::from(self.x)
    }

    fn right(&self) -> i64 {
        self.left() + i64::from(self.width)
    }

    fn top(&self) -> i64 {
        i64::from(self.y)
    }

    fn bottom(&self) -> i64 {
        self.top() + i64::from(self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn area(x: i32, y: i32, width: u32, height: u32) -> Area {
        Area {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_place_survives() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Place::load(dir.path()), None);
        let place = Place {
            area: area(-1600, 20, 1500, 900),
            maximized: true,
        };
        place.save(dir.path());
        assert_eq!(Place::load(dir.path()), Some(place));
    }

    #[test]
    fn what_is_no_place_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let empty = r#"{"area":{"x":0,"y":0,"width":0,"height":9},"maximized":false}"#;
        let long = format!("{empty}{}", " ".repeat(4096));
        for text in ["", "{}", "null", empty, &long] {
            std::fs::write(dir.path().join(FILE), text).unwrap();
            assert_eq!(Place::load(dir.path()), None, "{text}");
        }
    }

    #[test]
    fn a_window_on_a_screen_that_is_gone_is_not_reachable() {
        let screens = [area(0, 0, 1920, 1080), area(1920, 0, 1920, 1080)];
        assert!(area(100, 0, 1600, 1000).is_reachable(&screens));
        assert!(area(2000, 40, 1600, 1000).is_reachable(&screens));
        assert!(!area(2000, 40, 1600, 1000).is_reachable(&screens[..1]));
        assert!(!area(-1590, 40, 1600, 1000).is_reachable(&screens));
        assert!(!area(0, -50, 1600, 1000).is_reachable(&screens));
        assert!(!area(0, 1079, 1600, 1000).is_reachable(&screens));
        assert!(!area(i32::MAX, i32::MAX, u32::MAX, u32::MAX).is_reachable(&screens));
        assert!(!area(0, 0, 1600, 1000).is_reachable(&[]));
    }

    #[test]
    fn a_first_window_is_in_the_middle_and_no_larger_than_the_screen() {
        let wanted = PhysicalSize::new(1600, 1000);
        let large = area(1920, 0, 2560, 1440).middle(wanted);
        assert_eq!(large, area(1920 + 480, 220, 1600, 1000));
        assert_eq!(area(0, 0, 1366, 768).middle(wanted), area(0, 0, 1366, 768));
    }
}
