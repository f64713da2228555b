//! Transitions, cut by cut, and what edits leave of them.

use crate::{Ids, id, part, track};
use serde_json::{Value, json};
use timeline::Edge::{self, In, Out};
use timeline::{EditError, MAX_FRAMES, Ports, Track, Transition};

pub(crate) fn of(before: u64, behind: u64) -> Option<Transition> {
    Some(Transition { before, behind })
}

type Set = (usize, Edge, u64, u64);

fn set(track: &mut Track, (clip, edge, before, behind): Set) -> Result<(), EditError> {
    track.set_transition(id(track, clip), edge, of(before, behind))
}

/// Words as of a track; in front of a clip `<` and its head, behind it `>` and its tail.
pub(crate) fn words(track: &Track) -> String {
    let word = |item: &timeline::Item| {
        let Some(clip) = item.clip() else {
            return format!(".{}", item.length(None));
        };
        let said = |sign: &str, one: Option<Transition>| {
            one.map_or_else(String::new, |t| format!("{sign}{}/{}", t.before, t.behind))
        };
        let (head, tail) = (said("<", clip.head), said(">", clip.tail));
        format!("{head}{}{}+{}{tail}", clip.flow_id, clip.first, clip.frames)
    };
    track.items().iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_transition_is_set_at_either_edge_of_a_cut() {
    for (before, set_at, expected) in [
        ("A5+4 B5+4", (1, In, 1, 2), "A5+4 <1/2B5+4"),
        // Where a clip follows, the cut is that one's.
        ("A5+4 B5+4", (0, Out, 1, 2), "A5+4 <1/2B5+4"),
        ("A5+4 B5+4", (1, In, 4, 4), "A5+4 <4/4B5+4"),
        ("A5+4 .3 B5+4", (0, Out, 4, 3), "A5+4>4/3 .3 B5+4"),
        ("A5+4 .3 B5+4", (1, In, 3, 4), "A5+4 .3 <3/4B5+4"),
        // Fades at the ends of the track.
        ("A5+4", (0, In, 0, 4), "<0/4A5+4"),
        ("A5+4", (0, Out, 4, 0), "A5+4>4/0"),
        ("A5+4", (0, Out, 4, 90), "A5+4>4/90"),
        (".3 A5+4", (0, In, 3, 4), ".3 <3/4A5+4"),
        ("A5+4 .3", (0, Out, 4, 3), "A5+4>4/3 .3"),
    ] {
        let mut edited = track(before, &mut Ids::default());
        set(&mut edited, set_at).unwrap();
        assert_eq!(words(&edited), expected);
        let (clip, edge, before, behind) = set_at;
        let clip = id(&edited, clip);
        assert_eq!(edited.transition_at(clip, edge), of(before, behind));
        // It can be had from both clips, and be taken out again.
        edited.set_transition(clip, edge, of(0, 0)).unwrap();
        assert_eq!(edited.transition_at(clip, edge), None);
        assert!(!words(&edited).contains(['<', '>']));
    }
    let mut edited = track("A5+4 B5+4", &mut Ids::default());
    let unknown = uuid::Uuid::nil();
    assert_eq!(edited.transition_at(unknown, In), None);
    assert_eq!(
        edited.set_transition(unknown, In, None),
        Err(EditError::ClipNotFound { clip: unknown })
    );
}

#[test]
fn one_that_does_not_fit_is_refused_and_says_what_does() {
    for (before, others, refused, room) in [
        ("A5+4 B5+4", &[][..], (0, In, 1, 0), (0, 4)),
        ("A5+4 B5+4", &[], (1, In, 5, 0), (4, 4)),
        ("A5+4 B5+4", &[], (0, Out, 0, 5), (4, 4)),
        // Beside others.
        ("A5+4 B5+4", &[(0, In, 0, 3)], (1, In, 2, 0), (1, 4)),
        ("A5+4 B5+4", &[(1, Out, 1, 0)], (1, In, 4, 4), (4, 3)),
        (
            "A5+4 B5+4",
            &[(1, In, 0, 3)],
            (1, Out, 2, 0),
            (1, MAX_FRAMES - 8),
        ),
        ("A5+4 .3 B5+4", &[(0, Out, 0, 2)], (1, In, 2, 2), (1, 4)),
        ("A5+4 .3 B5+4", &[(1, In, 2, 0)], (0, Out, 2, 2), (4, 1)),
        ("A5+4 .3", &[], (0, Out, 0, 4), (4, 3)),
        ("A5+4", &[], (0, Out, 0, u64::MAX), (4, MAX_FRAMES - 4)),
    ] {
        let mut edited = track(before, &mut Ids::default());
        for other in others {
            set(&mut edited, *other).unwrap();
        }
        let kept = edited.clone();
        let title = edited.clips().nth(refused.0).unwrap().clip.title.clone();
        assert_eq!(
            set(&mut edited, refused),
            Err(EditError::NoRoom {
                title,
                before: room.0,
                behind: room.1
            }),
            "{before}"
        );
        assert_eq!(edited, kept);
        set(&mut edited, (refused.0, refused.1, room.0, room.1)).unwrap();
    }
}

/// An edit, and what it makes of `<0/2A5+6 <3/2B5+6 .4 <2/2C5+6>2/0`, whose gap has a tail in it, too.
type Case<'a> = (
    &'a dyn Fn(&mut Track, &mut Ports<'_>) -> Result<(), EditError>,
    &'a str,
);

