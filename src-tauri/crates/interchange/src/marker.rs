//! Points of a programme that somebody has named.

use crate::otio::{range_at, range_json};
use crate::{Kept, Range};
use serde_json::{Map, Value, json};

/// A named point or stretch: OTIO's Marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// What people call it.
    pub name: String,
    /// Where it lies, on the clock of what it is on: the medium's for a marker on a clip, the
    /// programme's from its first frame for one on the whole.
    pub range: Range,
    /// OTIO's name of a colour, such as `RED`; empty when there is none.
    pub colour: String,
    /// What is said about it.
    pub comment: String,
}

impl Marker {
    /// Reads OTIO's JSON; `None` when it has no range that can be told.
    fn read(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            name: text("name").to_owned(),
            range: range_at(object, "marked_range")?,
            colour: text("color").to_owned(),
            comment: text("comment").to_owned(),
        })
    }

    fn json(&self) -> Value {
        json!({
            "OTIO_SCHEMA": "Marker.2",
            "metadata": {},
            "name": self.name,
            "color": self.colour,
            "marked_range": range_json(self.range),
            "comment": self.comment,
        })
    }
}

impl Kept {
    /// The markers whose place can be told.
    pub fn told_markers(&self) -> Vec<Marker> {
        self.markers().iter().filter_map(Marker::read).collect()
    }

    /// Adds a marker.
    pub fn add_marker(&mut self, marker: &Marker) {
        push(&mut self.0, "markers", marker.json());
    }

    /// Adds a change of speed: `num / den` times as fast; 0 for a picture that stands still.
    pub(crate) fn add_speed(&mut self, num: i64, den: i64) {
        let (schema, name) = match num {
            0 => ("FreezeFrame.1", "FreezeFrame"),
            _ => ("LinearTimeWarp.1", "LinearTimeWarp"),
        };
        let effect = json!({
            "OTIO_SCHEMA": schema,
            "metadata": {},
            "name": "",
            "effect_name": name,
            // What OTIO keeps is a float; nothing here computes with it.
            "time_scalar": num as f64 / den.max(1) as f64,
            "enabled": true,
        });
        push(&mut self.0, "effects", effect);
    }
}

fn push(object: &mut Map<String, Value>, key: &str, value: Value) {
    match object.get_mut(key) {
        Some(Value::Array(list)) => list.push(value),
        _ => {
            object.insert(key.to_owned(), Value::Array(vec![value]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mediatime::FrameRate;

    #[test]
    fn markers_come_back() {
        let marker = Marker {
            name: "here".to_owned(),
            range: Range::frames(7, 1, FrameRate::FPS_29_97),
            colour: "RED".to_owned(),
            comment: "why".to_owned(),
        };
        let mut kept = Kept::default();
        kept.add_marker(&marker);
        kept.add_marker(&marker);
        assert_eq!(kept.told_markers(), [marker.clone(), marker]);
    }

    #[test]
    fn what_is_no_marker_is_none() {
        let mut kept = Kept::default();
        kept.0
            .insert("markers".to_owned(), json!([1, {}, {"name": "x"}]));
        assert_eq!(kept.told_markers(), []);
    }
}
