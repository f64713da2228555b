//! Which flow of a source to use.

use std::cmp::Reverse;

use mediatime::TimeRange;
use tams_model::{Flow, Id};

/// What a flow is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To look at: the least bytes.
    Preview,
    /// To make the result from: the best pictures.
    Compile,
}

/// The flow of `flows` that serves `purpose` best, among those `playable` accepts and that are not
/// known to be empty; absent when there is none.
///
/// For preview it is the one of the lowest bit rate, unknown ones last. For a compile it is the one
/// of the lowest `generation` (the fewest lossy encodings; unknown ones last), then of the largest
/// frame, then of the highest bit rate. `members` are flows that are collected by others, for the
/// frame of a muxed flow, which has none of its own. Ids decide between equals, so that the same
/// flows always give the same choice.
pub fn choose_flow<'f>(
    purpose: Purpose,
    flows: &'f [Flow],
    members: &[Flow],
    playable: impl Fn(&Flow) -> bool,
) -> Option<&'f Flow> {
    let candidates = flows
        .iter()
        .filter(|flow| {
            !flow
                .timerange
                .is_some_and(|range: TimeRange| range.is_empty())
        })
        .filter(|flow| playable(flow));
    match purpose {
        Purpose::Preview => candidates.min_by_key(|flow| {
            (
                bit_rate(flow).is_none(),
                bit_rate(flow),
                frame(flow, flows, members),
                flow.id,
            )
        }),
        Purpose::Compile => candidates.min_by_key(|flow| {
            (
                flow.generation.is_none(),
                flow.generation,
                Reverse(frame(flow, flows, members)),
                Reverse(bit_rate(flow)),
                flow.id,
            )
        }),
    }
}

fn bit_rate(flow: &Flow) -> Option<u64> {
    flow.technical.avg_bit_rate.or(flow.max_bit_rate)
}

/// Pixels of a flow's picture, or of the largest picture it collects.
fn frame(flow: &Flow, flows: &[Flow], members: &[Flow]) -> u64 {
    let own = pixels(flow);
    let collected = flow
        .flow_collection
        .iter()
        .flatten()
        .filter_map(|item| find(item.id, members).or_else(|| find(item.id, flows)))
        .map(pixels)
        .max();
    own.max(collected.unwrap_or(0))
}

fn find(id: Id, flows: &[Flow]) -> Option<&Flow> {
    flows.iter().find(|flow| flow.id == id)
}

fn pixels(flow: &Flow) -> u64 {
    flow.technical.video_parameters().map_or(0, |video| {
        u64::from(video.frame_width) * u64::from(video.frame_height)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn flow(number: u8, more: Value) -> Flow {
        let mut body = json!({
            "id": format!("4f79cfd1-c057-47f4-8e4d-1b126ca7bf{number:02x}"),
            "source_id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f",
            "format": "urn:x-nmos:format:multi", "container": "video/mp4",
        });
        let members = body.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        serde_json::from_value(body).unwrap()
    }

    fn video(number: u8, width: u32, height: u32) -> Flow {
        flow(
            number,
            json!({
                "format": "urn:x-nmos:format:video", "codec": "video/h264",
                "essence_parameters": {"frame_width": width, "frame_height": height, "vfr": true},
            }),
        )
    }

    fn chosen(purpose: Purpose, flows: &[Flow]) -> Option<Id> {
        choose_flow(purpose, flows, &[], |_| true).map(|flow| flow.id)
    }

    #[test]
    fn preview_takes_the_least_bytes() {
        let flows = [
            flow(1, json!({"avg_bit_rate": 50_000})),
            flow(2, json!({"max_bit_rate": 800})),
            flow(3, json!({"avg_bit_rate": 100, "timerange": "()"})),
            flow(4, json!({})),
        ];
        assert_eq!(chosen(Purpose::Preview, &flows), Some(flows[1].id));
        let playable = choose_flow(Purpose::Preview, &flows, &[], |flow| flow.id != flows[1].id);
        assert_eq!(playable.map(|flow| flow.id), Some(flows[0].id));
        assert_eq!(chosen(Purpose::Preview, &[]), None);
    }

    #[test]
    fn compile_takes_the_original() {
        let flows = [
            flow(1, json!({"generation": 1, "avg_bit_rate": 90_000})),
            flow(2, json!({"generation": 0, "avg_bit_rate": 50_000})),
            flow(3, json!({"generation": 0, "avg_bit_rate": 60_000})),
            flow(4, json!({"avg_bit_rate": 99_000})),
        ];
        assert_eq!(chosen(Purpose::Compile, &flows), Some(flows[2].id));
        let flows = [
            video(1, 1280, 720),
            video(2, 1920, 1080),
            video(3, 640, 360),
        ];
        assert_eq!(chosen(Purpose::Compile, &flows), Some(flows[1].id));
    }

    #[test]
    fn the_picture_of_a_muxed_flow_is_that_of_its_member() {
        let members = [video(1, 3840, 2160), video(2, 1280, 720)];
        let collecting = |number: u8, member: &Flow| {
            flow(number, json!({"flow_collection": [{"id": member.id}]}))
        };
        let flows = [collecting(3, &members[1]), collecting(4, &members[0])];
        let found = choose_flow(Purpose::Compile, &flows, &members, |_| true);
        assert_eq!(found.map(|flow| flow.id), Some(flows[1].id));
    }
}