#[test]
fn after_an_edit_transitions_fit_again() {
    let whole = "<0/2A5+6 <3/2B5+6>4/2 .4 <2/2C5+6>2/0";
    let cases: &[Case<'_>] = &[
        (&|_, _| Ok(()), whole),
        // They become as short as they must, from the beginning on.
        (
            &|t, p| t.trim(id(t, 0), 5, 3, p),
            "<0/2A5+3 <1/2B5+6>4/2 .4 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.trim(id(t, 0), 5, 1, p),
            "<0/1A5+1 <0/2B5+6>4/2 .4 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.trim(id(t, 1), 5, 2, p),
            "<0/2A5+6 <3/2B5+2>0/2 .4 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.roll(id(t, 1), Out, 1, p),
            "<0/2A5+6 <3/2B5+7>4/2 .3 <1/2C5+6>2/0",
        ),
        (
            &|t, p| t.roll(id(t, 1), Out, 3, p),
            "<0/2A5+6 <3/2B5+9>4/1 .1 <0/2C5+6>2/0",
        ),
        // A tail goes when a clip comes behind it.
        (&|t, _| t.delete_gap(13), "<0/2A5+6 <3/2B5+6 <2/2C5+6>2/0"),
        (
            &|t, p| t.append(part("D", 0, 2), p).map(drop),
            "<0/2A5+6 <3/2B5+6>4/2 .4 <2/2C5+6 D0+2",
        ),
        // The head goes with the first part, the tail with the second.
        (
            &|t, p| t.split(9, p).map(drop),
            "<0/2A5+6 <3/2B5+3 B8+3>3/2 .4 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.insert(7, part("D", 0, 2), p).map(drop),
            "<0/2A5+6 <3/1B5+1 D0+2 B6+5>4/2 .4 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.overwrite(4, part("D", 0, 4), p).map(drop),
            "<0/2A5+4 D0+4 B7+4>4/2 .4 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.lift_range(10..12, p),
            "<0/2A5+6 <3/2B5+4 .6 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.extract_range(4..14, p),
            "<0/2A5+4 .2 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.insert_gap(6, 2, p),
            "<0/2A5+6 .2 <2/2B5+6>4/2 .4 <2/2C5+6>2/0",
        ),
        // Clips go with theirs.
        (
            &|t, _| t.remove(&[id(t, 0)]),
            "<0/2B5+6>4/2 .4 <2/2C5+6>2/0",
        ),
        (
            &|t, _| t.lift(&[id(t, 0)]),
            ".6 <3/2B5+6>4/2 .4 <2/2C5+6>2/0",
        ),
        (&|t, _| t.remove(&[id(t, 1)]), "<0/2A5+6 .4 <2/2C5+6>2/0"),
        (
            &|t, _| t.move_clip(id(t, 2), 0),
            "<0/2C5+6 <0/2A5+6 <3/2B5+6>4/2 .4",
        ),
        (
            &|t, _| t.move_clip(id(t, 1), 0),
            "<0/2B5+6 <0/2A5+6 .4 <2/2C5+6>2/0",
        ),
        (
            &|t, p| t.relink(id(t, 1), part("E", 5, 6), p),
            "<0/2A5+6 <3/2E5+6>4/2 .4 <2/2C5+6>2/0",
        ),
    ];
    for (edit, expected) in cases {
        let mut ids = Ids::default();
        let mut edited = track("A5+6 B5+6 .4 C5+6", &mut ids);
        for one in [
            (0, In, 0, 2),
            (1, In, 3, 2),
            (1, Out, 4, 2),
            (2, In, 2, 2),
            (2, Out, 2, 0),
        ] {
            set(&mut edited, one).unwrap();
        }
        ids.ports(|ports| edit(&mut edited, ports)).unwrap();
        assert_eq!(words(&edited), *expected);
    }
}

#[test]
fn a_track_whose_transitions_do_not_fit_is_not_read() {
    let mut edited = track("A5+4 B5+4 .3", &mut Ids::default());
    set(&mut edited, (1, In, 1, 2)).unwrap();
    set(&mut edited, (1, Out, 2, 3)).unwrap();
    let json = serde_json::to_value(&edited).unwrap();
    assert_eq!(json["items"][0].get("head"), None);
    assert_eq!(json["items"][1]["head"], json!({"before": 1, "behind": 2}));
    let read = |change: &dyn Fn(&mut Value)| {
        let mut json = json.clone();
        change(&mut json["items"]);
        serde_json::from_value::<Track>(json).map_err(|error| error.to_string())
    };
    assert_eq!(read(&|_| {}), Ok(edited));
    let one = |before: u64, behind: u64| json!({"before": before, "behind": behind});
    for (item, side, value) in [
        (0, "head", one(1, 0)),
        (0, "head", one(0, 4)),
        (0, "head", one(0, 0)),
        (0, "head", one(0, u64::MAX)),
        (0, "tail", one(1, 0)),
        (1, "head", one(5, 0)),
        (1, "head", one(u64::MAX, u64::MAX)),
        (1, "tail", one(3, 0)),
        (1, "tail", one(2, 4)),
    ] {
        let text = read(&|items| items[item][side] = value.clone()).unwrap_err();
        assert!(text.contains("a transition of it does not fit"), "{text}");
        assert!(text.contains("track V1, title of"), "{text}");
    }
}
