//! The largest events that the domain allows fit into a record.

use super::encode_other;
use crate::limits::BODY_BYTES_MAX;
use domain::enrolment::Stated;
use domain::event::Event;
use domain::ids::{EventId, Instant, RunId, Source, StreamKey};
use domain::runs::{
    Extent, HELD_CHANGES_MAX, HeldChange, HoldReason, LEFT_BEHIND_MAX, MAX_ROWS, PushRunClosed,
    RunCounts, RunDeclaration, RunEvent, Seen, Within,
};

fn body(seen: usize, held: usize) -> usize {
    let key = |n: usize| StreamKey((n as u128 * 0x9E37_79B9_7F4A_7C15).to_be_bytes());
    let closed = PushRunClosed {
        declaration: RunDeclaration {
            id: RunId([1; 16]),
            source: Source::parse(&"s".repeat(Source::MAX_BYTES)).unwrap(),
            software: "x".repeat(128),
            extracted_at: Instant(0),
            extent: Extent::Full,
            rows: Some(u32::MAX),
        },
        counts: RunCounts { received: u32::MAX, ..RunCounts::default() },
        digest: [2; 32],
        establishments: Vec::new(),
        seen: (0..seen).map(|n| Seen { stream: [n as u8; 8], stated: Stated::Only(!0) }).collect(),
        held: (0..held)
            .map(|n| HeldChange { stream: key(n), vanished: Some(EventId(key(n).0)) })
            .collect(),
        hold: (held > 0).then_some(HoldReason::TooMany),
        within: Within::Source,
    };
    let event = Event::Run(RunEvent::Closed(closed));
    let day = chrono::NaiveDate::default();
    encode_other(&event, EventId([3; 16]), day, [1; 16]).unwrap().body.len()
}

#[test]
fn the_event_of_a_run_of_the_largest_size_fits() {
    // Establishments are few beside them: a hundred bytes each.
    let room = BODY_BYTES_MAX - 200 * 1024;
    let held = body(MAX_ROWS, HELD_CHANGES_MAX);
    assert!(held > BODY_BYTES_MAX / 2 && held < room, "{held}");
    let left_behind = body(MAX_ROWS + LEFT_BEHIND_MAX, 0);
    assert!(left_behind > BODY_BYTES_MAX / 2 && left_behind < room, "{left_behind}");
}
